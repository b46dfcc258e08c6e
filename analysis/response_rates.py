"""Outcome rates by the Standard Definitions of AAPOR (10th edition, 2023): counts in, fractions out.

With I complete and P partial interviews, R refusals and break-offs, NC households never met, O other failures
(ill, no common language, a form that can't be used), U households of unknown eligibility, and e the share of U
assumed to be eligible:

    RR1   = I / ((I + P) + (R + NC + O) + U)          RR2: I + P in the numerator
    RR3   = I / ((I + P) + (R + NC + O) + e U)        RR4: likewise
    RR5   = I / ((I + P) + (R + NC + O))              RR6: likewise
    COOP1 = I / ((I + P) + R + O)                     COOP2: I + P;  COOP3, COOP4: as these, without O below
    REF1  = R / all with U;  REF2: with e U;  REF3: without U
    CON1  = ((I + P) + R + O) / all with U;  CON2: with e U;  CON3: without U

Households that turned out not to exist are not eligible and in no denominator. RR1 is the least that the response
rate can be, RR5 and RR6 the most.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

NAMES = (
    "RR1", "RR2", "RR3", "RR4", "RR5", "RR6",
    "COOP1", "COOP2", "COOP3", "COOP4",
    "REF1", "REF2", "REF3",
    "CON1", "CON2", "CON3",
)  # fmt: skip


@dataclass(frozen=True)
class Dispositions:
    """The outcomes of the units drawn: numbers ≥ 0, counted or weighted."""

    complete: float = 0
    partial: float = 0
    refused: float = 0
    no_contact: float = 0
    other: float = 0
    unknown: float = 0
    not_eligible: float = 0

    def __post_init__(self) -> None:
        if not all(math.isfinite(number) and number >= 0 for number in self._numbers()):
            raise ValueError("numbers of households are finite and not negative")

    def __add__(self, more: Dispositions) -> Dispositions:
        return Dispositions(*map(sum, zip(self._numbers(), more._numbers(), strict=True)))

    def __mul__(self, weight: float) -> Dispositions:
        return Dispositions(*(number * weight for number in self._numbers()))

    def _numbers(self) -> list[float]:
        return [getattr(self, field.name) for field in fields(self)]

    @property
    def drawn(self) -> float:
        """All of them."""
        return sum(self._numbers())

    @property
    def interviews(self) -> float:
        return self.complete + self.partial

    @property
    def met(self) -> float:
        """Households in which somebody was met."""
        return self.interviews + self.refused + self.other

    @property
    def eligible(self) -> float:
        """Households known to be eligible."""
        return self.met + self.no_contact

    @property
    def e(self) -> float | None:
        """The share of eligible households among those of known eligibility; None if there are none of these. As a
        guess for the unknown ones it is rather high (AAPOR calls this proportional allocation)."""
        known = self.eligible + self.not_eligible
        return self.eligible / known if known else None


@dataclass(frozen=True)
class Rate:
    """A rate: households counted, of how many; `base` is None if e is needed and not known."""

    part: float
    base: float | None

    @property
    def share(self) -> float | None:
        """The rate as a fraction; None if the base is empty."""
        return self.part / self.base if self.base else None


def response_rates(counts: Dispositions, e: float | None = None) -> dict[str, Rate]:
    """The outcome rates by AAPOR's names: RR1 … RR6, COOP1 … 4, REF1 … 3, CON1 … 3.

    e  the share of the unknown units assumed to be eligible, 0…1: that of the whole survey, say, if `counts` are
       those of a part; `counts.e` unless given
    """
    if e is not None and not 0 <= e <= 1:
        raise ValueError("e is a share")
    e = counts.e if e is None else e
    eligible, unknown = counts.eligible, counts.unknown
    some = None if e is None and unknown else eligible + (e or 0.0) * unknown
    bases = (eligible + unknown, some, eligible)
    answered = (counts.complete, counts.interviews)
    rates = [Rate(part, base) for base in bases for part in answered]
    rates += [Rate(part, base) for base in (counts.met, counts.interviews + counts.refused) for part in answered]
    rates += [Rate(part, base) for part in (counts.refused, counts.met) for base in bases]
    return dict(zip(NAMES, rates, strict=True))
