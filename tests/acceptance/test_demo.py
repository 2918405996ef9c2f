"""The demo does the whole main job: it is documentation, so it has to be true."""

import os
import re
import urllib.request
from pathlib import Path

import pytest

from examples.demo import Client, demonstrate

VISIT_NOTE = Path(__file__).resolve().parents[2] / "examples" / "visit-note.pdf"
SHARED = Path(os.environ.get("ATTESTOR_SHARED", Path(__file__).resolve().parents[3] / "shared"))
CLINICAL = SHARED / "data" / "pdf" / "clinical"


def test_it_reads_the_values_that_a_person_reads_in_the_visit_note(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    demonstrate(client, VISIT_NOTE)
    printed = capsys.readouterr().out
    # Read off the page by eye.
    for name, value in (
        ("Systolic blood pressure", "128"),
        ("Heart rate", "72"),
        ("Weight", "81.4"),
        ("HbA1c", "7.2"),
        ("LDL cholesterol", "96"),
        ("Visit date", "2025-09-18"),
        ("Next appointment", "2025-12-18"),
        ("Date of colonoscopy", "2021-06-19"),
    ):
        assert re.search(rf"{name} +{re.escape(value)} ", printed), name
    assert "Hemoglobin                 not found" in printed
    assert "Systolic blood pressure = 128, accepted" in printed


def test_the_pictures_that_it_names_are_there(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    demonstrate(client, VISIT_NOTE)
    named = re.findall(rf"{re.escape(client.url)}(/documents/\S+\.png)", capsys.readouterr().out)
    assert len(named) == 2
    for path in named:
        request = urllib.request.Request(client.url + path, headers={"X-API-Key": client.key})
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert answer.read(8) == b"\x89PNG\r\n\x1a\n"


def test_its_report_counts_the_one_patient_and_its_history_ends_with_the_manual_value(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    demonstrate(client, VISIT_NOTE)
    printed = capsys.readouterr().out
    assert re.search(r"performance_rate +\S", printed)
    assert printed.rstrip().endswith(
        "patient.observation_recorded  (second reading, patient seated)"
    )


@pytest.mark.parametrize(
    ("file", "name", "value"),
    [
        ("mosaicx_vitals.pdf", "Systolic blood pressure", "128"),
        ("own_lab_flowsheet.pdf", "HbA1c", None),
        ("auto_patient_34.pdf", "Weight", None),
    ],
)
def test_it_runs_on_other_peoples_pdfs(
    client: Client, capsys: pytest.CaptureFixture[str], file: str, name: str, value: str | None
) -> None:
    if not CLINICAL.is_dir():
        pytest.skip("the shared data is not here: set ATTESTOR_SHARED")
    demonstrate(client, CLINICAL / file)
    printed = capsys.readouterr().out
    assert "patient.scraped" in printed
    if value is not None:
        assert re.search(rf"{name} +{value} ", printed)
