"""The populations of quality measures: their standard codes and who may be in which.

Codes: HL7 CodeSystem measure-population; gating: HL7 Quality Measure IG, "Population criteria".
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Population(StrEnum):
    INITIAL_POPULATION = "initial-population"
    NUMERATOR_INITIAL_POPULATION = "initial-population-for-numerator"
    DENOMINATOR = "denominator"
    DENOMINATOR_EXCLUSION = "denominator-exclusion"
    DENOMINATOR_EXCEPTION = "denominator-exception"
    NUMERATOR = "numerator"
    NUMERATOR_EXCLUSION = "numerator-exclusion"
    MEASURE_POPULATION = "measure-population"
    MEASURE_POPULATION_EXCLUSION = "measure-population-exclusion"
    MEASURE_OBSERVATION = "measure-observation"


class Scoring(StrEnum):
    FREE = "free"
    PROPORTION = "proportion"
    RATIO = "ratio"
    CONTINUOUS_VARIABLE = "continuous-variable"
    COHORT = "cohort"
    COMPOSITE = "composite"


P = Population
OF_SCORING: dict[Scoring, tuple[frozenset[Population], frozenset[Population]]] = {
    Scoring.FREE: (frozenset(), frozenset()),
    Scoring.COHORT: (frozenset({P.INITIAL_POPULATION}), frozenset()),
    Scoring.PROPORTION: (
        frozenset({P.INITIAL_POPULATION, P.NUMERATOR}),
        frozenset(
            {
                P.DENOMINATOR,
                P.DENOMINATOR_EXCLUSION,
                P.DENOMINATOR_EXCEPTION,
                P.NUMERATOR_EXCLUSION,
            }
        ),
    ),
    Scoring.RATIO: (
        frozenset({P.INITIAL_POPULATION, P.NUMERATOR}),
        frozenset(
            {
                P.NUMERATOR_INITIAL_POPULATION,
                P.DENOMINATOR,
                P.DENOMINATOR_EXCLUSION,
                P.NUMERATOR_EXCLUSION,
            }
        ),
    ),
    Scoring.CONTINUOUS_VARIABLE: (
        frozenset({P.INITIAL_POPULATION, P.MEASURE_OBSERVATION}),
        frozenset({P.MEASURE_POPULATION, P.MEASURE_POPULATION_EXCLUSION}),
    ),
}
"""Which populations each scoring must have, and which it may have besides."""


@dataclass(frozen=True)
class Gate:
    """A patient is in a population only if also in all of `inside` and in none of `outside`."""

    inside: tuple[Population, ...] = ()
    outside: tuple[Population, ...] = ()


GATES: dict[Population, Gate] = {
    P.INITIAL_POPULATION: Gate(),
    P.NUMERATOR_INITIAL_POPULATION: Gate(),
    P.DENOMINATOR: Gate((P.INITIAL_POPULATION,)),
    P.DENOMINATOR_EXCLUSION: Gate((P.DENOMINATOR,)),
    P.NUMERATOR: Gate((P.DENOMINATOR,), (P.DENOMINATOR_EXCLUSION,)),
    P.NUMERATOR_EXCLUSION: Gate((P.NUMERATOR,)),
    P.DENOMINATOR_EXCEPTION: Gate((P.DENOMINATOR,), (P.DENOMINATOR_EXCLUSION, P.NUMERATOR)),
    P.MEASURE_POPULATION: Gate((P.INITIAL_POPULATION,)),
    P.MEASURE_POPULATION_EXCLUSION: Gate((P.MEASURE_POPULATION,)),
    P.MEASURE_OBSERVATION: Gate((P.MEASURE_POPULATION,), (P.MEASURE_POPULATION_EXCLUSION,)),
}


def gate(population: Population, present: Collection[Population]) -> Gate:
    """What restricts a population in a measure that has the `present` ones.

    A numerator with an initial population of its own is independent of the denominator.
    """
    if population is P.NUMERATOR and P.NUMERATOR_INITIAL_POPULATION in present:
        return Gate((P.NUMERATOR_INITIAL_POPULATION,))
    rule = GATES[population]
    return Gate(rule.inside, tuple(each for each in rule.outside if each in present))


def population_named(words: str) -> Population:
    """The population of a line such as `Denominator_Exclusions`."""
    return Population(re.sub(r"[ _-]+", "-", words.lower()).rstrip("s"))


def scoring_named(words: str) -> Scoring:
    """The scoring of words such as `continuous variable`."""
    return Scoring(re.sub(r"[ _-]+", "-", words.lower()))


def inferred(present: Collection[Population]) -> Scoring:
    """The scoring of a measure that does not say it."""
    if P.NUMERATOR_INITIAL_POPULATION in present:
        return Scoring.RATIO
    if P.MEASURE_OBSERVATION in present or P.MEASURE_POPULATION in present:
        return Scoring.CONTINUOUS_VARIABLE
    if set(present) == {P.INITIAL_POPULATION}:
        return Scoring.COHORT
    return Scoring.PROPORTION
