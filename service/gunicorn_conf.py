"""How gunicorn serves the API: `gunicorn -c python:service.gunicorn_conf`.

The application is built in each worker, never before the fork: a database pool shared by two
processes hands one caller's rows to another.
"""

import os
import shutil
import sys
from typing import Any

from service import logs
from service.failpoints import AFTER_REPLY, failpoint
from service.settings import Settings

_settings = Settings.from_env(os.environ)

wsgi_app = "api.wsgi:app"
bind = _settings.bind
preload_app = False

# Threads, because everything here blocks; a slow client then holds a thread, not a process.
worker_class = "service.gunicorn_worker.Worker"
workers = _settings.workers
threads = _settings.threads
timeout = 60
graceful_timeout = 30
keepalive = 5

limit_request_line = 8190
forwarded_allow_ips = ",".join(map(str, _settings.trusted_proxies))
secure_scheme_headers = {"X-FORWARDED-PROTO": "https"}

# Paths and query strings name patients; the API writes its own line for each request.
accesslog = None
logger_class = "service.gunicorn_worker.Logger"
logconfig_dict = logs.configuration(_settings.log_level, _settings.log_format)

# It would sit at one path for all services of a user, and the last started would own it.
control_socket_disable = True

_counters = _settings.data_dir.absolute() / "counters"


def on_starting(server: Any) -> None:
    """Give the workers an empty directory to add up their counters in."""
    shutil.rmtree(_counters, ignore_errors=True)
    _counters.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_counters)


def worker_exit(server: Any, worker: Any) -> None:
    """Everything is answered: write what the worker still holds of usage and access."""
    # Loaded unless the worker failed at that; then it holds nothing.
    if loaded := sys.modules.get("api.wsgi"):
        loaded.services.close()


def child_exit(server: Any, worker: Any) -> None:
    """Keep what a worker that left has counted, and forget what it was holding."""
    # The library looks for the counters' directory when it is imported, so not before on_starting.
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def post_request(worker: Any, request: Any, environ: Any, response: Any) -> None:
    """The answer is with the client."""
    failpoint(AFTER_REPLY, environ.get("HTTP_X_REQUEST_ID", ""))
