"""The official QRDA III checks of 2025, which are kept beside the repository."""

import os
from pathlib import Path

import pytest
from lxml import etree, isoschematron

SHARED = Path(os.environ.get("ATTESTOR_SHARED") or Path(__file__).parents[3] / "shared")
QRDA3 = SHARED / "data" / "qrda3"
SAMPLE = QRDA3 / "2025MIPSAPPGroupSampleQRDA-III-v1.0.xml"


def require() -> None:
    """Skips the calling module, with one line, where the data is not there."""
    if not QRDA3.is_dir():
        pytest.skip(f"no official QRDA III checks at {QRDA3}", allow_module_level=True)


class Validator:
    """The schema of CDA and the error phase of the CMS schematron."""

    def __init__(self) -> None:
        folder = QRDA3 / "Schematron"
        [rules] = folder.glob("*.sch")
        vocabulary = (folder / "voc.xml").as_uri()
        text = rules.read_text().replace("document('voc.xml')", f"document('{vocabulary}')")
        self._schema = etree.XMLSchema(
            etree.parse(QRDA3 / "Schema" / "CDA" / "infrastructure" / "cda" / "CDA_SDTC.xsd")
        )
        self._rules = isoschematron.Schematron(
            etree.fromstring(text.encode()), phase="errors", store_report=True
        )

    def schema_failures(self, document: etree._Element) -> list[str]:
        """What the XML schema refuses."""
        self._schema.validate(document)
        return [error.message for error in self._schema.error_log]

    def rule_failures(self, document: etree._Element) -> list[str]:
        """The ids of the schematron's rules that the document breaks."""
        self._rules.validate(document)
        report = self._rules.validation_report
        return [
            str(failed.get("id"))
            for failed in report.iter("{http://purl.oclc.org/dsdl/svrl}failed-assert")
        ]
