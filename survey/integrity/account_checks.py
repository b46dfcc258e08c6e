"""The checks of a wave as outsiders are told of them: how much was looked at and found, what was decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from survey.integrity import matters, pattern_list, repeated_forms
from survey.integrity.matters import Matter, MatterKind
from survey.integrity.patterns import Pattern
from survey.responses.respondents import Respondents
from survey.results import release_matters
from survey.storage.models import MatterState, Release, ReleaseMatter, Wave

# What people leave behind who steer, in the order in which it is told, and the checks that look for it.
FAMILIES: dict[str, tuple[str, ...]] = {
    "alike": ("alike", "forms"),
    "filled": ("odd", "straight", "scatter", "blank", "unsure", "silent"),
    "spread": ("spread", "villages", "day_spread", "days_apart", "order"),
    "level": ("level", "cases"),
    "jump": ("jump",),
    "turned": ("turned",),
    "days": ("days", "digits", "flood"),
}
FAMILY = {check: family for family, checks in FAMILIES.items() for check in checks}


@dataclass(frozen=True)
class Check:
    """A family of checks: how many groups of which kind were looked at, what was unusual, how much of it waits."""

    family: str
    looked: dict[str, int]
    found: int
    open: int


@dataclass(frozen=True)
class Decided:
    """What was decided of something unusual, and by the role of which account; empty where none is known."""

    family: str
    state: str
    reason: str
    role: str
    day: date


def gather(
    session: Session, wave: Wave, people: Respondents, roles: Mapping[str, str], release: Release | None
) -> tuple[tuple[Check, ...], tuple[Decided, ...], dict[str, int]]:
    """The checks, the decisions by their day, and how many matters wait, by their kind."""
    patterns = pattern_list.look(session, wave).patterns
    every = matters.matters(session, wave, patterns)
    unusual = [(family, one) for one in every if (family := family_of(one)) is not None]
    looked = _looked(wave, people, patterns)
    passed = _passed(session, wave, release)
    repeated = {kind: passed.get(kind) for kind in repeated_forms.find(session, wave).kinds}
    checks = tuple(
        Check(
            family,
            looked[family],
            sum(own == family for own, _one in unusual) + len(repeated) * (family == "alike"),
            sum(own == family and one.is_open for own, one in unusual)
            + list(repeated.values()).count(None) * (family == "alike"),
        )
        for family in FAMILIES
        if looked[family]
    )
    decided = [
        Decided(
            family,
            one.state.value,
            one.decision.reason,
            "" if one.decision.by_operator else roles.get(one.decision.person, ""),
            one.decision.day,
        )
        for family, one in unusual
        if one.decision is not None and one.state is not MatterState.OPEN
    ]
    decided += [
        Decided("alike", MatterState.EXPLAINED.value, one.reason, _role(release, one, roles), one.day)
        for one in repeated.values()
        if one is not None
    ]
    waiting = Counter(one.kind.value for one in every if one.is_open)
    waiting["repeated"] = list(repeated.values()).count(None)
    return checks, tuple(sorted(decided, key=lambda one: (one.day, one.reason))), dict(+waiting)


def _passed(session: Session, wave: Wave, release: Release | None) -> dict[str, ReleaseMatter]:
    """By its subject, what was gone past with a release, with the newest reason."""
    return {} if release is None else {one.subject: one for one in release_matters.passed(session, release)}


def _role(release: Release | None, one: ReleaseMatter, roles: Mapping[str, str]) -> str:
    by_operator = release is not None and one.step in (release.by_operator or ())
    return "" if by_operator else roles.get(one.person, "")


def family_of(matter: Matter) -> str | None:
    """The family of what is unusual; None of what only waits for somebody."""
    if isinstance(matter.about, Pattern):
        return FAMILY[matter.about.check.partition(":")[0]]
    return {MatterKind.FLOOD: FAMILY["flood"], MatterKind.ALIKE: FAMILY["forms"]}.get(matter.kind)


def _looked(wave: Wave, people: Respondents, patterns: Sequence[Pattern]) -> dict[str, dict[str, int]]:
    """Family -> kind of group -> how many were looked at. Floods and identical forms are looked for commune by
    commune, wherever anybody can send."""
    groups: dict[str, dict[str, set[str]]] = {family: {} for family in FAMILIES}
    for one in patterns:
        family = groups[FAMILY[one.check.partition(":")[0]]]
        family.setdefault(one.group_kind, set()).add(one.group)
    told = {family: {kind: len(names) for kind, names in sorted(of.items())} for family, of in groups.items()}
    if not people.questionnaire.population.in_field or not len(people):
        return told
    told["days"] |= {"commune": len(people.unit.levels), "day": len(people.day.levels)}
    told["alike"] |= {"commune": len(people.unit.levels)}
    return told
