import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
PRINT_CONFIG = """
import json, os, sys
from gunicorn.app.base import Application
class Probe(Application):
    def load_config(self):
        self.load_config_from_module_name_or_filename("python:service.gunicorn_conf")
cfg = Probe().cfg
cfg.on_starting(None)
# It would count in memory, had it been imported before the directory was named.
assert "prometheus_client" not in sys.modules
cfg.child_exit(None, type("Worker", (), {"pid": 1}))
print(json.dumps({name: getattr(cfg, name) for name in (
    "bind", "workers", "threads", "worker_class_str", "preload_app", "forwarded_allow_ips",
    "accesslog", "control_socket_disable", "limit_request_line", "timeout", "graceful_timeout",
    "keepalive")} | {"counters": os.environ["PROMETHEUS_MULTIPROC_DIR"]}))
"""


def gunicorn_settings(data_dir: Path, **environ: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", PRINT_CONFIG],
        cwd=ROOT,
        env={"PATH": os.defpath, "ATTESTOR_DATA_DIR": str(data_dir), **environ},
        check=True,
        capture_output=True,
        text=True,
    )
    settings: dict[str, object] = json.loads(done.stdout)
    return settings


def test_gunicorn_itself_reads_our_settings_from_the_environment(tmp_path: Path) -> None:
    settings = gunicorn_settings(
        tmp_path,
        ATTESTOR_BIND="127.0.0.1:9001",
        ATTESTOR_WORKERS="3",
        ATTESTOR_THREADS="5",
        ATTESTOR_TRUSTED_PROXIES="10.0.0.0/8,192.0.2.7",
    )

    assert settings["bind"] == ["127.0.0.1:9001"]
    assert (settings["workers"], settings["threads"]) == (3, 5)
    assert settings["forwarded_allow_ips"] == ["10.0.0.0/8", "192.0.2.7/32"]


def test_no_path_is_logged_no_proxy_trusted_no_control_socket_opened_and_no_preload(
    tmp_path: Path,
) -> None:
    settings = gunicorn_settings(tmp_path)

    assert settings["accesslog"] is None
    assert settings["forwarded_allow_ips"] == []
    assert settings["control_socket_disable"] is True
    assert settings["preload_app"] is False
    assert settings["worker_class_str"] == "service.gunicorn_worker.Worker"


def test_a_restart_forgets_the_counters_of_the_processes_before_it(tmp_path: Path) -> None:
    old = tmp_path / "counters" / "counter_12345.db"
    old.parent.mkdir()
    old.touch()

    assert gunicorn_settings(tmp_path)["counters"] == str(old.parent)
    assert list(old.parent.iterdir()) == []
