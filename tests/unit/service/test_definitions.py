"""Variables and metrics: what was sent is kept, and a formula keeps meaning what it meant."""

from typing import Any

import pytest

from domain.errors import Forbidden, Invalid, NotFound, VersionMismatch
from domain.metric import Metric
from domain.variable import VariableDefinition
from projections.definitions import find_metric, find_variable, list_metrics, list_variables
from service.bootstrap import Services
from tests.factories import Tenant, tenant


def metric_of(clinic: Tenant, number: int) -> Metric:
    return clinic.services.application.load(clinic.context, Metric, number)


def test_a_variable_is_shown_as_it_was_defined(services: Services, clinic: Tenant) -> None:
    number = clinic.variable("HbA1c", units="%", aliases=("A1c",), valid_min="3", valid_max="20")
    record = find_variable(services.database, "number", number)
    assert record is not None
    assert record.body == {
        "name": "HbA1c", "units": "%", "description": None, "aliases": ["A1c"],
        "valid_min": "3", "valid_max": "20",
    }  # fmt: skip
    assert (record.account_id, record.version, record.values) == (clinic.account_id, 1, 0)
    assert find_variable(services.database, "date", number) is None


def test_a_variable_tells_how_many_patients_have_it(services: Services, clinic: Tenant) -> None:
    number = clinic.variable()
    first, second = clinic.register(), clinic.register()
    clinic.add(first, number, "1")
    clinic.add(first, number, "2")
    clinic.put(second, number, "3")
    clinic.put(second, number, None, is_withdrawn=True)
    record = find_variable(services.database, "number", number)
    assert record is not None
    assert record.values == 1


def test_a_change_keeps_what_it_does_not_name(services: Services, clinic: Tenant) -> None:
    number = clinic.variable("HbA1c", units="%")
    services.variables.change(clinic.asks(if_match=1), "number", number, {"name": "A1c"})
    record = find_variable(services.database, "number", number)
    assert record is not None
    assert (record.body["name"], record.body["units"], record.version) == ("A1c", "%", 2)
    with pytest.raises(VersionMismatch):
        services.variables.change(clinic.asks(if_match=1), "number", number, {"name": "x"})


def test_a_range_that_a_change_would_turn_over_is_refused(
    services: Services, clinic: Tenant
) -> None:
    number = clinic.variable(valid_min="3", valid_max="20")
    with pytest.raises(Invalid) as refused:
        services.variables.change(clinic.asks(), "number", number, {"valid_max": "2"})
    assert refused.value.faults[0].pointer == "#/valid_max"


def test_definitions_of_another_account_are_neither_listed_nor_changed(
    services: Services, clinic: Tenant
) -> None:
    stranger = tenant(services)
    variable, metric = clinic.variable(), clinic.metric("count(patients)")
    assert list_variables(services.database, stranger.account_id, "number", 10, 0) == (0, [])
    assert list_metrics(services.database, stranger.account_id, 10, 0) == (0, [])
    with pytest.raises(Forbidden):
        services.variables.change(stranger.asks(), "number", variable, {"name": "x"})
    with pytest.raises(Forbidden):
        services.metrics.change(stranger.asks(), metric, {"name": "x"})
    with pytest.raises(NotFound):
        services.variables.change(stranger.asks(), "date", variable, {"name": "x"})


def test_a_formula_is_resolved_to_the_variables_it_meant_when_it_was_saved(
    services: Services, clinic: Tenant
) -> None:
    meant = clinic.variable("HbA1c")
    metric = clinic.metric("initial population: age >= 18", "numerator: hba1c > 9")
    services.variables.change(clinic.asks(), "number", meant, {"name": "Old A1c"})
    clinic.variable("HbA1c")
    services.metrics.change(clinic.asks(), metric, {"description": "as before"})
    definition = metric_of(clinic, metric).definition
    assert list(definition.references.values()) == [meant]
    assert definition.scoring == "proportion"


def test_a_changed_formula_is_another_version_of_the_metric(
    services: Services, clinic: Tenant
) -> None:
    metric = clinic.metric("count(patients)")
    services.metrics.change(
        clinic.asks(), metric, {"calculation_formula": ("initial population: age >= 18",
                                                        "numerator: age >= 65")}
    )  # fmt: skip
    record = find_metric(services.database, metric)
    assert record is not None
    assert (record.version, record.body["scoring"]) == (2, "proportion")
    assert record.body["populations"] == ["initial-population", "denominator", "numerator"]


@pytest.mark.parametrize(
    ("formula", "pointer", "place"),
    [
        (("numerator: nothing_of_the_kind > 9",), "#/calculation_formula/0", "line 1, column "),
        (
            ("initial population: age >= 18", "numerator: age >="),
            "#/calculation_formula/1",
            "line 2",
        ),
    ],
)
def test_a_formula_that_means_nothing_is_refused_with_its_place(
    clinic: Tenant, formula: tuple[str, ...], pointer: str, place: str
) -> None:
    with pytest.raises(Invalid) as refused:
        clinic.metric(*formula)
    (fault,) = refused.value.faults
    assert fault.pointer == pointer
    assert fault.detail.startswith(place)


def test_a_formula_sees_no_variable_of_another_account(services: Services, clinic: Tenant) -> None:
    tenant(services).variable("Secret score")
    with pytest.raises(Invalid):
        clinic.metric("average(secret_score)")


def test_a_filter_is_a_numerical_variable_of_the_account(
    services: Services, clinic: Tenant
) -> None:
    clinic.metric("count(patients)", filter_variable_id=clinic.variable())
    with pytest.raises(Invalid) as refused:
        clinic.metric("count(patients)", filter_variable_id=clinic.date_variable())
    assert refused.value.faults[0].pointer == "#/filter_variable_id"
    with pytest.raises(Forbidden):
        clinic.metric("count(patients)", filter_variable_id=tenant(services).variable())


@pytest.mark.parametrize(
    ("thresholds", "is_refused"),
    [
        ({"low_quality_threshold": "0.5", "high_quality_threshold": "0.9"}, False),
        ({"low_quality_threshold": "0.9", "high_quality_threshold": "0.5"}, True),
        ({"low_quality_threshold": "9", "high_quality_threshold": "10"}, False),
        (
            {
                "low_quality_threshold": "0.9",
                "high_quality_threshold": "0.5",
                "is_ascending": False,
            },
            False,
        ),
        (
            {
                "low_quality_threshold": "0.5",
                "high_quality_threshold": "0.9",
                "is_ascending": False,
            },
            True,
        ),
        ({"high_quality_threshold": "0.5"}, False),
    ],
)
def test_thresholds_lie_in_the_direction_of_improvement(
    clinic: Tenant, thresholds: dict[str, Any], is_refused: bool
) -> None:
    if not is_refused:
        clinic.metric("count(patients)", **thresholds)
        return
    with pytest.raises(Invalid) as refused:
        clinic.metric("count(patients)", **thresholds)
    assert refused.value.faults[0].pointer == "#/high_quality_threshold"


def test_pages_of_definitions_cover_the_list_once(services: Services, clinic: Tenant) -> None:
    numbers = [
        int(services.variables.define(clinic.asks(), VariableDefinition(f"v{n}")).id)
        for n in range(5)
    ]
    found = []
    for offset in (0, 2, 4):
        total, page = list_variables(services.database, clinic.account_id, "number", 2, offset)
        assert total == 5
        found += [record.id for record in page]
    assert found == numbers
