"""Measures from documents: what is loaded, what is left alone, and what is refused where."""

from pathlib import Path
from typing import Any

import pytest

from domain.errors import Invalid, NotFound
from domain.metric import Metric
from domain.variable import VariableDefinition
from projections.definitions import list_metrics, variable_names
from service.bootstrap import Services
from service.commands.measures import list_loaded, load_files
from service.measure_document import read_document
from service.measure_library import MeasureLoaded, load_measure
from tests.factories import Tenant, tenant

DOCUMENT = '''
name = "Glucose in control"
unit = "%"
is_ascending = false
low_quality_threshold = 51.68
high_quality_threshold = 20
calculation_formula = [
  """define result: hba1c during period \\
     on latest day""",
  "initial population: exists(visit during period)",
  "numerator: min(result) > 9",
]
variables = [
  {name = "HbA1c", kind = "number", units = "%", aliases = ["A1c"], valid_max = 25.5},
  {name = "Visit", kind = "date"},
  {name = "Diabetes", kind = "date", is_interval = true},
]
[cms]
measure_id = "001"
[cms.population_uuids]
numerator = "10C65EBE-685C-48F8-8B24-351C6F3481E9"
'''


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "glucose.toml"
    path.write_text(DOCUMENT)
    return path


def load(clinic: Tenant, file: Path) -> MeasureLoaded:
    return load_measure(clinic.asks(), clinic.services, file)


def edited(file: Path, old: str, new: str) -> Path:
    assert DOCUMENT.count(old) == 1
    file.write_text(DOCUMENT.replace(old, new))
    return file


def metrics(clinic: Tenant) -> list[dict[str, Any]]:
    return [m.body for m in list_metrics(clinic.services.database, clinic.account_id, 99, 0)[1]]


def variables(clinic: Tenant) -> list[tuple[str, str, bool]]:
    found = variable_names(clinic.services.database, clinic.account_id)
    return [(each.name, each.kind, each.is_interval) for each in found]


def last_position(services: Services) -> int:
    row = services.database.row("SELECT max(position) FROM events")
    assert row is not None
    return int(row[0])


def test_a_document_becomes_its_variables_and_its_metric(clinic: Tenant, file: Path) -> None:
    loaded = load(clinic, file)
    assert (loaded.outcome, loaded.version) == ("defined", 1)
    assert loaded.new_variables == ("HbA1c", "Visit", "Diabetes")
    assert variables(clinic) == [
        ("HbA1c", "number", False), ("Visit", "date", False), ("Diabetes", "date", True),
    ]  # fmt: skip
    (metric,) = metrics(clinic)
    assert metric["calculation_formula"] == [
        "define result: hba1c during period on latest day",
        "initial population: exists(visit during period)",
        "numerator: min(result) > 9",
    ]
    assert (metric["low_quality_threshold"], metric["high_quality_threshold"]) == ("51.68", "20")
    assert metric["cms"] == {
        "measure_id": "001",
        "population_uuids": {"numerator": "10C65EBE-685C-48F8-8B24-351C6F3481E9"},
    }


def test_the_fields_of_a_variable_are_kept(clinic: Tenant, file: Path) -> None:
    assert read_document(file).variables[0] == VariableDefinition(
        "HbA1c", units="%", aliases=("A1c",), valid_max="25.5"
    )


def test_loading_again_writes_nothing(clinic: Tenant, file: Path) -> None:
    first = load(clinic, file)
    position = last_position(clinic.services)
    again = load(clinic, file)
    assert (again.metric_id, again.version, again.outcome) == (first.metric_id, 1, "unchanged")
    assert again.new_variables == ()
    assert last_position(clinic.services) == position


def test_a_document_that_changed_is_a_new_version_of_the_metric(clinic: Tenant, file: Path) -> None:
    first = load(clinic, file)
    changed = load(clinic, edited(file, "min(result) > 9", "min(result) > 8"))
    assert (changed.metric_id, changed.version, changed.outcome) == (first.metric_id, 2, "changed")
    (metric,) = metrics(clinic)
    assert metric["calculation_formula"][2] == "numerator: min(result) > 8"


def test_variables_that_the_account_has_are_used_whatever_their_spelling(
    clinic: Tenant, file: Path
) -> None:
    number = clinic.variable("HBA1C", units="mmol/mol")
    loaded = load(clinic, file)
    assert loaded.new_variables == ("Visit", "Diabetes")
    metric = clinic.services.application.load(clinic.context, Metric, loaded.metric_id)
    assert metric.definition.references["hba1c"] == number
    assert variables(clinic)[0] == ("HBA1C", "number", False)


def test_a_variable_that_was_renamed_since_is_not_defined_a_second_time(
    clinic: Tenant, file: Path
) -> None:
    number = clinic.variable("HbA1c")
    load(clinic, file)
    clinic.services.variables.change(clinic.asks(), "number", number, {"name": "Glycated Hb"})
    again = load(clinic, file)
    assert (again.outcome, again.new_variables) == ("unchanged", ())
    assert [name for name, _, _ in variables(clinic)] == ["Glycated Hb", "Visit", "Diabetes"]


