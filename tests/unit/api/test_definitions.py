"""Variables, date variables, metrics, and the CMS report."""

from typing import Any

import pytest

from projections.runner import Runner
from service.bootstrap import Services
from service.projecting import ASYNC, catch_up
from tests.unit.api.caller import Caller


def test_a_variable_has_the_published_fields(caller: Caller) -> None:
    made = caller.post("/variables", json={"name": "HbA1c", "units": "%", "description": "lab"})
    assert made.status_code == 201
    assert made.json["data"] == {
        "id": made.json["data"]["id"],
        "name": "HbA1c",
        "units": "%",
        "description": "lab",
        "aliases": [],
        "valid_min": None,
        "valid_max": None,
        "patient_values_count": 0,
        "user_id": caller.account_id,
        "version": 1,
    }


def test_limits_are_shown_as_the_numbers_that_were_sent(caller: Caller) -> None:
    body = b'{"name": "A", "valid_min": 0.50, "valid_max": 1e2}'
    made = caller.post("/variables", body=body)
    assert '"valid_min":0.50' in made.text
    assert '"valid_max":1e2' in made.text


def test_a_count_follows_the_patients_that_have_a_value(caller: Caller) -> None:
    variable = caller.make("/variables", name="Weight")
    for name in ("A", "B"):
        patient = caller.make("/patients", name=name)
        for value in ("70", "71"):
            caller.put(f"/patients/{patient}/variables/{variable}", json={"value": value})
    assert caller.get(f"/variables/{variable}").json["data"]["patient_values_count"] == 2


def test_a_put_changes_only_what_is_sent(caller: Caller) -> None:
    number = caller.make("/variables", name="A", units="kg", aliases=["mass"])
    changed = caller.put(f"/variables/{number}", json={"name": "B"}).json["data"]
    assert (changed["name"], changed["units"], changed["aliases"]) == ("B", "kg", ["mass"])
    assert caller.put(f"/variables/{number}", json={}).json["data"] == changed


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "A", "aliases": "mass"},
        {"name": "A", "aliases": {}},
        {"name": "A", "aliases": [1]},
        {"name": "A", "valid_min": "1"},
        {"name": "A", "valid_min": 10**15},
        {"name": "A", "valid_min": 2, "valid_max": 1},
        {"name": "A", "is_interval": True},
    ],
)
def test_a_variable_that_breaks_a_rule_is_a_422(caller: Caller, body: Any) -> None:
    assert caller.post("/variables", json=body).status_code == 422


@pytest.mark.parametrize("flag", ["yes", 1, 0, None, "true"])
def test_a_flag_is_true_or_false_and_nothing_like_it(caller: Caller, flag: Any) -> None:
    body = {"name": "A", "is_interval": flag}
    assert caller.post("/date-variables", json=body).status_code == 422


def test_a_variable_of_one_kind_is_not_found_as_the_other(caller: Caller) -> None:
    number = caller.make("/variables", name="A")
    date = caller.make("/date-variables", name="A")
    assert caller.get(f"/variables/{date}").status_code == 404
    assert caller.put(f"/date-variables/{number}", json={"name": "B"}).status_code == 404


METRIC = {"name": "Old", "calculation_formula": ["count(patients where age >= 65)"]}


def test_a_metric_has_the_published_fields(caller: Caller) -> None:
    body = b"""{"name": "Old", "calculation_formula": ["count(patients)"], "unit": "%",
                "low_quality_threshold": 50.0, "high_quality_threshold": 80}"""
    made = caller.post("/metrics", body=body)
    assert made.status_code == 201
    assert made.json["data"].keys() == {
        "id", "name", "description", "unit", "calculation_formula", "filter_variable_id",
        "low_quality_threshold", "high_quality_threshold", "is_ascending", "overall_algorithm",
        "eligible_population", "cms", "patient_values_count", "version", "scoring", "populations",
    }  # fmt: skip
    assert '"low_quality_threshold":50.0,"high_quality_threshold":80' in made.text.replace(
        '"eligible_population":null,', ""
    )


