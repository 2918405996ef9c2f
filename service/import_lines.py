"""Lines of an import: NDJSON or CSV to a patient with values, or what is wrong with the line."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from math import isinf
from typing import Any, NoReturn

import orjson

from domain.demographics import Demographics
from domain.errors import Invalid
from domain.measures.names import fold
from service.patients import ValueIn, VariableOfValue

DEMOGRAPHICS = ("external_id", "name", "dob", "sex", "race", "ethnicity", "payer")
_DEMOGRAPHIC_MAX, _TEXT_MAX = 200, 10_000
_VALUE_FIELDS = {"variable_id", "variable", "value", "end", "observed_on", "note"}
_LINE_FIELDS = {*DEMOGRAPHICS, "additional_variables", "observations"}


class _Decimal(str):
    """A decimal as it stands in the line: a value is kept digit for digit."""


@dataclass(frozen=True)
class ImportLine:
    """One patient of an import: the fields that were sent, and values of known variables."""

    sent: dict[str, Any]
    values: list[tuple[VariableOfValue, ValueIn]] = field(default_factory=list)

    def demographics(self, present: Demographics | None = None) -> Demographics:
        """The demographics after this line; fields that were not sent keep their values."""
        base = vars(present) if present else {}
        return Demographics(**{**base, **self.sent})


class VariableIndex:
    """The account's variables by id and by folded name."""

    def __init__(self, variables: Iterable[VariableOfValue]) -> None:
        self._by_id = {variable.id: variable for variable in variables}
        self._by_name: dict[str, list[VariableOfValue]] = {}
        for variable in self._by_id.values():
            self._by_name.setdefault(fold(variable.definition["name"]), []).append(variable)

    def find(self, value: Mapping[str, Any], place: str) -> VariableOfValue:
        """The variable that a value names by `variable_id` or by `variable`."""
        if "variable_id" in value:
            number = value["variable_id"]
            found = [self._by_id[number]] if type(number) is int and number in self._by_id else []
        else:
            found = self.named(_text(value.get("variable"), f"{place}/variable"))
        if len(found) > 1:
            raise Invalid.field(place, "is the name of several variables: use variable_id")
        if not found:
            raise Invalid.field(place, f"is no variable of the account{self._nearest(value)}")
        return found[0]

    def _nearest(self, value: Mapping[str, Any]) -> str:
        name = value.get("variable")
        near = get_close_matches(fold(name), self._by_name, n=1) if isinstance(name, str) else []
        return f"; did you mean {self._by_name[near[0]][0].definition['name']}?" if near else ""

    def named(self, name: str) -> list[VariableOfValue]:
        """The variables that fold to this name."""
        return self._by_name.get(fold(name), [])


def parse_ndjson(line: bytes, variables: VariableIndex) -> ImportLine:
    """One JSON object a line. Raises Invalid with the field and the rule."""
    try:
        content = json.loads(
            line,
            parse_float=_Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_without_repeats,
        )
    except (ValueError, RecursionError) as error:
        raise Invalid("The line is not JSON.") from error
    if not isinstance(content, dict):
        raise Invalid("The line is not a JSON object.")
    if unknown := sorted(content.keys() - _LINE_FIELDS):
        raise Invalid.field(unknown[0], "is not a field of an import")
    sent: dict[str, Any] = {
        name: _optional_text(content[name], name, _DEMOGRAPHIC_MAX)
        for name in DEMOGRAPHICS
        if name in content
    }
    if "additional_variables" in content:
        sent["additional_variables"] = _object(
            content["additional_variables"], "additional_variables"
        )
    values = content.get("observations", [])
    if not isinstance(values, list):
        raise Invalid.field("observations", "must be a list")
    return ImportLine(
        sent, [_value(v, f"observations/{n}", variables) for n, v in enumerate(values)]
    )


def _value(value: Any, place: str, variables: VariableIndex) -> tuple[VariableOfValue, ValueIn]:
    if not isinstance(value, dict):
        raise Invalid.field(place, "must be an object")
    if unknown := sorted(value.keys() - _VALUE_FIELDS):
        raise Invalid.field(f"{place}/{unknown[0]}", "is not a field of a value")
    sent = value.get("value")
    if type(sent) in (int, _Decimal):
        sent = str(sent)
    return variables.find(value, place), ValueIn(
        value=_text(sent, f"{place}/value"),
        end=_optional_text(value.get("end"), f"{place}/end"),
        observed_on=_optional_text(value.get("observed_on"), f"{place}/observed_on"),
        note=_optional_text(value.get("note"), f"{place}/note"),
    )


class CsvColumns:
    """The header of a CSV: demographics, `observed_on`, and a column for each variable's name."""

    def __init__(self, header: bytes, variables: VariableIndex) -> None:
        self._names = _cells(header)
        self._variables: dict[str, VariableOfValue] = {}
        for name in self._names:
            if name not in (*DEMOGRAPHICS, "observed_on"):
                self._variables[name] = variables.find({"variable": name}, name)
        if len(set(self._names)) != len(self._names):
            raise Invalid("The header names a column twice.")

    def parse(self, line: bytes) -> ImportLine:
        """One row; an empty cell was not sent."""
        cells = _cells(line)
        if len(cells) != len(self._names):
            raise Invalid(f"The line has {len(cells)} cells, the header {len(self._names)}.")
        row = {
            name: _text(cell, name, _DEMOGRAPHIC_MAX if name in DEMOGRAPHICS else _TEXT_MAX)
            for name, cell in zip(self._names, cells, strict=True)
            if cell != ""
        }
        observed_on = row.get("observed_on")
        values = [
            (variable, ValueIn(row[name], observed_on=observed_on))
            if variable.kind == "number"
            else (variable, ValueIn(row[name]))
            for name, variable in self._variables.items()
            if name in row
        ]
        return ImportLine({name: row[name] for name in DEMOGRAPHICS if name in row}, values)


def _cells(line: bytes) -> list[str]:
    try:
        text = line.decode("utf-8-sig")
        rows: Iterator[list[str]] = csv.reader([text], strict=True)
        return [cell.strip() for cell in next(rows, [])]
    except (UnicodeDecodeError, csv.Error) as error:
        raise Invalid("The line is not CSV in UTF-8.") from error


def _text(value: Any, place: str, longest: int = _TEXT_MAX) -> str:
    if type(value) is not str or not value:
        raise Invalid.field(place, "must be a text that is not empty")
    if "\x00" in value or any("\ud800" <= c <= "\udfff" for c in value):
        raise Invalid.field(place, "has a character that cannot be stored")
    if len(value) > longest:
        raise Invalid.field(place, f"must have up to {longest} characters")
    return value


def _optional_text(value: Any, place: str, longest: int = _TEXT_MAX) -> str | None:
    return None if value is None else _text(value, place, longest)


def _object(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Invalid.field(place, "must be an object")
    try:
        numbered: dict[str, Any] = _with_numbers(value)
        text = orjson.dumps(numbered)
    except (orjson.JSONEncodeError, OverflowError, RecursionError) as error:
        raise Invalid.field(place, f"cannot be stored ({error})") from error
    if b"\\u0000" in text:
        raise Invalid.field(place, "has a character that cannot be stored")
    return numbered


def _with_numbers(value: Any) -> Any:
    match value:
        case _Decimal():
            number = float(value)
            if isinf(number):
                raise OverflowError(f"{value} is too large")
            return number
        case dict():
            return {key: _with_numbers(each) for key, each in value.items()}
        case list():
            return [_with_numbers(each) for each in value]
    return value


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a name stands twice")
    return content


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
