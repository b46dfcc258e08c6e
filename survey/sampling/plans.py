"""Planning a sample: the frame of a wave, the strata that a plan makes of it, and how many villages each gets."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, NamedTuple

from sqlalchemy.orm import Session

from analysis import DesignError
from analysis.allocation import Rule, allocate, shares
from survey.storage.models import Wave, WaveKind
from survey.waves import waves
from translations import N_, Conflict, Lazy, Refusal
from translations.formats import first_few

LONGEST_STRATUM = 130
RULE_NAMES: dict[Rule, str] = {
    "equal": N_("the same to each"),
    "proportional": N_("in proportion to households"),
    "sqrt": N_("by the square root of households"),
    "neyman": N_("by Neyman: households × how far apart villages were in the wave before"),
}
METHOD_NAMES = {
    "pps": N_("large villages more likely (probability proportional to size, systematic)"),
    "srs": N_("every village alike (simple random)"),
}
HOUSEHOLD_NAMES = {
    "systematic": N_("at even distances in the village's list (systematic)"),
    "srs": N_("by lot from the village's list (simple random)"),
}


class FrameVillage(NamedTuple):
    """A village of the frame."""

    psu: str
    unit: str
    stratum: str
    households: int
    name: str | None


@dataclass(frozen=True)
class Frame:
    """The villages that may be drawn, by commune and code, so that the order of a file moves nothing."""

    villages: tuple[FrameVillage, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of all that a draw depends on, hex."""
        lines = ("\t".join(map(str, village[:4])) for village in self.villages)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def by(self, label: Literal["unit", "stratum"]) -> dict[str, list[FrameVillage]]:
        """The villages of each commune or stratum, in order."""
        groups: dict[str, list[FrameVillage]] = {}
        for village in self.villages:
            groups.setdefault(getattr(village, label), []).append(village)
        return dict(sorted(groups.items()))


def frame(session: Session, wave: Wave) -> Frame:
    """The frame of a wave; refused where there is none, or a village's number of households isn't known."""
    if wave.kind is WaveKind.OPEN:
        raise Conflict("The wave %(code)s is open to all: it has no sample. Name a sample wave.", code=wave.title)
    rows = waves.villages(session, wave.code)
    if not rows:
        raise Refusal("The wave %(wave)s has no villages yet. Load them: hailong frame import", wave=wave.title)
    for row in rows:
        if row.households is None:
            raise Refusal(
                "The number of households of village %(psu)s isn't known. Import a frame that has it.", psu=row.psu
            )
    return Frame(
        tuple(sorted((FrameVillage(v.psu, v.unit, v.stratum, v.households or 0, v.name) for v in rows), key=place))
    )


def place(village: FrameVillage) -> tuple[str, str]:
    """The order of villages: by commune, then by code."""
    return village.unit, village.psu


@dataclass(frozen=True)
class Plan:
    """How a sample is drawn.

    villages    in all, or in each commune (per "unit") or stratum, or as many as there are
    per_village households in each
    allocation  of `villages` over the frame's strata where they are a number in all
    method      of drawing villages: systematic with probability proportional to households, or every one alike
    households  how they are drawn from the village's list
    collapse    join a stratum of one village with its neighbour; else it is refused, for its error can't be known
    deviations  for Neyman's allocation: what it takes as the standard deviation of each stratum
    """

    villages: int
    per_village: int
    per: Literal["unit", "stratum"] | None = None
    allocation: Rule = "proportional"
    method: Literal["pps", "srs"] = "pps"
    households: Literal["systematic", "srs"] = "systematic"
    collapse: bool = False
    deviations: dict[str, float] | None = None

    @classmethod
    def read(cls, document: dict[str, Any]) -> Plan:
        """From what `Draw.plan` holds."""
        return cls(**{field.name: document[field.name] for field in fields(cls) if field.name in document})


