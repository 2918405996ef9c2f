def test_try(caller):
    p=caller.make("/patients", name="Ann", additional_variables={"a":1.5})
    v=caller.make("/variables", name="HbA1c", units="%", valid_max=20.50)
    d=caller.make("/date-variables", name="Seen")
    r=caller.put(f"/patients/{p}/variables/{v}", body=b'{"value": 7.20, "highlight": {"x1":1,"y1":2,"x2":3,"y2":4,"page":2}}')
    print(r.status, r.text, r.headers)
    r=caller.put(f"/patients/{p}/date_variables/{d}/", json={"value":"2025-01-02"})
    print(r.status, r.text)
    for path in (f"/patients/{p}", "/patients?limit=1", "/variables", f"/patients/{p}/history", f"/patients/{p}/observations", "/cms-reports", "/api-keys", "/-/ready","/-/metrics","/docs","/problems/invalid", "/variables?envelope=false"):
        r=caller.get(path); print(path, r.status, r.text[:1500]); print(dict(r.headers))
    m=caller.post("/metrics", json={"name":"m","calculation_formula":["count(patients where age >= 65) / count(patients) * 100"], "low_quality_threshold": 10.0})
    print(m.status, m.text)
    r=caller.get(f"/metrics/{m.json['data']['id']}"); print(r.status, r.text)
