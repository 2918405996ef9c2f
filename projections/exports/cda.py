"""Elements of HL7 CDA documents, as QRDA uses them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from lxml import etree

CDA = "urn:hl7-org:v3"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
ACT_CODE = "2.16.840.1.113883.5.4"
LOINC = "2.16.840.1.113883.6.1"
SNOMED = "2.16.840.1.113883.6.96"
_NAMESPACES: dict[Any, str] = {None: CDA, "xsi": XSI}
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Element = etree._Element


class _Tags:
    """Makes elements: `E.time(value="2025")`, or `E("time", value="2025")`."""

    def __getattr__(self, tag: str) -> Callable[..., Element]:
        return partial(self, tag)

    def __call__(self, tag: str, *parts: Element | str, **attributes: str) -> Element:
        made = etree.Element(f"{{{CDA}}}{tag}", attributes, nsmap=_NAMESPACES)
        for part in parts:
            if isinstance(part, str):
                made.text = part
            else:
                made.append(part)
        return made


E = _Tags()


@dataclass(frozen=True)
class Ids:
    """Ids of the parts of a document: the same document and place give the same id."""

    document: UUID

    def of(self, *place: object) -> Element:
        """The `id` element of what stands at this place of the document."""
        return E.id(root=str(uuid5(self.document, "/".join(map(str, place)))))


def template(root: str, extension: str | None = None) -> Element:
    return E.templateId(root=root, **({"extension": extension} if extension else {}))


def coded(tag: str, code: str, system: str, name: str) -> Element:
    return E(tag, code=code, codeSystem=system, displayName=name)


def value(kind: str, *children: Element, **attributes: str) -> Element:
    """A `value` of this data type (CD, INT, REAL)."""
    return E("value", *children, **{f"{{{XSI}}}type": kind, **attributes})


def text(content: Any) -> str:
    """The content with � for what no XML document can carry."""
    return _NOT_XML.sub("\ufffd", str(content))


def observation(*children: Element) -> Element:
    return E.observation(*children, classCode="OBS", moodCode="EVN")


def related(kind: str, child: Element) -> Element:
    """What belongs to an observation: its count (SUBJ) or a part of it (COMP)."""
    inversion = {"inversionInd": "true"} if kind == "SUBJ" else {}
    return E.entryRelationship(child, typeCode=kind, **inversion)


def count(number: int) -> Element:
    """How many patients an observation is about (Aggregate Count)."""
    return related(
        "SUBJ",
        observation(
            template("2.16.840.1.113883.10.20.27.3.3"),
            coded("code", "MSRAGG", ACT_CODE, "rate aggregation"),
            value("INT", value=str(number)),
            coded("methodCode", "COUNT", "2.16.840.1.113883.5.84", "Count"),
        ),
    )


def refers_to(uuid: str, *code: Element) -> Element:
    """The population or stratum of the measure's definition that an observation is about."""
    outside = E.externalObservation(E.id(root=uuid), *code, classCode="OBS", moodCode="EVN")
    return E.reference(outside, typeCode="REFR")
