"""Makes visit-note.pdf: a synthetic visit note with the things that make scraping hard.

Usage: python examples/make_visit_note.py [PATH]. The person is invented. Two runs make the same
bytes. Needs reportlab, which comes with the development requirements.
"""

import sys
from pathlib import Path
from typing import Any

from reportlab.lib import colors
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import inch
from reportlab.platypus import (
    Flowable,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

PATH = Path(__file__).with_name("visit-note.pdf")
STYLES = getSampleStyleSheet()
BODY = ParagraphStyle("body", parent=STYLES["Normal"], fontSize=10, leading=13.5)
HEADING = ParagraphStyle("heading", parent=STYLES["Heading3"], spaceBefore=10, spaceAfter=4)

PATIENT = [
    ["Patient:", "Elena Marchetti", "MRN:", "AT-004417"],
    ["Date of birth:", "April 12, 1961", "Sex:", "Female"],
    ["Date of visit:", "September 18, 2025", "Clinician:", "R. Okafor, MD"],
]
VITALS = [
    ["Vital sign", "Today", "Unit"],
    ["Blood pressure", "128/76", "mmHg"],
    ["Heart rate", "72", "bpm"],
    ["Temperature", "98.2", "°F"],
    ["Oxygen saturation", "97", "%"],
    ["Weight", "81.4", "kg"],
    ["Height", "165", "cm"],
    ["BMI", "29.9", "kg/m2"],
]
LABS = [
    ["Test", "Result", "Units", "Reference range", "Prior (03/11/2025)"],
    ["Hemoglobin A1c", "7.2 H", "%", "4.0 - 5.6", "8.1 H"],
    ["LDL cholesterol (calc)", "96", "mg/dL", "< 100", "131 H"],
    ["HDL cholesterol", "47", "mg/dL", "> 40", "44"],
    ["Total cholesterol", "178", "mg/dL", "< 200", "214 H"],
    ["Triglycerides", "176 H", "mg/dL", "< 150", "195 H"],
    ["Creatinine", "0.94", "mg/dL", "0.50 - 1.10", "0.98"],
    ["eGFR (CKD-EPI 2021)", "68", "mL/min/1.73 m2", "> 60", "65"],
    ["Urine albumin/creatinine ratio", "24", "mg/g", "< 30", "38 H"],
    ["TSH", "pending", "mIU/L", "0.40 - 4.50", "2.10"],
]
HISTORY = """Type 2 diabetes since 2014, hypertension, hyperlipidemia. Last colonoscopy on
06/19/2021 showed one small tubular adenoma. Mammogram 02/03/2025 was normal. Her mother had
an HbA1c of 11.4 % and a stroke at 62. Former smoker, quit in 2009."""
ASSESSMENT = [
    "1. Type 2 diabetes: improving. HbA1c goal &lt; 7.0 %, LDL goal &lt; 70 mg/dL.",
    "2. Hypertension: target blood pressure below 130/80 mmHg. Continue lisinopril.",
    "3. PHQ-9 score today 4. Vitamin D level ordered, result pending.",
    "4. Colon polyps: repeat colonoscopy in 06/2026.",
]
FOLLOW_UP = "Next appointment: December 18, 2025. Signed electronically on September 19, 2025."


def table(rows: list[list[str]], widths: list[float], ruled: bool = True) -> Table:
    """`rows` as a table, `widths` in inches; ruled tables have a shaded first row."""
    made = Table(rows, colWidths=[width * inch for width in widths], hAlign="LEFT")
    style: list[Any] = [("FONTSIZE", (0, 0), (-1, -1), 9.5)]
    if ruled:
        style += [
            ("GRID", (0, 0), (-1, -1), 0.5, colors.grey),
            ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
            ("FONTNAME", (0, 0), (-1, 0), "Helvetica-Bold"),
        ]
    made.setStyle(TableStyle(style))
    return made


def story() -> list[Flowable]:
    """Everything on the two pages, top to bottom."""
    return [
        Paragraph("Lakeside Internal Medicine — Visit Note", STYLES["Title"]),
        table(PATIENT, [1.1, 2.4, 0.9, 2.0], ruled=False),
        Paragraph("History", HEADING),
        Paragraph(HISTORY, BODY),
        Paragraph("Vital signs", HEADING),
        table(VITALS, [2.0, 1.2, 1.0]),
        Paragraph("Assessment and plan", HEADING),
        *(Paragraph(line, BODY) for line in ASSESSMENT),
        Spacer(1, 8),
        Paragraph(FOLLOW_UP, BODY),
        PageBreak(),
        Paragraph("Laboratory results, collected 09/15/2025", HEADING),
        table(LABS, [2.3, 0.9, 1.3, 1.3, 1.3]),
    ]


def main(path: Path = PATH) -> None:
    """Writes the note to `path`."""
    SimpleDocTemplate(
        str(path), pagesize=letter, title="Visit note (synthetic)", author="Attestor", invariant=1
    ).build(story())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PATH)
