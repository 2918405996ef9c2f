"""The data files say what the code relies on."""

from decimal import Decimal

import pytest

from domain.scraping.conversion import convert
from domain.scraping.events import events
from domain.scraping.lexicon import Concept, concepts
from domain.scraping.phrases import tokens
from domain.scraping.units import named, units

DIMENSIONS = {unit.dimension for unit in units().values()}
QUALITY_REPORTING = """
    systolic, diastolic, blood pressure, heart rate, respiratory rate, temperature, weight,
    height, oxygen saturation, bmi, pain score, hba1c, glucose, fasting glucose, creatinine,
    egfr, bun, ldl, hdl, triglycerides, total cholesterol, non hdl, urine albumin creatinine
    ratio, hemoglobin, hematocrit, wbc, platelets, sodium, potassium, chloride, co2, calcium,
    magnesium, phosphorus, albumin, alt, ast, alkaline phosphatase, bilirubin, tsh, free t4,
    vitamin d, vitamin b12, ferritin, inr, psa, psa density, gleason, grade group, pi rads,
    prostate volume, bnp, nt probnp, troponin, crp, esr, ejection fraction, left atrial
    diameter, left atrial volume index, lvidd, lvids, rvsp, aortic valve area, aortic valve mean
    gradient, aortic valve peak velocity, e a ratio, tapse, withdrawal time, cecal intubation
    time, bbps, number of polyps, largest polyp, phq9, phq2, gad7, number of falls, fall risk
    score, audit c, moca, mmse, mini cog, pack years, ascvd risk, t score, bone mineral density,
    fev1, fev1 fvc, peak flow, gestational age, fetal heart rate, fundal height, head
    circumference, waist circumference, bmi percentile, blood lead, kt v, glasgow coma scale,
    nihss, ecog performance status, time in therapeutic range, intraocular pressure
"""
DATES = """
    birth, visit, admission, discharge, exam, surgery, collected, reported, colonoscopy, mammogram,
    pap smear, eye exam, foot exam, dexa, influenza vaccine, pneumococcal vaccine, quit smoking,
    estimated due, last menstrual period
"""


def _listed(text: str) -> list[str]:
    return [" ".join(part.split()) for part in text.split(",")]


def _units_of(concept: Concept) -> list[str]:
    return [unit for unit, _, _ in concept.usual]


def test_the_quantities_of_quality_reporting_are_known() -> None:
    known = {concept.key for concept in concepts()}
    assert set(_listed(QUALITY_REPORTING)) - known == set()
    assert len(known) >= 80


def test_the_dates_of_quality_reporting_are_known() -> None:
    assert set(_listed(DATES)) - {event.key for event in events()} == set()


def test_no_name_means_two_quantities_or_two_events() -> None:
    for kinds in (
        [set(map(tokens, concept.names + concept.exclusions)) for concept in concepts()],
        [set(map(tokens, event.names + event.fields)) for event in events()],
    ):
        names = [name for kind in kinds for name in kind]
        twice = {name for name in names if names.count(name) > 1}
        assert twice == set()


@pytest.mark.parametrize("concept", concepts(), ids=lambda concept: concept.key)
def test_a_concept_has_names_known_dimensions_and_a_range(concept: Concept) -> None:
    assert all(tokens(name) for name in concept.names)
    assert set(concept.dimensions) <= DIMENSIONS
    assert concept.low < concept.high
    assert all(named(unit) is not None for unit in _units_of(concept))


@pytest.mark.parametrize("concept", concepts(), ids=lambda concept: concept.key)
def test_the_usual_ranges_of_two_units_overlap_once_converted(concept: Concept) -> None:
    """A slip of a power of ten in a factor, molar mass or range would part them."""
    if len(concept.usual) < 2:
        return
    (first, *_), (other, low, high), *_ = concept.usual
    one, two = named(first), named(other)
    assert one is not None
    assert two is not None
    converted = [convert(each, two, one, concept) for each in (low, high)]
    assert min(converted) <= concept.usual[0][2]
    assert max(converted) >= concept.usual[0][1]


def test_about_120_spellings_of_units_are_known() -> None:
    assert len(units()) >= 120
    assert all(unit.factor > 0 for unit in units().values())


@pytest.mark.parametrize(
    ("name", "figure", "unit", "wanted", "expected"),
    [
        # NGSP master equation: NGSP = 0.09148 x IFCC + 2.152
        ("hba1c", "48", "mmol/mol", "%", "6.54304"),
        # AMA Manual of Style: glucose x 0.0555, creatinine x 88.4, cholesterol x 0.0259
        ("glucose", "100", "mg/dL", "mmol/L", "5.55"),
        ("creatinine", "1", "mg/dL", "umol/L", "88.4"),
        ("total cholesterol", "200", "mg/dL", "mmol/L", "5.18"),
        ("triglycerides", "150", "mg/dL", "mmol/L", "1.695"),
        ("bun", "14", "mg/dL", "mmol/L", "4.998"),
        ("uric acid", "6", "mg/dL", "umol/L", "356.9"),
        ("bilirubin", "1", "mg/dL", "umol/L", "17.104"),
        ("vitamin d", "30", "ng/mL", "nmol/L", "74.88"),
        ("vitamin b12", "400", "pg/mL", "pmol/L", "295.1"),
        ("magnesium", "2", "mEq/L", "mmol/L", "1"),
        ("calcium", "10", "mg/dL", "mEq/L", "4.99"),
        ("temperature", "98.6", "degF", "degC", "37"),
        ("blood pressure", "16", "kPa", "mmHg", "120.01"),
        ("weight", "1", "stone", "kg", "6.35029"),
    ],
)
def test_published_conversions(
    name: str, figure: str, unit: str, wanted: str, expected: str
) -> None:
    concept = next(each for each in concepts() if each.key == name)
    start, end = named(unit), named(wanted)
    assert start is not None
    assert end is not None
    converted = convert(Decimal(figure), start, end, concept)
    assert abs(converted - Decimal(expected)) <= abs(Decimal(expected)) * Decimal("0.003")
    back = convert(converted, end, start, concept)
    assert abs(back - Decimal(figure)) < Decimal("1e-20")
