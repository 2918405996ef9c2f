"""A patient's cells as SQL over the columns of a statement: gating, strata, composites."""

from collections.abc import Iterator, Sequence

from domain.measures.measure import ADDITIVE, Component, Group, Measure
from domain.measures.model import OverPatients
from domain.measures.populations import Population, gate


def numbers(measure: Measure) -> list[str]:
    """One SQL number per cell, in the order of `domain.measures.measure.cells`."""
    if measure.composite is not None:
        return list(_of_composite(measure.composite.components, measure.groups))
    aggregates = [
        sql for n, each in enumerate(measure.aggregates) for sql in _of_aggregate(each, n)
    ]
    return aggregates + [
        sql
        for g, group in enumerate(measure.groups)
        for stratum in (None, *range(len(group.strata)))
        for sql in _of_group(measure, g, group, stratum)
    ]


def column(population: Population, g: int) -> str:
    """The name of the column with the criterion of a population of a group."""
    return f"g{g}_{population.replace('-', '_')}"


def _of_group(measure: Measure, g: int, group: Group, stratum: int | None) -> Iterator[str]:
    for population in group.criteria:
        member = _member(population, g, group)
        if stratum is not None:
            member = f"({member} AND g{g}_stratum_{stratum})"
        yield f"{member}::int"
        if population is Population.MEASURE_OBSERVATION:
            otherwise = "0" if measure.method in ADDITIVE else "NULL"
            yield f"CASE WHEN {member} THEN {column(population, g)} ELSE {otherwise} END"


def _member(population: Population, g: int, group: Group) -> str:
    """Membership after gating, in terms of the raw criteria."""
    rule = gate(population, group.criteria)
    own = column(population, g)
    if population is Population.MEASURE_OBSERVATION:
        own += " IS NOT NULL"
    kept = ["kept"] if group.filter_variable_id is None else ["kept", f"g{g}_kept"]
    inside = [_member(each, g, group) for each in rule.inside] or kept
    outside = [f"NOT {column(each, g)}" for each in rule.outside]
    return f"({' AND '.join([*inside, *outside, own])})"


def _of_aggregate(aggregate: OverPatients, n: int) -> list[str]:
    is_in, value = f"(kept AND condition_{n}) IS TRUE", f"value_{n}"
    if aggregate.function == "count":
        return [f"({is_in} AND {value} IS TRUE)::int"]
    if aggregate.function in ADDITIVE:
        return [
            f"CASE WHEN {is_in} THEN coalesce({value}, 0) ELSE 0 END",
            f"({is_in} AND {value} IS NOT NULL)::int",
        ]
    return [f"CASE WHEN {is_in} THEN {value} END"]


def _of_composite(components: Sequence[Component], groups: Sequence[Group]) -> Iterator[str]:
    applies, met = [], []
    for g, (component, group) in enumerate(zip(components, groups, strict=True)):
        applies.append(f"{_measurable(g, group)}::int")
        met.append(f"{_met(component, g, group)}::int")
        yield from (applies[g], met[g])
    size, done = f"({' + '.join(applies)})", f"({' + '.join(met)})"
    for n in range(1, len(groups) + 1):
        yield f"({size} = {n})::int"
        yield f"CASE WHEN {size} = {n} THEN {done} ELSE 0 END"
    yield f"({size} > 0 AND {size} = {done})::int"


def _measurable(g: int, group: Group) -> str:
    """In the denominator, neither excluded nor excepted."""
    out = (Population.DENOMINATOR_EXCLUSION, Population.DENOMINATOR_EXCEPTION)
    without = [f"NOT {_member(each, g, group)}" for each in out if each in group.criteria]
    return f"({' AND '.join([_member(Population.DENOMINATOR, g, group), *without])})"


def _met(component: Component, g: int, group: Group) -> str:
    """In the numerator and not taken out of it; where less is better, the other patients."""
    met = _member(Population.NUMERATOR, g, group)
    if Population.NUMERATOR_EXCLUSION in group.criteria:
        met = f"({met} AND NOT {_member(Population.NUMERATOR_EXCLUSION, g, group)})"
    if component.is_ascending:
        return met
    return f"({_measurable(g, group)} AND NOT {met})"
