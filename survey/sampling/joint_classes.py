"""Classes that a person counts as one, so that a neighbour stands for a commune where nobody answered."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from survey.responses.fitted_weights import Labels
from translations import Refusal
from translations import gettext as _
from translations.formats import nfc

LONGEST_NAME, LONGEST_REASON = 120, 400


@dataclass(frozen=True)
class Joint:
    """Classes that are counted as one, under a name, and why."""

    name: str
    classes: tuple[str, ...]
    reason: str

    def record(self) -> dict[str, Any]:
        """As the report of a version keeps it."""
        return {**asdict(self), "classes": list(self.classes)}


class WrongJoint(Refusal):
    """What was said of classes counted together is incomplete or can't be."""


class EmptyClasses(Refusal):
    """Nobody answered in some classes; `classes` names them all."""

    classes: tuple[str, ...] = ()


def joint(name: str, classes: Sequence[str], reason: str, called: Mapping[str, str] | None = None) -> Joint:
    """Classes that somebody counts as one. Refused without two of them and a reason; without a name they have
    those of the classes, `called` by their labels."""
    different = tuple(dict.fromkeys(classes))
    name = name if name.strip() else _together([(called or {}).get(label, label) for label in different])
    name, reason = (" ".join(nfc(text).split()) for text in (name, reason))
    if len(different) < 2:
        raise WrongJoint("Name at least two classes that are counted together.")
    if not name or len(name) > LONGEST_NAME:
        raise WrongJoint("Name the common class in 1 to %(longest)s characters.", longest=LONGEST_NAME)
    if not reason or len(reason) > LONGEST_REASON:
        raise WrongJoint(
            "Say in 1 to %(longest)s characters why these classes are counted together.", longest=LONGEST_REASON
        )
    return Joint(name, different, reason)


def _together(names: Sequence[str]) -> str:
    whole = " + ".join(names)
    if len(whole) <= LONGEST_NAME:
        return whole
    return _("%(name)s and %(count)s others", name=names[0], count=len(names) - 1)


def names_of(joints: Iterable[Joint], known: Collection[str]) -> dict[str, str]:
    """Under which name each joined class is counted. Refused where a class is unknown or stands in two of them, or
    a name is that of a class."""
    names: dict[str, str] = {}
    for one in joints:
        strange = [label for label in one.classes if label not in known]
        if strange:
            raise WrongJoint("There is no class %(classes)s to count together.", classes=", ".join(strange))
        if twice := [label for label in one.classes if label in names]:
            raise WrongJoint("%(class)s can be counted together with others only once.", **{"class": twice[0]})
        if one.name in known or one.name in names.values():
            raise WrongJoint("Another class has the name %(name)s already. Choose another one.", name=one.name)
        names |= dict.fromkeys(one.classes, one.name)
    return names


def joined(labels: Iterable[Any], names: Mapping[str, str]) -> Labels:
    """(N,) the labels, those that are counted together under their common name."""
    return np.array([names.get(label, label) for label in labels], dtype=object)


def totals(values: Mapping[str, float], names: Mapping[str, str]) -> dict[str, float]:
    """Population totals by class, of classes counted together their sum."""
    sums: dict[str, float] = {}
    for label, total in values.items():
        common = names.get(label, label)
        sums[common] = sums.get(common, 0.0) + total
    return sums
