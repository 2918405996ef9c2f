"""What cannot be a formula, sent over HTTP: a 422 that names the line, never a 500.

NUL and half characters are in no text that the API takes, whatever the field: those are a 400.
"""

import json
import re
from itertools import islice

import pytest
from falcon.testing import Result

from tests.unit.api.caller import Caller
from tests.unit.domain.measures.test_fuzz import Bender

ODD = [
    [""],
    ["\x07"],
    ["count(patients)", "\ufeff"],
    ["count(patients where sex = 'F"],
    ["count(patients where age > 1); DROP TABLE patients; --"],
    ["count(patients where $1 = %s)"],
    ["count(patients where %(account_id)s = 1)"],
    ["count(patients where patient.x = 'a\\' or 1=1 --)"],
    ["(" * 2000],
    ["count(patients where " + "not " * 400 + "true)"],
    ["1" * 2000],
    ["define a: a", "initial population: a"],
    ["initial population: age > 1", "numerator: \u202eage"],
    ["\U0001f600"],
    ["count(patients where age > \u0661)"],
]
NO_TEXT = re.compile("[\0\ud800-\udfff]")
FUZZED = [lines for lines in islice(Bender(7).texts(), 120) if max(map(len, lines)) <= 2000]


def sent(caller: Caller, lines: list[str]) -> Result:
    """The answer to a new metric, whose half characters are sent as JSON can say them."""
    body = json.dumps({"name": "M", "calculation_formula": lines})
    return caller.post("/metrics", body=body, headers={"Content-Type": "application/json"})


@pytest.mark.parametrize("lines", ODD, ids=lambda lines: ascii(lines)[:40])
def test_an_odd_formula_is_refused_with_a_pointer_to_its_line(
    caller: Caller, lines: list[str]
) -> None:
    answer = sent(caller, lines)
    assert answer.status_code == 422, answer.text
    for fault in answer.json["errors"]:
        assert fault["pointer"].startswith("#/calculation_formula/")
    assert "SELECT" not in answer.text


def test_fuzzed_formulas_are_taken_or_refused_with_a_pointer(caller: Caller) -> None:
    caller.make("/variables", name="HbA1c")
    statuses = []
    for lines in FUZZED:
        answer = sent(caller, lines)
        statuses.append(answer.status_code)
        is_text = not NO_TEXT.search("".join(lines))
        assert answer.status_code in ((201, 422) if is_text else (400,)), (lines, answer.text)
        if answer.status_code == 422:
            assert answer.json["errors"][0]["pointer"].startswith("#/calculation_formula/"), lines
    assert {201, 422} <= set(statuses)
