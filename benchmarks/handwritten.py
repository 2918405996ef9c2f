"""CMS122 as somebody would write it by hand for the synthetic patients, to compare with."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from projections.projection import OPEN

_VISITS = ("Office visit", "Annual wellness visit", "Telephone visit", "Nutrition visit")
_TESTS = ("HbA1c laboratory test", "Glucose management indicator")
_HOSPICE = ("Hospice encounter", "Palliative care encounter")
_FRAILTY = ("Frailty diagnosis", "Frailty symptom")
_OPEN_ENDED = "coalesce(end_day, 'infinity'::date) >= %(start)s AND day <= %(end)s"
_VALUES = (
    "FROM attestor.observations WHERE account_id = %(account_id)s AND to_position = %(open)s"
    " AND variable_id"
)
SQL = f"""
WITH visit AS (SELECT DISTINCT patient_id {_VALUES} = ANY(%(visits)s)
               AND day BETWEEN %(start)s AND %(end)s),
diabetes AS (SELECT DISTINCT patient_id {_VALUES} = %(diabetes)s AND {_OPEN_ENDED}),
hospice AS (SELECT DISTINCT patient_id {_VALUES} = ANY(%(hospice)s)
            AND day BETWEEN %(start)s AND %(end)s),
frail AS (SELECT DISTINCT patient_id {_VALUES} = ANY(%(frailty)s)
          AND (day BETWEEN %(start)s AND %(end)s
               OR (variable_id = %(frail_diagnosis)s AND {_OPEN_ENDED}))),
ill AS (SELECT DISTINCT patient_id {_VALUES} = ANY(%(ill)s) AND day <= %(end)s
        AND (variable_id = %(dementia)s OR day >= %(start)s - interval '1 year')),
result AS (
    SELECT patient_id, min(number) AS lowest
    FROM (SELECT patient_id, number, day, max(day) OVER (PARTITION BY patient_id) AS newest
          {_VALUES} = ANY(%(tests)s) AND day BETWEEN %(start)s AND %(end)s) tested
    WHERE day = newest GROUP BY patient_id
)
SELECT count(*), count(*) FILTER (WHERE excluded),
       count(*) FILTER (WHERE NOT excluded AND (lowest IS NULL OR lowest > 9))
FROM (
    SELECT r.lowest, h.patient_id IS NOT NULL OR (
        f.patient_id IS NOT NULL AND i.patient_id IS NOT NULL
        AND extract(year FROM age(%(end)s, p.dob)) >= 66) AS excluded
    FROM attestor.patients p
    JOIN visit v ON v.patient_id = p.id JOIN diabetes d ON d.patient_id = p.id
    LEFT JOIN hospice h ON h.patient_id = p.id LEFT JOIN frail f ON f.patient_id = p.id
    LEFT JOIN ill i ON i.patient_id = p.id LEFT JOIN result r ON r.patient_id = p.id
    WHERE p.account_id = %(account_id)s AND p.to_position = %(open)s
      AND extract(year FROM age(%(end)s, p.dob)) BETWEEN 18 AND 75
) person
"""  # noqa: S608  constants


def bound(account_id: int, variables: Mapping[str, int], start: date, end: date) -> dict[str, Any]:
    """What SQL takes."""
    return {
        "account_id": account_id, "open": OPEN, "start": start, "end": end,
        "visits": [variables[name] for name in _VISITS],
        "tests": [variables[name] for name in _TESTS],
        "hospice": [variables[name] for name in _HOSPICE],
        "frailty": [variables[name] for name in _FRAILTY],
        "ill": [variables["Dementia medication"], variables["Advanced illness diagnosis"]],
        "diabetes": variables["Diabetes"],
        "frail_diagnosis": variables["Frailty diagnosis"],
        "dementia": variables["Dementia medication"],
    }  # fmt: skip
