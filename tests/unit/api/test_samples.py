"""Audit samples: anybody with the seed draws the same patients, and agreement is counted right."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest

from service.audit_samples import drawn
from tests.unit.api.caller import Caller

FORMULA = ["initial population: age >= 18", "numerator: systolic < 140"]


@pytest.fixture(scope="module")
def report(caller: Caller) -> int:
    """Twenty adults with 121 to 140 mmHg: all but the last are in the numerator."""
    systolic = caller.make("/variables", name="Systolic")
    for number in range(20):
        patient = caller.make("/patients", name="P", dob="1960-01-01")
        value = {"value": str(121 + number), "observed_on": "2025-03-01", "pdf_page": 1}
        path = f"/patients/{patient}/variables/{systolic}"
        assert caller.put(path, json=value).status_code == 200
    caller.make("/metrics", name="Control", calculation_formula=FORMULA)
    return caller.make("/cms-reports", period="2025")


def sample(caller: Caller, report: int, percent: int = 100, seed: str = "s") -> list[Any]:
    answer = caller.get(f"/cms-reports/{report}/sample?percent={percent}&seed={seed}")
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def compare(caller: Caller, report: int, lines: list[Any], **sent: Any) -> Any:
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, list(lines[0]))
    writer.writeheader()
    writer.writerows(lines)
    body = {"percent": 100, "seed": "s", "worksheet": written.getvalue(), **sent}
    return caller.post(f"/cms-reports/{report}/sample", json=body)


def patients_in(lines: list[Any]) -> set[str]:
    return {line["patient_id"] for line in lines}


def test_a_seed_draws_the_same_patients_again_and_another_seed_others(
    caller: Caller, report: int
) -> None:
    first = sample(caller, report, 25, "one")
    assert len(patients_in(first)) == 5
    assert sample(caller, report, 25, "one") == first
    others = [patients_in(sample(caller, report, 25, seed)) for seed in ("two", "three", "four")]
    assert any(other != patients_in(first) for other in others)


def test_no_patient_is_drawn_more_often_than_chance_would() -> None:
    counts = dict.fromkeys(range(50), 0)
    for seed in range(400):
        for patient in drawn(counts, 20, str(seed)):
            counts[patient] += 1
    # 400 draws of a fifth: 80 are expected, with a standard deviation of 8.
    assert all(45 < count < 115 for count in counts.values())
    assert drawn([], 50, "s") == []
    assert len(drawn(range(101), 1, "s")) == 2


def test_a_worksheet_names_what_was_reported_and_where_it_stands(
    caller: Caller, report: int
) -> None:
    lines = sample(caller, report)
    values = [line for line in lines if line["kind"] == "value"]
    assert [line["reported"] for line in values] == [str(121 + n) for n in range(20)]
    assert {(line["name"], line["page"], line["second"]) for line in values} == {
        ("Systolic", "1", "")
    }
    populations = [line["name"] for line in lines if line["kind"] == "population"]
    assert populations.count("numerator") == populations.count("initial-population") == 20


def test_a_second_abstraction_is_compared_item_by_item(caller: Caller, report: int) -> None:
    lines = sample(caller, report)
    for line in lines:
        line["second"] = f"{line['reported']}.0" if line["kind"] == "value" else line["reported"]
    values = [line for line in lines if line["kind"] == "value"]
    numerators = [line for line in lines if line["name"] == "numerator"]
    values[0]["second"] = "199"
    values[1]["second"] = ""
    # Of 19 yes and 1 no the other says no of two more: p_o = 18/20, p_e = (19·17 + 1·3)/400.
    numerators[0]["second"] = numerators[1]["second"] = "no"
    body = compare(caller, report, lines).json["data"]
    assert (body["patients"], body["rated"]) == (20, len(lines) - 1)
    found = {(each["kind"], each["name"]): each for each in body["agreements"]}
    systolic, numerator = found["value", "Systolic"], found["population", "numerator"]
    assert (systolic["rated"], systolic["agreed"], systolic["agreement"]) == (19, 18, 94.74)
    assert (numerator["agreed"], numerator["kappa"]) == (18, round(34 / 74, 4))
    assert found["population", "initial-population"]["kappa"] is None
    assert [(each["name"], each["reported"], each["second"]) for each in body["disagreements"]] == [
        ("numerator", "yes", "no"), ("numerator", "yes", "no"), ("Systolic", "121", "199"),
    ]  # fmt: skip


Edit = Callable[[list[Any]], object]


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda lines: lines.append(dict(lines[0])), "line 82 is there twice"),
        (lambda lines: lines[3].update(patient_id="999999"), "line 5 is not of this sample"),
        (lambda lines: lines[0].update(second="perhaps"), "line 2: second must be yes or no"),
        (lambda lines: [line.pop("second") for line in lines], "lacks the column second"),
    ],
)
def test_a_worksheet_of_another_sample_is_refused(
    caller: Caller, report: int, edit: Edit, told: str
) -> None:
    lines = sample(caller, report)
    assert len(lines) == 80
    edit(lines)
    answer = compare(caller, report, lines)
    assert (answer.status_code, told in answer.text) == (422, True), answer.text


@pytest.mark.parametrize("worksheet", ["", "\0", "a,b\n1,2", '"' + "x" * 200_000])
def test_what_is_no_worksheet_is_refused(caller: Caller, report: int, worksheet: str) -> None:
    body = {"percent": 100, "seed": "s", "worksheet": worksheet}
    assert caller.post(f"/cms-reports/{report}/sample", json=body).status_code in (400, 422)


def test_another_accounts_report_is_not_sampled(
    new_caller: Callable[[str], Caller], report: int
) -> None:
    other = new_caller("Other")
    assert other.get(f"/cms-reports/{report}/sample?percent=5&seed=s").status_code == 403
    assert other.get("/cms-reports/999999/sample?percent=5&seed=s").status_code == 404
