"""How far two people who abstracted the same charts agree, beyond chance.

Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement
20 (1960): kappa = (p_o - p_e) / (1 - p_e), in exact fractions.
"""

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Agreement:
    """So many things were rated twice, so many of them alike. `kappa` is None where it is not
    defined: nothing was rated, or both always said the same one thing."""

    rated: int
    agreed: int
    kappa: Fraction | None

    @property
    def share(self) -> Fraction | None:
        """Which part was rated alike; of nothing none."""
        return Fraction(self.agreed, self.rated) if self.rated else None


def agreement(ratings: Iterable[tuple[Hashable, Hashable]]) -> Agreement:
    """The agreement of pairs of ratings: what the one said, what the other said."""
    pairs = list(ratings)
    rated, agreed = len(pairs), sum(one == other for one, other in pairs)
    ones, others = (Counter(side) for side in zip(*pairs, strict=True)) if pairs else ({}, {})
    by_chance = sum(count * others.get(rating, 0) for rating, count in ones.items())
    if by_chance == rated * rated:
        return Agreement(rated, agreed, None)
    kappa = Fraction(agreed * rated - by_chance, rated * rated - by_chance)
    return Agreement(rated, agreed, kappa)
