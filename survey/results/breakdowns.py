"""How communes, strata and areas lie to each other: which of their figures add up to which."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cachetools import LRUCache, cached
from sqlalchemy.orm import Session

from analysis import anonymity
from forms import Questionnaire
from survey.responses.respondents import Respondents
from survey.storage.models import Wave
from survey.waves import units

TOGETHER = ("unit", "stratum")  # breakdowns that are hidden as one table
TOWN, COUNTRY = 1, 2


def grouped(by: Sequence[str]) -> str:
    """What records are grouped by, as one word."""
    return " × ".join(by)


@dataclass(frozen=True)
class CommunesAndStrata:
    """Which communes and strata have the same people.

    same   sets of communes and of strata that hold the same people, in the smallest sets
    alias  a stratum that is one commune -> that commune
    """

    alias: Mapping[str, tuple[str, str]]
    same: tuple[tuple[tuple[Any, ...], tuple[Any, ...]], ...]

    @property
    def are_one(self) -> bool:
        """Whether each stratum is one commune: then their tables are one."""
        return bool(self.same) and len(self.alias) == len(self.same)

    def called(self, group: str, label: Any) -> Any:
        """The label of a domain, such that a commune is told from a stratum of its name."""
        if group not in TOGETHER:
            return label
        return self.alias.get(label, (group, label)) if group == "stratum" else (group, label)


@cached(LRUCache(maxsize=16), key=lambda people: (people.wave.code, people.version), lock=threading.Lock())
def communes_and_strata(people: Respondents) -> CommunesAndStrata:
    """Of the people of a sample."""
    strata: dict[str, set[str]] = {}
    communes: dict[str, set[str]] = {}
    for unit, stratum in set(zip(people.unit.tolist(), people.stratum.tolist(), strict=True)):
        strata.setdefault(unit, set()).add(stratum)
        communes.setdefault(stratum, set()).add(unit)
    alias: dict[str, tuple[str, str]] = {}
    same = []
    left = set(strata)
    while left:
        here, within = _reached(min(left), strata, communes)
        left -= here
        if len(here) == len(within) == 1:
            alias[min(within)] = ("unit", min(here))
        called = tuple(alias.get(label, ("stratum", label)) for label in sorted(within))
        same.append((tuple(("unit", label) for label in sorted(here)), called))
    return CommunesAndStrata(alias, tuple(same))


def _reached(
    unit: str, strata: Mapping[str, set[str]], communes: Mapping[str, set[str]]
) -> tuple[set[str], set[str]]:
    """The communes and strata to which shared people lead from a commune, to strata and back."""
    here, within = {unit}, set[str]()
    while (reached := {stratum for one in here for stratum in strata[one]}) != within:
        within = reached
        here = {one for stratum in within for one in communes[stratum]}
    return here, within


def gives_rows(wave: Wave, questionnaire: Questionnaire) -> bool:
    """Whether people agreed to anonymised rows, by the consent of the version that they answered.

    Rows of leaders, who are few and known, are never given. Made-up rows are nobody's: a wave of them shows what
    such a file is like.
    """
    return (questionnaire.open_rows or wave.simulated) and not questionnaire.population.are_few


def areas(session: Session, people: Respondents) -> dict[str, int]:
    """The area of each commune that people of the sample live in, as open rows tell it; one area alone where
    either would have too few communes."""
    codes = [str(code) for code in people.unit.levels]
    area = {code: TOWN if units.find(session, code).kind == "phường" else COUNTRY for code in codes}
    sides = list(area.values())
    if min(sides.count(TOWN), sides.count(COUNTRY)) < anonymity.FEWEST_UNITS:
        return dict.fromkeys(codes, COUNTRY)
    return area


def communes_by_area(session: Session, people: Respondents) -> list[list[tuple[str, str]]]:
    """The communes of each area: whoever adds up open rows knows the sum of their figures."""
    area_of = areas(session, people)
    listed = sorted(set(area_of.values()))
    return [[("unit", code) for code, area in area_of.items() if area == one] for one in listed]
