"""The error rate of data entry, from forms that two people keyed without seeing each other's work."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.design import Floats, code
from analysis.interval import adjusted_n, clopper_pearson


@dataclass(frozen=True, slots=True)
class ErrorRate:
    """Errors among the fields of some keyings: `rate` is their share, low and high its limits.

    forms   on which the fields stand; with fewer than two nothing is known but the counts
    effect  how many times more uncertain the rate is than if errors fell by chance, field by field; at least 1, at
            most the fields of a form: no form tells less than a single field
    """

    group: Hashable
    forms: int
    fields: int
    errors: int
    rate: float | None
    low: float | None
    high: float | None
    effect: float | None


def error_rates(
    errors: Any,
    fields: Any,
    form: Any,
    group: Any = None,
    *,
    groups: Sequence[Hashable] | None = None,
    level: float = 0.95,
) -> list[ErrorRate]:
    """The error rate of each group of keyings, in the order of the groups; of all of them without groups.

    errors, fields  (N,) counts of each keying, or of each keying and item
    form            (N,) labels: errors of one form come together (a hand that is hard to read, a line missed), so
                    forms are the units that were drawn, not fields
    group           (N,) labels: who keyed, or which item

    With F forms, e_f errors among n_f fields of form f, n = Σ n_f and r = Σ e_f ÷ n the variance is that of a
    ratio, F ÷ (F − 1) · Σ (e_f − r n_f)² ÷ n² (Cochran 1977, § 2.11). Few errors make it uncertain and none make
    it 0, so the design effect is the largest of the group's own, that of all groups together and 1; but a form is
    worth one field at least, so it is no larger than the fields of a form (Kish 1965, § 5.4). The limits are
    Clopper and Pearson's for n ÷ effect fields, brought to F − 1 degrees of freedom (Korn & Graubard 1998): they
    hold for few errors, and with none the upper one stays.
    """
    wrong, all_fields = np.asarray(errors, np.float64), np.asarray(fields, np.float64)
    if not 0 < level < 1:
        raise ValueError("level lies between 0 and 1")
    if (wrong < 0).any() or (wrong > all_fields).any():
        raise ValueError("errors lie between 0 and the fields of their row")
    place = code(form).codes
    whole = _sums(wrong, all_fields, place)
    together = _effect(*whole)
    if group is None:
        return [_rate(None, *whole, together, level)]
    labels = code(group)
    number = {label: at for at, label in enumerate(labels.levels)}
    rates = []
    for label in labels.levels if groups is None else groups:
        here = np.flatnonzero(labels.codes == number.get(label, -2))
        rates.append(_rate(label, *_sums(wrong[here], all_fields[here], place[here]), together, level))
    return rates


def _sums(errors: Floats, fields: Floats, form: Any) -> tuple[Floats, Floats]:
    """(F,) errors and fields of each form that has a field."""
    _forms, place = np.unique(form, return_inverse=True)
    wrong: Floats = np.bincount(place, errors).astype(np.float64)
    of: Floats = np.bincount(place, fields).astype(np.float64)
    return wrong[of > 0], of[of > 0]


def _effect(errors: Floats, fields: Floats) -> float:
    """The design effect of the rate; 1 if it can't be known."""
    forms, n = len(fields), float(fields.sum())
    rate = float(errors.sum()) / n if n else 0.0
    if forms < 2 or not 0 < rate < 1:
        return 1.0
    variance = forms / (forms - 1) * float(((errors - rate * fields) ** 2).sum()) / n**2
    return max(1.0, variance * n / (rate * (1 - rate)))


def _rate(group: Hashable, errors: Floats, fields: Floats, together: float, level: float) -> ErrorRate:
    forms, n, wrong = len(fields), float(fields.sum()), float(errors.sum())
    if forms < 2:
        return ErrorRate(group, forms, int(n), int(wrong), None, None, None, None)
    effect = min(max(together, _effect(errors, fields)), float(fields.max()))
    rate = wrong / n
    size = adjusted_n(np.array(n), np.array(n / effect), np.array(forms - 1.0), level)
    low, high = (float(limit) for limit in clopper_pearson(np.array(rate), size, level))
    return ErrorRate(group, forms, int(n), int(wrong), rate, low, high, effect)
