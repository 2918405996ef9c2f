"""Cohen's kappa: published examples, and what follows from its definition."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.agreement import agreement

RATINGS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), max_size=30)


def table(*rows: tuple[int, ...]) -> list[tuple[int, int]]:
    """The pairs behind a table of counts: rows are the one's ratings, columns the other's."""
    return [
        (one, other)
        for one, row in enumerate(rows)
        for other, count in enumerate(row)
        for _ in range(count)
    ]


@pytest.mark.parametrize(
    ("counts", "agreed", "kappa"),
    [
        # Wikipedia, "Cohen's kappa": 50 grant proposals, and two tables with the same agreement.
        (((20, 5), (10, 15)), 35, Fraction(2, 5)),
        (((45, 15), (25, 15)), 60, Fraction(3, 23)),
        (((25, 35), (5, 35)), 60, Fraction(7, 27)),
        # By hand: p_o = 7/10, p_e = (4·5 + 3·2 + 3·3)/100 = 35/100, kappa = 35/65.
        (((4, 0, 0), (1, 1, 1), (0, 1, 2)), 7, Fraction(7, 13)),
    ],
)
def test_published_tables_have_their_published_kappa(
    counts: tuple[tuple[int, ...], ...], agreed: int, kappa: Fraction
) -> None:
    found = agreement(table(*counts))
    assert (found.agreed, found.kappa) == (agreed, kappa)


def test_kappa_is_not_defined_where_nothing_could_differ() -> None:
    assert agreement([]).kappa is None
    assert agreement([]).share is None
    assert agreement([("a", "a")] * 3).kappa is None


@given(RATINGS)
def test_whoever_agrees_with_himself_has_kappa_1(ratings: list[tuple[str, str]]) -> None:
    found = agreement((one, one) for one, _ in ratings)
    assert found.kappa in (None, 1)
    assert found.agreed == found.rated == len(ratings)


@given(RATINGS)
def test_it_does_not_matter_who_was_first(ratings: list[tuple[str, str]]) -> None:
    assert agreement(ratings) == agreement((other, one) for one, other in ratings)


@given(RATINGS)
def test_kappa_is_what_its_definition_says(ratings: list[tuple[str, str]]) -> None:
    found = agreement(ratings)
    if found.kappa is None:
        return
    n = Fraction(len(ratings))
    ones, others = [one for one, _ in ratings], [other for _, other in ratings]
    observed = sum(one == other for one, other in ratings) / n
    expected = sum((ones.count(c) / n) * (others.count(c) / n) for c in "abc")
    assert found.kappa == (observed - expected) / (1 - expected)
    assert found.kappa <= 1
