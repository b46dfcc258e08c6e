"""Non-response adjustment: the weight of those who did not answer goes to those of their class who did."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.design import DesignError, Floats, code


class EmptyClasses(DesignError):
    """Classes where people were asked and nobody answered; `labels` names them all."""

    labels: tuple[Hashable, ...] = ()


@dataclass(frozen=True)
class Class:
    """One class of the adjustment; `issued` and `answered` are sums of base weights."""

    label: Hashable
    issued: float  # of all who were asked and belong to the population
    answered: float
    people: int  # who answered

    @property
    def factor(self) -> float:
        """By which the weights of those who answered are multiplied."""
        return self.issued / self.answered


def classes(weight: Any, label: Any, issued: Mapping[Hashable, float]) -> list[Class]:
    """The classes in the order of their labels, with a_c = Σ d over the asked ÷ Σ d over those who answered.

    Within a class, nonrespondents are assumed to be like respondents (Särndal, Swensson & Wretman 1992, § 15.6;
    Little & Rubin 2019, § 3.3).

    weight, label  (N,) of those who answered
    issued         class -> Σ d of all who were asked there and belong to the population
    DesignError names the classes in which nobody answered, or nobody was asked.
    """
    coded = code(label)
    d = np.asarray(weight, dtype=np.float64)
    answered = dict(zip(coded.levels, np.bincount(coded.codes, d, len(coded.levels)), strict=True))
    people = dict(zip(coded.levels, np.bincount(coded.codes, minlength=len(coded.levels)), strict=True))
    silent = [c for c, total in issued.items() if total > 0 and not answered.get(c, 0) > 0]
    if silent:
        empty = EmptyClasses(
            "Nobody answered in %(classes)s: nobody can stand for those asked there. Count each together with "
            "another one, or choose larger classes.",
            classes=_named(silent),
        )
        empty.labels = tuple(silent)
        raise empty
    unasked = [c for c in coded.levels if answered[c] > 0 and not issued.get(c, 0) > 0]
    if unasked:
        raise DesignError("Nobody was asked in %(classes)s, but there are answers.", classes=_named(unasked))
    return [
        Class(c, float(issued[c]), float(answered[c]), int(people[c])) for c in coded.levels if answered[c] > 0
    ]


def factors(adjusted: list[Class], label: Any) -> Floats:
    """(N,) the factor of each row's class; 1 for a class that is none of them."""
    coded = code(label)
    by_label = {one.label: one.factor for one in adjusted}
    return np.array([by_label.get(level, 1.0) for level in coded.levels])[coded.codes]


def _named(labels: list[Hashable]) -> str:
    return ", ".join(str(label) for label in labels[:10]) + (" …" if len(labels) > 10 else "")
