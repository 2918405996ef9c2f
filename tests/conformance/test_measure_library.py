"""The measures in examples/measures, loaded into an account as anyone would, give the populations
of the official reports for every published test case."""

import io
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.measures.measure import cells
from domain.measures.period import calendar_year
from projections.definitions import variable_names
from projections.measures.live import live_metrics, parameters
from projections.patients import patients_by_external_id
from service.bootstrap import Services
from service.imports import ImportJob
from service.measure_document import read_document
from service.measure_library import load_measure
from tests.conformance.test_ecqm import SHARED, deck, values
from tests.factories import Tenant, services_on, tenant

QPP = SHARED / "data" / "qpp"
FOLDER = Path(__file__).parents[2] / "examples" / "measures"
YEAR = calendar_year(2025)
CASES = {"CMS122v13": 41, "CMS165v13": 59, "CMS130v13": 58}
POPULATIONS = ("initial-population", "denominator", "denominator-exclusion", "numerator")
TO_HOSPICE = "enc.encounter_inpatient > discharge_to"
NAMES = {
    f"{TO_HOSPICE}_home_for_hospice_care_procedure": "Inpatient stay discharged to home hospice",
    f"{TO_HOSPICE}_healthcare_facility_for_hospice_care_procedure":
        "Inpatient stay discharged to hospice facility",
    "enc.hospice_encounter": "Hospice encounter",
    "dx.hospice_diagnosis": "Hospice diagnosis",
    "proc.hospice_care_ambulatory": "Hospice care service",
    "order.hospice_care_ambulatory": "Hospice care order",
    "dx.hospice_care_ambulatory": "Hospice care diagnosis",
    "obs.hospice_care_assessment = yes_qualifier_value": "Hospice care assessment yes",
    "dx.palliative_care_diagnosis": "Palliative care diagnosis",
    "enc.palliative_care_diagnosis": "Palliative care visit reason",
    "enc.palliative_care_encounter": "Palliative care encounter",
    "dx.palliative_care_encounter": "Palliative care encounter diagnosis",
    "proc.palliative_care_intervention": "Palliative care intervention",
    "obs.palliative_care_questionnaire = yes_qualifier_value": "Palliative care assessment yes",
    "obs.housing_status": "Housing status",
    "obs.housing_status = lives_in_nursing_home_finding": "Lives in nursing home",
    "device.frailty_device": "Frailty device order",
    "obs.medical_equipment_used = frailty_device": "Frailty device in use",
    "dx.frailty_diagnosis": "Frailty diagnosis",
    "enc.frailty_encounter": "Frailty encounter",
    "obs.frailty_symptom": "Frailty symptom",
    "dx.advanced_illness": "Advanced illness diagnosis",
    "med.dementia_medications": "Dementia medication",
    "enc.office_visit": "Office visit",
    "enc.annual_wellness_visit": "Annual wellness visit",
    "enc.preventive_care_services_established_office_visit_18_and_up":
        "Preventive visit of established patient",
    "enc.preventive_care_services_initial_office_visit_18_and_up":
        "Preventive visit of new patient",
    "enc.home_healthcare_services": "Home health visit",
    "enc.telephone_visits": "Telephone visit",
    "enc.virtual_encounter": "Virtual visit",
    "enc.nutrition_services": "Nutrition visit",
    "dx.diabetes": "Diabetes",
    "obs.hba1c_laboratory_test": "HbA1c laboratory test",
    "obs.glucose_management_indicator": "Glucose management indicator",
    "obs.systolic_blood_pressure": "Systolic blood pressure",
    "obs.diastolic_blood_pressure": "Diastolic blood pressure",
    "dx.essential_hypertension": "Essential hypertension",
    "enc.encounter_inpatient": "Inpatient stay",
    "enc.emergency_department_evaluation_and_management_visit": "Emergency department visit",
    "dx.pregnancy": "Pregnancy",
    "dx.end_stage_renal_disease": "End stage renal disease",
    "dx.chronic_kidney_disease_stage_5": "Chronic kidney disease stage 5",
    "dx.kidney_transplant_recipient": "Kidney transplant recipient",
    "proc.kidney_transplant": "Kidney transplant",
    "proc.dialysis_services": "Dialysis",
    "enc.dialysis_services": "Dialysis encounter",
    "enc.esrd_monthly_outpatient_services": "Monthly outpatient care of renal disease",
    "dx.malignant_neoplasm_of_colon": "Colorectal cancer",
    "proc.total_colectomy": "Total colectomy",
    "obs.fecal_occult_blood_test_fobt with value": "Fecal occult blood test result",
    "obs.sdna_fit_test with value": "Stool DNA with FIT result",
    "proc.flexible_sigmoidoscopy": "Flexible sigmoidoscopy",
    "obs.ct_colonography": "CT colonography",
    "proc.colonoscopy": "Colonoscopy",
}  # fmt: skip


