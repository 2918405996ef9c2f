"""Audit bundles over the API: when there is one, for whom, and how it is sent."""

from collections.abc import Callable
from pathlib import Path

import pytest

from examples import verify_bundle
from service.bootstrap import Services
from service.sealer import sealer_of
from tests.unit.api.caller import Caller


@pytest.fixture(scope="module")
def report(caller: Caller) -> int:
    caller.make("/patients", name="A", dob="1960-01-01")
    formula = ["initial population: age >= 18", "numerator: age >= 60"]
    caller.make("/metrics", name="M", calculation_formula=formula)
    return caller.make("/cms-reports", period="2025")


@pytest.fixture(scope="module")
def signed(services: Services, report: int) -> int:
    """The report, once it is under a checkpoint."""
    sealer_of(services).seal_and_sign()
    return report


def test_a_report_that_is_not_signed_yet_is_to_be_asked_for_again(
    caller: Caller, report: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.bundles._WAIT_SECONDS", 0)
    newer = caller.make("/cms-reports", period="2025")
    answer = caller.get(f"/cms-reports/{newer}/bundle")
    assert (answer.status_code, answer.json["type"]) == (503, "/problems/not-yet")
    assert int(answer.headers["retry-after"]) > 0


def test_the_bundle_is_a_file_that_verifies(caller: Caller, signed: int, tmp_path: Path) -> None:
    answer = caller.get(f"/cms-reports/{signed}/bundle?since=1")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    named = f'attachment; filename="report-{signed}-bundle.zip"'
    assert answer.headers["content-disposition"] == named
    file = tmp_path / "bundle.zip"
    file.write_bytes(answer.content)
    key = caller.get("/transparency/keys").json["data"][0]["vkey"]
    assert verify_bundle.main([str(file), "--key", key]) == 0


@pytest.mark.parametrize(("since", "status"), [("999999", 422), ("0", 400), ("x", 400)])
def test_a_size_that_the_log_never_had_is_refused(
    caller: Caller, signed: int, since: str, status: int
) -> None:
    answer = caller.get(f"/cms-reports/{signed}/bundle?since={since}")
    assert (answer.status_code, "since" in answer.text) == (status, True)


def test_nobody_gets_another_accounts_bundle(
    new_caller: Callable[[str], Caller], signed: int
) -> None:
    other = new_caller("Other")
    assert other.get(f"/cms-reports/{signed}/bundle").status_code == 403
    assert other.get("/cms-reports/999999/bundle").status_code == 404
