"""What surrounds every answer: ids, security headers, limits, logs, and public pages."""

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network

import pytest
from falcon.testing import TestClient

from api.app import create_app
from service.bootstrap import Services
from service.logs import JsonFormatter
from tests.unit.api.caller import Caller

SECURITY = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "private, no-cache",
}


@pytest.mark.parametrize("path", ["/patients", "/nowhere", "/-/live", "/patients?limit=x"])
def test_every_answer_says_how_it_may_be_used(caller: Caller, path: str) -> None:
    headers = caller.get(path).headers
    assert {name: headers[name] for name in SECURITY} == SECURITY
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "X-API-Key" in headers["vary"]


@pytest.mark.parametrize("given", ["a", "x" * 64, "3f0c-trace/42"])
def test_a_request_id_is_given_back(caller: Caller, given: str) -> None:
    answer = caller.get("/patients", headers={"X-Request-ID": given})
    assert answer.headers["x-request-id"] == answer.json["meta"]["request_id"] == given


@pytest.mark.parametrize("given", ["", "x" * 65, "two words", "é", "a\tb"])
def test_an_unusable_request_id_is_replaced(caller: Caller, given: str) -> None:
    answer = caller.get("/patients", headers={"X-Request-ID": given})
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])


def test_requests_without_an_id_get_different_ones(caller: Caller) -> None:
    ids = {caller.get("/-/live").headers["x-request-id"] for _ in range(20)}
    assert len(ids) == 20


@pytest.fixture
def limited(services: Services, caller: Caller) -> Caller:
    """The same caller where only two requests a minute are granted."""
    settings = replace(services.settings, rate_limit=2, workers=1)
    app = create_app(replace(services, settings=settings))
    return replace(caller, client=TestClient(app))


def test_the_request_above_the_limit_is_a_429_that_says_when(limited: Caller) -> None:
    answers = [limited.get("/patients/999999") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [404, 404, 429]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
    assert answers[0].headers["ratelimit-policy"] == '"key";q=2;w=60'
    assert 1 <= int(answers[2].headers["retry-after"]) <= 30
    assert answers[2].headers["content-type"] == "application/problem+json"


def test_the_limit_is_of_keys_so_probes_without_one_go_on(limited: Caller) -> None:
    for _ in range(5):
        answer = limited.client.simulate_get("/-/live")
        assert answer.status_code == 200
        assert "ratelimit" not in answer.headers


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.INFO, logger="attestor.access"):
        yield caplog


def test_a_request_is_logged_once_and_without_anything_of_the_patient(
    caller: Caller, log: pytest.LogCaptureFixture
) -> None:
    canary = "Canary1950"
    number = caller.make("/patients", name=canary, dob="1950-02-03")
    log.clear()
    caller.get(f"/patients?q={canary}", headers={"X-Request-ID": "r-1"})
    caller.get(f"/{canary}/{number}")
    caller.put(f"/patients/{number}", json={"name": canary, canary: 1})
    caller.post("/patients", body=f'{{"name": "{canary}"'.encode())
    access = [line for line in log.records if line.name == "attestor.access"]
    assert [(line.route, line.status) for line in access] == [  # type: ignore[attr-defined]
        ("/patients", 200),
        ("unmatched", 404),
        ("/patients/{patient_id}", 422),
        ("/patients", 400),
    ]
    assert access[0].request_id == "r-1"  # type: ignore[attr-defined]
    assert access[0].key_id  # type: ignore[attr-defined]
    told = repr([line.__dict__ for line in log.records])
    assert canary not in told
    assert caller.key not in told


@pytest.mark.parametrize(
    ("trusted", "forwarded", "client"),
    [
        ("10.0.0.0/8", "203.0.113.9", "127.0.0.1"),
        ("127.0.0.0/8", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.0/8", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.0/8", "evil\r\n, 127.0.0.5", "127.0.0.5"),
        ("127.0.0.0/8", "", "127.0.0.1"),
    ],
)
def test_only_a_trusted_proxy_can_say_who_the_client_is(
    services: Services,
    log: pytest.LogCaptureFixture,
    trusted: str,
    forwarded: str,
    client: str,
) -> None:
    settings = replace(services.settings, trusted_proxies=(ip_network(trusted),))
    app = TestClient(create_app(replace(services, settings=settings)))
    headers = {"X-Forwarded-For": forwarded.replace("\r\n", "")}
    app.simulate_get("/-/live", headers=headers, remote_addr="127.0.0.1")
    assert json.loads(JsonFormatter().format(log.records[-1]))["client"] == client


def test_the_documentation_asks_nothing_of_others_and_allows_no_inline_script(
    anyone: TestClient,
) -> None:
    page = anyone.simulate_get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "'unsafe-inline'" not in page.headers["content-security-policy"]
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert not re.search(r"<script>|<script [^>]*>[^<]|\son\w+=|style=", page.text)
    for path in re.findall(r'(?:src|href)="(/[^"]+)"', page.text):
        answer = anyone.simulate_get(path)
        assert answer.status_code == 200
        tag = {"If-None-Match": answer.headers["etag"]}
        assert anyone.simulate_get(path, headers=tag).status_code == 304
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page.text)


@pytest.mark.parametrize("name", ["../app.py", "..%2fapp.py", "vendor.lock", "docs.html"])
def test_no_other_file_can_be_had(anyone: TestClient, name: str) -> None:
    answer = anyone.simulate_get(f"/docs/{name}")
    assert answer.status_code == 404


def test_prometheus_text_is_for_this_machine_or_a_key(anyone: TestClient, caller: Caller) -> None:
    here = anyone.simulate_get("/-/metrics", remote_addr="127.0.0.1")
    assert here.status_code == 200
    assert 'attestor_requests_total{method="GET"' in anyone.simulate_get("/-/metrics").text
    away = {"remote_addr": "203.0.113.9"}
    assert anyone.simulate_get("/-/metrics", **away).status_code == 401
    assert caller.get("/-/metrics", **away).status_code == 200
    proxied = anyone.simulate_get("/-/metrics", headers={"X-Forwarded-For": "127.0.0.1"})
    assert proxied.status_code == 401


def test_without_a_runner_the_service_lives_and_is_not_ready(anyone: TestClient) -> None:
    assert anyone.simulate_get("/-/live").json["data"] == {"status": "live"}
    ready = anyone.simulate_get("/-/ready")
    assert (ready.status_code, ready.json["detail"]) == (503, "No runner is projecting.")
    assert ready.headers["retry-after"] == "1"
    assert anyone.simulate_get("/-/version").json["data"]["version"]