def imported(case: dict[str, Any], kinds: dict[str, str]) -> dict[str, Any]:
    """A case as a line of an import, with the values of the variables the account has."""
    found = [
        observation(NAMES[name], value, event, kinds[NAMES[name]])
        for event in case["events"]
        for name, value in values(event)
        if NAMES.get(name) in kinds
    ]
    patient = case["patient"]
    return {
        "external_id": case["id"], "dob": patient["birth_date"], "sex": patient["gender"],
        "observations": found,
    }  # fmt: skip


def observation(
    variable: str, value: float | None, event: dict[str, Any], kind: str
) -> dict[str, Any]:
    start = event["start"][:10]
    if kind == "number":
        told = "no result" if value is None else value
        return {"variable": variable, "value": told, "observed_on": start}
    end = None if event["end"] is None else event["end"][:10]
    return {"variable": variable, "value": start, "end": end}


def import_cases(clinic: Tenant, cases: list[dict[str, Any]]) -> None:
    services = clinic.services
    known = variable_names(services.database, clinic.account_id)
    kinds = {each.name: str(each.kind) for each in known}
    lines = "\n".join(json.dumps(imported(case, kinds)) for case in cases).encode()
    shown = services.imports.accept(clinic.asks(), io.BytesIO(lines), "application/x-ndjson")
    job = ImportJob(int(shown.id), clinic.context.principal, "application/x-ndjson", 0)
    services.imports.run(job, lambda: False)
    done = services.imports.find(clinic.context, job.id)
    assert (done["lines_done"], done["problems"]) == (len(cases), [])


def populations(clinic: Tenant, cases: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """Per case which populations the patient is in, by the statement behind the report."""
    database = clinic.services.database
    position = database.row("SELECT max(position) FROM events")
    assert position is not None
    (metric,) = live_metrics(database, clinic.account_id, position[0])
    bound = parameters(metric, YEAR, position[0], None)
    rows: dict[int, list[Decimal]] = {
        row[0]: row[1] for row in database.rows(metric.compiled.sql, bound)
    }
    names = [cell.what for cell in cells(metric.measure)][: len(POPULATIONS)]
    assert names == list(POPULATIONS)
    ids = patients_by_external_id(database, clinic.account_id, [case["id"] for case in cases])
    return {
        key: dict(zip(POPULATIONS, map(int, rows[number]), strict=False))
        for key, number in ids.items()
    }


@pytest.fixture(scope="module")
def services(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    services = services_on(database_url, tmp_path_factory.mktemp("library"))
    yield services
    services.close()


@pytest.mark.parametrize("measure", CASES)
def test_a_loaded_measure_puts_every_case_where_its_official_report_does(
    services: Services, measure: str
) -> None:
    cases = deck(measure.removesuffix("v13"))
    clinic = tenant(services)
    load_measure(clinic.context, services, FOLDER / f"{measure}.toml")
    import_cases(clinic, cases)
    found = populations(clinic, cases)
    wrong = {
        case["id"]: (case["description"], found[case["id"]], case["expected"][0])
        for case in cases
        if found[case["id"]] != {name: case["expected"][0][name] for name in POPULATIONS}
    }
    assert not wrong
    assert len(found) == CASES[measure]


@pytest.mark.parametrize("measure", CASES)
def test_every_variable_of_the_document_is_one_of_the_deck(measure: str) -> None:
    named = {each.name for each in read_document(FOLDER / f"{measure}.toml").variables}
    assert named <= set(NAMES.values())


@pytest.mark.parametrize("measure", CASES)
def test_the_ids_of_the_document_are_those_that_cms_publishes(measure: str) -> None:
    official = json.loads((QPP / "measures-data.json").read_text())
    (listed,) = [each for each in official if each.get("eMeasureId") == measure]
    metric = read_document(FOLDER / f"{measure}.toml").metric
    (rate,) = listed["strata"]
    uuids = dict(rate["eMeasureUuids"])
    strata = uuids.pop("strata", [])
    ours = dict(metric["cms"]["population_uuids"])
    assert list(ours.pop("strata", {}).values()) == strata
    assert sorted(ours.values()) == sorted(uuids.values())
    assert ours["denominator_exclusions"] == uuids["denominatorExclusionUuid"]
    assert ours["initial_population"] == uuids["initialPopulationUuid"]
    assert ours["numerator"] == uuids["numeratorUuid"]
    assert metric["cms"]["measure_id"] == listed["measureId"]
    assert metric["cms"]["emeasure_uuid"] == listed["eMeasureUuid"]
    assert metric["is_ascending"] is not listed["isInverse"]
    assert metric["name"] == listed["title"]


@pytest.mark.parametrize("measure", CASES)
def test_the_thresholds_are_the_percentiles_the_document_cites(measure: str) -> None:
    metric = read_document(FOLDER / f"{measure}.toml").metric
    benchmarks = json.loads((QPP / "benchmarks" / "2025.json").read_text())
    (found,) = [
        each["percentiles"]
        for each in benchmarks
        if each["measureId"] == metric["cms"]["measure_id"]
        and each["submissionMethod"] == metric["cms"]["submission_method"]
    ]
    low, high = ("30", "70") if metric["is_ascending"] else ("70", "30")
    assert float(metric["low_quality_threshold"]) == found[low]
    assert float(metric["high_quality_threshold"]) == found[high]
