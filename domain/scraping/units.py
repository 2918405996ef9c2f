"""Units of measurement as clinical documents spell them."""

import re
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Unit:
    """`spelling` as printed; values of one `dimension` are comparable through `factor`."""

    spelling: str
    dimension: str
    factor: Decimal

    def is_same(self, other: "Unit | None") -> bool:
        """Whether figures in both units mean the same, however the units are spelled."""
        if other is None:
            return False
        return (self.dimension, self.factor) == (other.dimension, other.factor)


# dimension: {factor to the first unit: spellings}. Affine temperatures only need telling apart.
_TABLE: dict[str, dict[str, str]] = {
    "fraction": {"1": "% percent"},
    "mass concentration": {
        "1": "g/l mg/ml",
        "10": "g/dl gm/dl g/100ml gms/dl gm%",
        "0.01": "mg/dl mg/100ml mgs/dl",
        "0.001": "mg/l ug/ml mcg/ml µg/ml",
        "0.00001": "ug/dl mcg/dl µg/dl",
        "0.000001": "ng/ml ug/l mcg/l µg/l",
        "0.00000001": "ng/dl",
        "0.000000001": "pg/ml ng/l",
    },
    "amount concentration": {
        "1": "mmol/l meq/l mm/l",
        "0.001": "umol/l µmol/l mcmol/l",
        "0.000001": "nmol/l",
        "0.000000001": "pmol/l",
    },
    "amount ratio": {"1": "mmol/mol"},
    "cell count": {
        "1": "k/ul k/µl k/mcl k/mm3 k/cumm 10*3/ul 10^3/ul 10+3/ul 10e3/ul 10*3/µl 10^3/µl "
        "10*3/mm3 10^3/mm3 10*9/l 10^9/l 10e9/l th/ul thou/ul thousand/ul x10(3)/ul x10(9)/l",
        "100": "lakh lakhs lakh/cumm lakhs/cumm lac lacs",
        "1000": "m/ul m/µl m/mcl mil/ul million/ul 10*6/ul 10^6/ul 10+6/ul 10e6/ul 10*12/l 10^12/l "
        "10e12/l x10(6)/ul",
        "0.001": "/ul /µl /mcl /mm3 /cumm cells/ul cells/µl cells/mcl cells/mm3",
    },
    "enzyme activity": {"1": "u/l iu/l units/l", "0.001": "mu/ml"},
    "hormone activity": {"1": "miu/l uiu/ml µiu/ml mciu/ml uu/ml", "1000": "miu/ml"},
    "pressure": {"1": "mmhg mm[hg]", "7.50062": "kpa", "0.735559": "cmh2o"},
    "length": {
        "1": "cm cms",
        "0.1": "mm",
        "100": "m meters",
        "2.54": "in inch inches [in_i] in.",
        "30.48": "ft feet",
    },
    "mass": {
        "1": "kg kgs kilograms",
        "0.45359237": "lb lbs lb. lbs. pounds pound [lb_av]",
        "0.001": "g gm gram grams",
        "0.02834952": "oz ounces",
        "0.000001": "mg",
        "0.000000001": "mcg ug µg",
    },
    "temperature": {"1": "c °c degc deg.c cel ºc celsius", "0.5555": "f °f degf deg.f [degf] ºf"},
    "rate": {
        "1": "bpm beatsperminute breathsperminute perminute /min beats/min beats/minute "
        "breaths/min breaths/minute {beats}/min rpm"
    },
    "body mass index": {"1": "kg/m2 kg/m² kg/m^2 kg/sqm"},
    "area": {"1": "m2 m² m^2", "0.0001": "cm2 cm²", "0.000001": "mm2 mm²"},
    "time": {
        "1": "min mins minutes minute min.",
        "60": "hr hrs hours hour",
        "0.0166667": "s sec secs seconds",
        "0.0000166667": "ms msec",
        "1440": "days day",
        "10080": "weeks week wk wks",
        "43800": "months month mo mos",
        "525600": "years year yrs yr y y/o y.o.",
    },
    "urine ratio": {"1": "mg/g ug/mg mcg/mg mg/gcr mg/gcreat", "8.84": "mg/mmol"},
    "clearance": {
        "1": "ml/min/1.73m2 ml/min/1.73m² ml/min/1.73 ml/min/1.73sqm ml/min/1.73m^2 "
        "ml/min mlperminute"
    },
    "volume": {"1": "ml cc", "1000": "liters litres liter", "100": "dl"},
    "cell volume": {"1": "fl um3 µm3"},
    "cell mass": {"1": "pg uug"},
    "sedimentation": {"1": "mm/hr mm/h mm/hour"},
    "speed": {"1": "m/s m/sec", "0.01": "cm/s cm/sec"},
    "tobacco": {"1": "pack-years packyears pack-year ppd packs"},
    "dose count": {
        "1": "iu units unit tablet tablets tab tabs tab(s) capsule capsules puffs drops"
    },
}
_CASED = {"c": "C", "f": "F", "g": "g", "m": "m", "s": "s", "y": "y", "in": "in"}
"""Spellings so short that only this case is a unit; H and L are flags, never hours or litres."""


def _by_spelling() -> dict[str, tuple[str, Decimal]]:
    return {
        spelling: (dimension, Decimal(factor))
        for dimension, factors in _TABLE.items()
        for factor, spellings in factors.items()
        for spelling in spellings.split()
    }


_UNITS = _by_spelling()


def _pattern(spelling: str) -> str:
    return r"\s?".join(re.escape(letter) for letter in spelling)


_SPELLINGS = sorted(_UNITS, key=len, reverse=True)
_AT = re.compile(
    r"\s{0,2}\(?(?:x\s?)?("
    + "|".join(map(_pattern, _SPELLINGS))
    + r")(?![\w\[*^²-]|/\s?\w)(?<!\bin(?=\s\w))",
    re.IGNORECASE,
)


def unit_at(text: str, position: int) -> tuple[Unit, int] | None:
    """The unit printed at `position` of `text` and where it ends; None without one."""
    match = _AT.match(text, position)
    if match is None:
        return None
    printed = match.group(1)
    unit = named(printed)
    if unit is None or _CASED.get(unit.spelling, printed) != printed:
        return None
    return unit, match.end(1)


def named(text: str | None) -> Unit | None:
    """The unit that `text` names, however spelled; None when it is not in the table."""
    spelling = re.sub(r"\s+", "", text or "").lower().removeprefix("x")
    if spelling not in _UNITS:
        return None
    dimension, factor = _UNITS[spelling]
    return Unit(spelling, dimension, factor)
