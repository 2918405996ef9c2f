import time, cProfile, pstats
from falcon.testing import create_environ
def test_b(caller, app):
    p=caller.make("/patients", name="Ann")
    def call(path, n=2000):
        env=create_environ(path=path.split("?")[0], query_string=path.partition("?")[2], headers={"X-API-Key":caller.key})
        t=time.perf_counter()
        for _ in range(n): list(app(dict(env), lambda s,h: None))
        return (time.perf_counter()-t)/n*1e6
    for path in ("/-/live","/problems/invalid", "/patients/999999", f"/patients/{p}", "/patients?limit=50", "/cms-reports"):
        print(path, min(call(path) for _ in range(3)))
    pr=cProfile.Profile(); pr.enable(); call(f"/patients/{p}"); pr.disable()
    pstats.Stats(pr).sort_stats("tottime").print_stats(25)