def test_a_new_formula_is_not_read_with_an_empty_variable_for_a_renamed_one(
    clinic: Tenant, file: Path
) -> None:
    number = clinic.variable("HbA1c")
    load(clinic, file)
    clinic.services.variables.change(clinic.asks(), "number", number, {"name": "Glycated Hb"})
    with pytest.raises(Invalid, match='now called "Glycated Hb"') as refused:
        load(clinic, edited(file, "min(result) > 9", "min(result) > 8"))
    assert refused.value.faults[0].pointer == "#/variables/0/name"


def test_a_composite_of_the_account_s_metrics_can_be_loaded(clinic: Tenant, file: Path) -> None:
    part = load(clinic, file).metric_id
    file.write_text(
        f'name = "Both"\ncalculation_formula = ["composite: opportunity of metric({part})"]'
    )
    load(clinic, file)
    assert [metric["scoring"] for metric in metrics(clinic)] == ["proportion", "composite"]


def test_a_measure_is_loaded_into_one_account_only(
    services: Services, clinic: Tenant, file: Path
) -> None:
    stranger = tenant(services)
    load(clinic, file)
    assert (metrics(stranger), variables(stranger)) == ([], [])


def test_a_variable_of_the_same_name_and_another_kind_stands_in_the_way(
    clinic: Tenant, file: Path
) -> None:
    clinic.variable("Visit")
    with pytest.raises(Invalid) as refused:
        load(clinic, file)
    assert refused.value.faults[0].pointer == "#/variables/1/kind"
    assert refused.value.detail.startswith("glucose.toml: variables/1/kind: ")
    assert [name for name, _, _ in variables(clinic)] == ["Visit"]


def test_single_days_in_place_of_an_interval_stand_in_the_way(clinic: Tenant, file: Path) -> None:
    clinic.date_variable("Diabetes")
    with pytest.raises(Invalid) as refused:
        load(clinic, file)
    assert refused.value.faults[0].pointer == "#/variables/2/is_interval"


def test_two_metrics_of_the_name_stand_in_the_way(clinic: Tenant, file: Path) -> None:
    for _ in range(2):
        clinic.metric("count(patients)", name="Glucose in Control")
    with pytest.raises(Invalid, match="several metrics"):
        load(clinic, file)


def test_nothing_is_written_where_the_formula_is_wrong(clinic: Tenant, file: Path) -> None:
    edited(file, "exists(visit during period)", "exists(visits during period)")
    position = last_position(clinic.services)
    with pytest.raises(Invalid) as refused:
        load(clinic, file)
    assert refused.value.faults[0].pointer == "#/calculation_formula/1"
    assert "line 2, column 28" in refused.value.detail
    assert "did you mean visit" in refused.value.detail
    assert last_position(clinic.services) == position


@pytest.mark.parametrize(
    ("old", "new", "pointer"),
    [
        ('name = "Glucose in control"', "", "#/name"),
        ('name = "Glucose in control"', "name = 7", "#/name"),
        ('unit = "%"', 'units = "%"', "#/units"),
        ("is_ascending = false", 'is_ascending = "no"', "#/is_ascending"),
        ("threshold = 20", "threshold = nan", "#/high_quality_threshold"),
        ("threshold = 20", "threshold = 1e400", "#/high_quality_threshold"),
        ("threshold = 20", "threshold = 90", "#/high_quality_threshold"),
        ('"numerator: min(result) > 9"', "3", "#/calculation_formula/2"),
        ('"Visit", kind = "date"', '"Visit", kind = "day"', "#/variables/1/kind"),
        ('"Visit", kind = "date"', '"Visit"', "#/variables/1/kind"),
        ('"Visit", kind = "date"', '"Visit", kind = ["date"]', "#/variables/1/kind"),
        ('"Visit", kind = "date"', '"Visit", kind = "date", units = "d"', "#/variables/1/units"),
        ('"HbA1c", kind', '"HbA1c", is_interval = true, kind', "#/variables/0/is_interval"),
        ('"Visit", kind', '"HBA1C", kind', "#/variables/1/name"),
        ('measure_id = "001"', "measure_id = 1", "#/cms/measure_id"),
        ('measure_id = "001"', 'submission_method = "fax"', "#/cms/submission_method"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(file: Path, old: str, new: str, pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_document(edited(file, old, new))
    assert pointer in [fault.pointer for fault in refused.value.faults]


def test_what_is_no_toml_is_told_with_its_line(file: Path) -> None:
    file.write_text('name = "x"\nname\n')
    with pytest.raises(Invalid, match=r"not TOML: .* line 2"):
        read_document(file)


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_what_cannot_be_read_is_refused(file: Path, content: bytes | None) -> None:
    file.unlink() if content is None else file.write_bytes(content)
    with pytest.raises(Invalid, match="The file"):
        read_document(file)


def test_the_command_tells_what_each_file_became(
    clinic: Tenant, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert load_files(clinic.services, clinic.asks(channel="cli"), [file]) == 0
    number = list_metrics(clinic.services.database, clinic.account_id, 9, 0)[1][0].id
    told = f"metric {number}, version 1, defined: Glucose in control (3 new variables)\n"
    assert capsys.readouterr() == (told, "")
    assert list_loaded(clinic.services, clinic.account_id) == 0
    assert capsys.readouterr().out.split() == [
        str(number), "v1", "001", "proportion", "Glucose", "in", "control",
    ]  # fmt: skip


def test_the_command_refuses_an_account_that_is_not_there(services: Services) -> None:
    with pytest.raises(NotFound, match="account 999999999"):
        list_loaded(services, 999_999_999)
