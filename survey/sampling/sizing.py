"""How many people, forms and villages a margin needs, beside what Slovin's formula says."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from analysis.sample_size import half_width, needed, slovin, standard_error
from survey.sampling.expected_precision import Expected
from survey.sampling.plans import Frame
from survey.storage.models import Village
from translations import Lazy
from translations.formats import number, percent


@dataclass(frozen=True)
class Sizing:
    """How many people a margin needs. `population`: adults where the frame has them, else households.

    answers, forms, fewest  people, forms and villages with what is expected of the field, by the normal quantile
    villages, df  so many that the interval by Student's t, which few villages widen, keeps to the margin, too
    slovin        what Slovin's formula says
    """

    margin: float
    expected: Expected
    deff: float
    population: int
    answers: int
    forms: int
    fewest: int
    villages: int
    df: int
    slovin: int


def sized(villages: Sequence[Village], margin: float, per_village: int, expected: Expected) -> Sizing:
    """The sample that estimates the whole province's share within ± margin, at 95 % confidence."""
    adults = [village.adults for village in villages]
    counts = [count for count in adults if count is not None]
    population = (
        sum(counts) if len(counts) == len(adults) else sum(village.households or 0 for village in villages)
    )
    deff = expected.deff(per_village)
    size = needed(margin, share=expected.share, deff=deff, population=population, response=expected.response)
    strata = len({village.stratum for village in villages})

    def width(count: int) -> float:
        error = standard_error(count * per_village * expected.response, expected.share, deff)
        return half_width(error, count - strata)

    fewest = math.ceil(size.forms / per_village)
    count = max(fewest, strata + 1)
    while width(count) > margin and count < len(villages):
        count += 1
    return Sizing(
        margin,
        expected,
        deff,
        population,
        size.answers,
        size.forms,
        fewest,
        count,
        count - strata,
        slovin(population, margin),
    )


def villages_of(size: Sizing, frame: Frame, per: Literal["unit", "stratum"] | None) -> int:
    """The number of villages that a plan has for this size: in all, or in each commune or stratum."""
    return size.villages if per is None else math.ceil(size.villages / len(frame.by(per)))


def size_sentences(size: Sizing) -> Iterator[Lazy]:
    """The size, and Slovin's beside it with what it leaves out."""
    yield Lazy(
        "For ± %(margin)s points at 95%% confidence, with a share of %(share)s, a design effect of %(deff)s and "
        "%(response)s of the forms back: %(answers)s answers, %(forms)s forms, %(villages)s villages.",
        margin=number(100 * size.margin, 1),
        share=percent(size.expected.share, 0),
        deff=number(size.deff, 1),
        response=percent(size.expected.response, 0),
        answers=number(size.answers),
        forms=number(size.forms),
        villages=number(size.fewest),
    )
    if size.villages > size.fewest:
        yield Lazy(
            "That is by the normal distribution. So few villages leave the variance itself unsure (Student's t at "
            "%(df)s degrees of freedom): %(villages)s villages keep to the margin.",
            df=number(size.df),
            villages=number(size.villages),
        )
    yield Lazy(
        "Slovin's formula says %(slovin)s. It assumes a share of one half and z = 2, and ignores that "
        "people of a village are alike and that not every form comes back: with this design effect its "
        "sample is as precise as %(alone)s people drawn singly.",
        slovin=number(size.slovin),
        alone=number(size.slovin / size.deff),
    )