def words(plan: Plan) -> Iterator[Lazy]:
    """A plan as a person would tell it."""
    values = {"villages": plan.villages, "households": plan.per_village}
    if plan.per == "unit":
        yield Lazy("%(villages)s villages in each commune, %(households)s households in each village", **values)
    elif plan.per == "stratum":
        yield Lazy("%(villages)s villages in each stratum, %(households)s households in each village", **values)
    else:
        yield Lazy("%(villages)s villages in all, %(households)s households in each village", **values)
        yield Lazy("villages shared out over the strata: %(rule)s", rule=Lazy(RULE_NAMES[plan.allocation]))
    yield Lazy("villages: %(method)s", method=Lazy(METHOD_NAMES[plan.method]))
    yield Lazy("households: %(method)s", method=Lazy(HOUSEHOLD_NAMES[plan.households]))
    if plan.collapse:
        yield Lazy("a stratum of one village is joined with its neighbour")


@dataclass(frozen=True)
class Part:
    """A stratum of a plan: its villages, how many are drawn, and the label under which its error is computed."""

    label: str
    stratum: str
    villages: tuple[FrameVillage, ...]
    take: int

    @property
    def households(self) -> int:
        """In all of its villages."""
        return sum(village.households for village in self.villages)


def parts(frame: Frame, plan: Plan) -> list[Part]:
    """The strata of a plan, in the order of their labels. Refused: a number of villages or forms below 1, more
    villages than there are, fewer than the strata need, one village in a stratum without `collapse`."""
    if plan.villages < 1 or plan.per_village < 1:
        raise Refusal("Draw at least one village, and one household in it.")
    groups = frame.by("unit" if plan.per == "unit" else "stratum")
    if plan.per is None:
        takes = _allocated(groups, plan)
    else:
        takes = {label: min(plan.villages, len(villages)) for label, villages in groups.items()}
    lonely = [label for label, take in takes.items() if take == 1]
    if lonely and not plan.collapse:
        raise Refusal(
            "One village in a stratum leaves its error unknown: %(strata)s. Draw two or more in each, or let "
            "neighbours be joined (--collapse).",
            strata=first_few(lonely),
        )
    joined = _joined(takes)
    return [Part(label, joined[label], tuple(villages), takes[label]) for label, villages in groups.items()]


def _allocated(groups: dict[str, list[FrameVillage]], plan: Plan) -> dict[str, int]:
    sizes = [sum(village.households for village in villages) for villages in groups.values()]
    deviations = None
    if plan.allocation == "neyman":
        spread = plan.deviations or {}
        missing = [label for label in groups if label not in spread]
        if missing:
            raise Refusal(
                "Neyman's allocation needs the deviation of each stratum from the wave before, which has none of "
                "%(strata)s. Choose another allocation.",
                strata=first_few(missing),
            )
        deviations = [spread[label] for label in groups]
    counts = [len(villages) for villages in groups.values()]
    try:
        share = shares(plan.allocation, sizes, deviations)
        takes = allocate(plan.villages, share, 1 if plan.collapse else 2, counts)
    except DesignError as error:
        raise Refusal(error.message, **error.values) from error
    return dict(zip(groups, takes.tolist(), strict=True))


def _joined(takes: dict[str, int]) -> dict[str, str]:
    """The label of each stratum, or of the neighbours with which it is joined: so two villages are together."""
    groups: list[list[str]] = []
    waiting: list[str] = []
    for label, take in takes.items():
        if take > 1 and not waiting:
            groups.append([label])
            continue
        waiting.append(label)
        if sum(takes[one] for one in waiting) > 1:
            groups.append(waiting)
            waiting = []
    if waiting and groups:
        groups[-1] += waiting  # the last one has no neighbour but those before it
    elif waiting:
        groups.append(waiting)
    return {label: _label(group) for group in groups for label in group}


def _label(group: Sequence[str]) -> str:
    whole = "+".join(group)
    return whole if len(whole) <= LONGEST_STRATUM else f"{group[0]}+{len(group) - 1}"
