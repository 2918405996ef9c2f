"""What a measure comes to, and the rounding of rates. An undefined number is None, never 0."""

from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

EXACT = Context(prec=28)


@dataclass(frozen=True)
class Scores:
    """Of a measure, one of its groups or a stratum; counts, rates and score after gating.

    Rates are percents with 2 decimals, half away from zero; the score is not rounded (28 digits
    where it does not end). `groups` are the single rates of a measure that has several.
    """

    scoring: str
    populations: dict[str, int] | None = None
    performance_met: int | None = None
    performance_not_met: int | None = None
    performance_rate: Decimal | None = None
    score: Decimal | None = None
    data_completeness: Decimal | None = None
    case_count: int | None = None
    title: str | None = None
    strata: tuple["Scores", ...] = ()
    groups: tuple["Scores", ...] = ()

    @property
    def exact_rate(self) -> Fraction | None:
        """Met of all measurable cases, not rounded; of what has no cases none."""
        if self.performance_met is None or self.performance_not_met is None:
            return None
        return share(self.performance_met, self.performance_met + self.performance_not_met)


def share(part: int, whole: int) -> Fraction | None:
    """A part of a whole; of nothing none."""
    return Fraction(part, whole) if whole else None


def decimal(value: Fraction | None) -> Decimal | None:
    """A fraction as a decimal; exact where 28 digits suffice."""
    if value is None:
        return None
    return EXACT.divide(Decimal(value.numerator), Decimal(value.denominator))


def percent(value: Fraction | None) -> Decimal | None:
    """A share in percent with 2 decimals, half away from zero."""
    if value is None:
        return None
    hundredths = abs(value) * 10_000 + Fraction(1, 2)
    whole = hundredths.numerator // hundredths.denominator
    return Decimal(whole if value >= 0 else -whole).scaleb(-2)
