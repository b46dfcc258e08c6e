"""The people of an older wave, in the units of a newer one: who moved when units were merged or divided."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from analysis import Design, Estimate, Measure
from analysis.design import Floats, Labels
from analysis.estimate import ENOUGH_ANSWERS
from analysis.totals import psu_totals
from survey.responses.respondents import Respondents
from survey.results import disclosure
from survey.results.wording import is_hidden
from survey.storage.models import Unit, Wave
from survey.waves import units
from translations import Refusal


@dataclass(frozen=True)
class Rehoused:
    """The people of a wave in the units of a later one.

    homes   old unit -> where its people are now, with the share of them; only units whose people are elsewhere
    shares  (N,) how much of each person is counted there; None if nobody moved
    """

    people: Respondents
    homes: Mapping[str, Mapping[str, float]]
    shares: Floats | None = None

    @property
    def grown(self) -> set[str]:
        """The units that took in others."""
        return {home for old, shares in self.homes.items() for home in shares if home != old}

    def parts(self, unit: Any) -> set[str]:
        """The old units whose people are counted in a unit now."""
        stayed = set() if unit in self.homes else {unit}
        return stayed | {old for old, shares in self.homes.items() if unit in shares}

    @property
    def divided(self) -> set[str]:
        """The units that took in a part of another one."""
        parts = [shares for shares in self.homes.values() if len(shares) > 1]
        return {home for shares in parts for home in shares}

    def counted(self, estimates: Sequence[Estimate], measures: Iterable[Measure]) -> list[Estimate]:
        """The records by unit, with n as the people who are in the unit now.

        Nobody knows who of a divided unit came over. So each of its people counts by the share that did, as in the
        figure: of a hundred of whom 40% came over, 40. Over all units n adds up to the forms that there are.
        """
        if self.shares is None or not self.divided:
            return list(estimates)
        keys = list(measures)
        design = Design(self.shares, single_psu="certainty")
        totals = psu_totals(design, keys, self.people.unit)
        people = {
            (item, value, unit): max(1, round(float(totals.weighted[g, k])))
            for k, (item, value, _statistic) in enumerate(totals.measures)
            for g, unit in enumerate(totals.domains)
        }
        records = []
        for one in estimates:
            if one.n and not is_hidden(one):
                n = people[one.item, one.value, one.domain]
                is_new = n < ENOUGH_ANSWERS and "few" not in one.flags
                one = replace(one, n=n, flags=("few", *one.flags) if is_new else one.flags)
            records.append(one)
        return records

    def hidden(self, estimates: Sequence[Estimate], own: Sequence[Estimate]) -> list[Estimate]:
        """The released records by unit, without those that would give away what the own units' records hide.

        Who holds both tables subtracts an old unit from the one that took it in. So a figure is hidden with any of
        its parts that was hidden or masked: what is left follows from what is shown.

        own  the released records of the same people by the units that they had
        """
        withheld = {(one.item, one.value, one.domain) for one in own if disclosure.is_marked(one)}
        return [
            disclosure.hidden_with(one)
            if any((one.item, one.value, part) in withheld for part in self.parts(one.domain))
            else one
            for one in estimates
        ]


def rehoused(session: Session, people: Respondents, wave: Wave) -> Rehoused:
    """The sample in the units of a later wave.

    A unit names in `replaces` what it took in (`units.taken_in`). Then each record of that counts by the share
    that came over, and by the rest in what nobody took. What was taken in may itself have taken in others before.
    What had happened before the wave opened is in its records already.

    Refused: units that together took in more than all of another one.
    """
    if people.wave.opens >= wave.opens:
        return Rehoused(people, {})
    left = {unit.code for unit in units.answering(session, wave.opens)}
    takers: dict[str, list[tuple[Unit, float]]] = {}
    for unit in units.answering(session):
        for part in units.taken_in(unit):
            before = part.since is not None and part.since <= people.wave.opens and part.code in left
            later = part.since is not None and part.since > wave.opens
            if not before and not later:
                takers.setdefault(part.code, []).append((unit, part.share))
    homes = {str(code): _homes(str(code), takers) for code in people.unit.levels}
    homes = {code: shares_of for code, shares_of in homes.items() if shares_of != {code: 1.0}}
    if not homes:
        return Rehoused(people, {})
    goes = [list(homes.get(str(own), {str(own): 1.0}).items()) for own in people.unit.levels]
    levels = sorted({code_now for unit in goes for code_now, _share in unit})
    many = np.array([len(unit) for unit in goes], np.int64)
    first = np.cumsum(many) - many
    copies = many[people.unit.codes]
    row = np.repeat(np.arange(len(people)), copies)  # of each copy, and which home of its old unit it is in
    home = np.arange(len(row)) - np.repeat(np.cumsum(copies) - copies, copies) + first[people.unit.codes[row]]
    flat = [one for unit in goes for one in unit]
    place = np.array([levels.index(code_now) for code_now, _share in flat], np.int64)
    shares = np.array([share for _code, share in flat])[home]
    moved = replace(
        people,
        rows=people.rows[row],
        unit=Labels(list(levels), place[home]),
        stratum=people.stratum[row],
        psu=people.psu[row],
        mode=people.mode[row],
        day=people.day[row],
        weight=people.weight[row] * shares,
        version=hashlib.sha256(f"{people.version} {sorted(homes.items())}".encode()).hexdigest(),
        calibration=None,
        group_size=None if people.group_size is None else people.group_size[row],
        person=None if people.person is None else people.person[row],
        silent=None if people.silent is None else people.silent[row],
        columns=None if people.columns is None else {code: column[row] for code, column in people.columns.items()},
        former=None,  # the records by the units that they had are hidden beside it
        designs={},
    )
    return Rehoused(moved, homes, shares)


def _homes(
    code: str, takers: Mapping[str, Sequence[tuple[Unit, float]]], passed: Sequence[str] = ()
) -> dict[str, float]:
    """Where the people of a unit are now: shares by unit."""
    shares: dict[str, float] = {}
    parts = [(unit, share) for unit, share in takers.get(code, ()) if unit.code not in passed]
    rest = 1 - sum(share for _unit, share in parts)
    if rest < -1e-9:
        raise Refusal(
            "%(units)s took in more than all of %(code)s. Correct the shares in `replaces` and import the units "
            "again: hailong unit import",
            units=", ".join(unit.name for unit, _share in parts),
            code=code,
        )
    if rest > 1e-9:
        shares[code] = rest
    for unit, share in parts:
        for home, part in _homes(unit.code, takers, (*passed, code)).items():
            shares[home] = shares.get(home, 0.0) + share * part
    return shares
