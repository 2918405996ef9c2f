"""The head of a QRDA III document: who reports, for whom, with what, in which programme."""

import re
from collections.abc import Iterator
from datetime import datetime

from domain.errors import Invalid
from projections.exports.cda import LOINC, SNOMED, E, Element, Ids, coded, template, text
from projections.exports.submitter import Submitter

_ENTITIES = {
    "individual": "INDIV",
    "group": "GROUP",
    "virtualGroup": "VIRTUALGROUP",
    "apm": "APMENTITY",
    "subgroup": "SUBGROUP",
}
_OF_APP = ("individual", "group", "apm")
_PATHWAY = re.compile(r"[GM][0-9]{4}")
_NPI = "2.16.840.1.113883.4.6"
_TIN = "2.16.840.1.113883.4.2"
_ENTITY_ROOTS = {
    "virtualGroup": "2.16.840.1.113883.3.249.5.2",
    "apm": "2.16.840.1.113883.3.249.5.4",
    "subgroup": "2.16.840.1.113883.3.249.5.5",
}


def header(submitter: Submitter, title: str, time: datetime, ids: Ids) -> Iterator[Element]:
    """The elements before the body, in the order of the schema.

    Raises Invalid where the programme has no such entity, or a name or the certified EHR is
    missing.
    """
    recipient = recipient_of(submitter)
    if not submitter.name:
        raise Invalid.field("name", "a QRDA III document needs the organisation's name")
    if submitter.cehrt_id is None:
        raise Invalid.field("cehrt_id", "a QRDA III document needs the certified EHR")
    written = time.strftime("%Y%m%d%H%M%S%z")
    yield E.realmCode(code="US")
    yield E.typeId(root="2.16.840.1.113883.1.3", extension="POCD_HD000040")
    yield template("2.16.840.1.113883.10.20.27.1.1", "2020-12-01")
    yield template("2.16.840.1.113883.10.20.27.1.2", "2024-07-01")
    yield E.id(root=str(ids.document))
    yield coded(
        "code",
        "55184-6",
        LOINC,
        "Quality Reporting Document Architecture Calculated Summary Report",
    )
    yield E.title(text(title))
    yield E.effectiveTime(value=written)
    yield E.confidentialityCode(code="N", codeSystem="2.16.840.1.113883.5.25")
    yield E.languageCode(code="en")
    yield E.versionNumber(value="1")
    yield E.recordTarget(E.patientRole(E.id(nullFlavor="NA")))
    yield _author(submitter, written, ids)
    custodian = E.representedCustodianOrganization(*_organization(submitter))
    yield E.custodian(E.assignedCustodian(custodian))
    program = E.id(root="2.16.840.1.113883.3.249.7", extension=recipient)
    yield E.informationRecipient(E.intendedRecipient(program))
    yield _legal_authenticator(submitter, written, ids)
    yield from _participants(submitter, submitter.cehrt_id)
    yield _documentation_of(submitter)


def recipient_of(submitter: Submitter) -> str:
    """The CMS programme name, such as MIPS_GROUP. Raises Invalid when there is none."""
    entity = _ENTITIES[submitter.entity_type]
    if submitter.program == "mips" or _PATHWAY.fullmatch(submitter.program):
        return f"MIPS_{entity}"
    if submitter.program == "app1" and submitter.entity_type in _OF_APP:
        return f"MIPS_APP1_{entity}"
    raise Invalid.field(
        "program", f"{submitter.program} of {submitter.entity_type} cannot be sent as QRDA III"
    )


def _organization(submitter: Submitter) -> list[Element]:
    """Its ids and its name; an entity of several practices has no TIN of its own."""
    root = _ENTITY_ROOTS.get(submitter.entity_type)
    if root is None:
        known = E.id(root=_TIN, extension=str(submitter.tin))
    else:
        known = E.id(root=root, extension=text(submitter.entity_id))
    return [known, E.name(text(submitter.name))]


def _author(submitter: Submitter, written: str, ids: Ids) -> Element:
    return E.author(
        E.time(value=written),
        E.assignedAuthor(
            ids.of("author"),
            E.assignedAuthoringDevice(E.softwareName("Attestor")),
            E.representedOrganization(*_organization(submitter)),
        ),
    )


def _legal_authenticator(submitter: Submitter, written: str, ids: Ids) -> Element:
    return E.legalAuthenticator(
        E.time(value=written),
        E.signatureCode(code="S"),
        E.assignedEntity(
            ids.of("legalAuthenticator"), E.representedOrganization(*_organization(submitter))
        ),
    )


def _participants(submitter: Submitter, cehrt_id: str) -> Iterator[Element]:
    if _PATHWAY.fullmatch(submitter.program):
        pathway = E.id(root="2.16.840.1.113883.3.249.5.6", extension=submitter.program)
        yield E.participant(E.associatedEntity(pathway, classCode="PROG"), typeCode="TRC")
    device = E.associatedEntity(
        E.id(root="2.16.840.1.113883.3.2074.1", extension=cehrt_id),
        coded("code", "129465004", SNOMED, "medical record, device"),
        classCode="RGPR",
    )
    yield E.participant(device, typeCode="DEV")


def _documentation_of(submitter: Submitter) -> Element:
    npi = {"extension": submitter.npi} if submitter.npi else {"nullFlavor": "NA"}
    entity = E.assignedEntity(
        E.id(root=_NPI, **npi), E.representedOrganization(*_organization(submitter))
    )
    performer = E.performer(entity, typeCode="PRF")
    return E.documentationOf(E.serviceEvent(performer, classCode="PCPR"), typeCode="DOC")