@pytest.mark.parametrize(
    ("formula", "pointer", "text"),
    [
        (["count(patients"], "#/calculation_formula/0", "line 1, column"),
        (["denominator: age > 1", "numerator: hba2c > 9"], "#/calculation_formula/1", "line 2"),
    ],
)
def test_a_formula_that_does_not_parse_is_told_where(
    caller: Caller, formula: list[str], pointer: str, text: str
) -> None:
    answer = caller.post("/metrics", json={"name": "M", "calculation_formula": formula})
    assert answer.status_code == 422
    (fault,) = answer.json["errors"]
    assert fault["pointer"] == pointer
    assert text in fault["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {"name": "M"},
        {"name": "M", "calculation_formula": []},
        {"name": "M", "calculation_formula": "count(patients)"},
        {**METRIC, "low_quality_threshold": 80, "high_quality_threshold": 50},
        {**METRIC, "filter_variable_id": 999_999},
        {**METRIC, "eligible_population": -1},
        {**METRIC, "cms": {"measure": "001"}},
        {**METRIC, "scoring": "ratio"},
        {**METRIC, "overall_algorithm": "average"},
        {**METRIC, "cms": {"submission_method": "fax"}},
        {**METRIC, "cms": {"metric_type": "proportion"}},
        {**METRIC, "cms": {"strata": "all"}},
        {**METRIC, "cms": {"is_end_to_end_reported": 1}},
        {**METRIC, "cms": {"population_uuids": {"nominator": "x"}}},
        {**METRIC, "cms": {"population_uuids": {"strata": {"old": 1}}}},
        {**METRIC, "cms": {"population_uuids": {"groups": {"a": {"groups": {}}}}}},
    ],
)
def test_a_metric_that_breaks_a_rule_is_a_422(caller: Caller, body: Any) -> None:
    assert caller.post("/metrics", json=body).status_code == 422


def test_an_algorithm_that_there_is_not_is_answered_with_those_there_are(caller: Caller) -> None:
    answer = caller.post("/metrics", json={**METRIC, "overall_algorithm": "average"})
    (fault,) = answer.json["errors"]
    assert fault["pointer"] == "#/overall_algorithm"
    for name in ("simpleAverage", "weightedAverage", "sumNumerators", "overallStratumOnly"):
        assert name in fault["detail"]


def test_the_ids_of_a_measure_are_kept_as_they_were_sent(caller: Caller) -> None:
    rates = {"denominator": "d", "numerator": "n", "strata": {"old": "s"}}
    cms = {
        "measure_id": "137",
        "emeasure_uuid": "u",
        "program": "mips",
        "submission_method": "registry",
        "metric_type": "multiPerformanceRate",
        "strata": ["14days", "34days"],
        "is_end_to_end_reported": True,
        "population_uuids": {"initial_population": "i", **rates, "groups": {"14days": rates}},
    }
    made = caller.post("/metrics", json={**METRIC, "cms": cms})
    assert made.json["data"]["cms"] == cms


def test_the_report_counts_what_was_written_before_the_position_it_states(
    caller: Caller, services: Services
) -> None:
    for dob in ("1940-01-01", "1950-01-01", "2020-01-01"):
        caller.make("/patients", name="P", dob=dob)
    number = caller.make("/metrics", name="Old", calculation_formula=[
        "initial population: age >= 1", "numerator: age >= 65"])  # fmt: skip
    catch_up([Runner(services.database, p, services.application.mapper) for p in ASYNC])
    position = caller.get("/metrics").headers["x-log-position"]
    answer = caller.get(f"/cms-reports?metric_id={number}&min_position={position}")
    assert answer.headers["x-log-position"] == answer.json["meta"]["position"] == position
    (report,) = answer.json["data"]["reports"]
    assert report["performance_rate"] == round(report["numerator"] / report["denominator"] * 100, 2)
    assert (report["numerator"], report["initial_population"]) == (2, 3)
    current = caller.get(f"/metrics/{number}").json["data"]["current"]
    assert (current["numerator"], current["metric_id"]) == (2, number)


def test_a_report_that_has_not_reached_the_position_says_which_it_has(caller: Caller) -> None:
    answer = caller.get("/cms-reports?min_position=999999999")
    assert answer.status_code == 200
    assert int(answer.json["meta"]["position"]) < 999999999


@pytest.mark.parametrize("period", ["2025", "2025-Q3", "2025-01-01..2025-06-30"])
def test_a_report_is_of_the_period_that_is_asked_for(caller: Caller, period: str) -> None:
    shown = caller.get(f"/cms-reports?period={period}").json["data"]["period"]
    assert shown["start"][:4] == "2025"
    assert shown["start"] < shown["end"]


@pytest.mark.parametrize(
    "query",
    ["period=25", "period=2025-Q5", "period=2025-06-30..2025-01-01", "period=", "format=pdf",
     "metric_id=x", "min_position=-1"],
)  # fmt: skip
def test_a_report_that_cannot_be_made_is_a_400(caller: Caller, query: str) -> None:
    assert caller.get(f"/cms-reports?{query}").status_code == 400
