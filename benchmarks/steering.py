"""How often steering is found that was planted in honest waves, and how often an honest one is flagged.

    python benchmarks/steering.py [WAVES]
    python benchmarks/steering.py 100 write     and writes what page and docs tell

Honest waves are made (`_honest_waves.py`, `_honest_links.py`), one hand's steering is planted in each
(`_plants.py`), and the product's own checks look at both. Found: a steered group (person, device, village,
commune, mode) is named within the first ten findings, by one that `passes` the test corrected for all that are
looked at together, or that is only a sign. Moved: how far the index of the province, and of the commune that is
moved most, goes by it, on average.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Any

import _honest_links
import _honest_waves
import numpy as np
from _forms import Forms
from _honest_waves import World
from _plants import Planted, by_one_hand, flood, raised, turned, without_bribery
from _steering_words import DOCUMENT, written

from analysis.estimate import estimate
from survey.integrity import alike_forms, arrivals, patterns, trials
from survey.integrity.trials import Trial
from survey.results import result_table, scores
from survey.results.scores import MeasureRequest
from survey.storage.models import WaveKind

FIRST = 10  # findings in which a steered group has to be named
SHARES = (0.05, 0.1, 0.2)
STEERED = (World("usual"), World("usual", villages=9), World("open link", villages=0, total=3000))


@dataclass(frozen=True)
class Steering:
    """One kind of steering: what is done, where, to which share of the forms there."""

    code: str
    where: str
    share: float
    plant: Callable[[Forms, np.random.Generator], Planted]


def steerings(world: World) -> list[Steering]:
    """All that is tried in waves of a world."""
    if world.total:
        return [
            Steering(f"{fill}-{name}", of, share, lambda w, r, a=(fill, of, share, days): flood(w, *a, r))
            for fill in ("worst", "drawn")
            for name, days in (("burst", 1), ("weeks", 42))
            for of in ("wave", "commune")
            for share in SHARES
        ]
    places = [("wave", SHARES), ("keyer", SHARES), ("commune", SHARES), ("village", (*SHARES, 1.0))]
    one_hand = [
        Steering(fill, where, share, lambda w, r, a=(fill, where, share): by_one_hand(w, *a, r))
        for fill in ("random", "copied", "best", "sensible", "skilled")
        for where, shares in places
        for share in shares
    ]
    return [
        *one_hand,
        Steering("raised", "communes", 1.0, raised),
        Steering("bribery", "mode", 1.0, without_bribery),
        Steering("turned", "keyer", 0.1, turned),
    ]


def worlds() -> list[World]:
    """The kinds of honest waves of the published table."""
    return [
        World("usual"),
        World("usual", villages=4),
        World("usual", villages=9),
        World("less satisfied", satisfied=0.85),
        World("more satisfied", satisfied=0.93),
        World("neighbours very alike", icc=0.1),
        World("neighbours hardly alike", icc=0.03),
        World("every sixth ticks one level", straight=0.17),
        World("people ask very differently", asker=0.3, effect=0.4),
        World("some villages fill in together", villages=4, meeting=0.1),
        World("villages of 9 to 45 forms", villages=4, uneven=True),
        World("much changed in a year", change=0.4),
        World("five people key", keyers=5),
        World("open link", villages=0, total=3000),
        World("open link, few forms", villages=0, total=1000),
        World("open link, many forms", villages=0, total=12_000),
        World("open link, meetings where all send", villages=0, total=3000, meeting=0.2),
    ]


def made(world: World, seed: int) -> Forms:
    """An honest wave."""
    return (_honest_links if world.total else _honest_waves).wave(world, seed)


def findings(forms: Forms) -> list[tuple[str, str, str]]:
    """What the product's checks say of a wave, the most striking first: kind of group, group, sign."""
    people, groups = forms.people(), {name: forms.brought(name) for name in forms.groups}
    before = None if forms.before is None else forms.before.people()
    tested = patterns.of(people, groups, before, forms.pile, forms.at, forms.turned)
    said = [(one.p, one.group_kind, one.group, str(one.sign)) for one in tested if one.sign]
    if forms.kind is WaveKind.OPEN:
        told = [*arrivals.of(people), *alike_forms.of(people)]
        said += [(one.p, "commune", one.unit, "passes") for one in told]
    return [(kind, group, sign) for _p, kind, group, sign in sorted(said)]


def index(forms: Forms) -> dict[Any, float]:
    """The index of the province (None) and of each commune, in points."""
    people = forms.people()
    rule = scores.scoring_rule(people.questionnaire, None)
    measure = scores.measures(people, MeasureRequest("index"), rule)
    design = result_table.design(people)
    figures = [*estimate(design, measure), *estimate(design, measure, people.unit)]
    return {one.domain: 100 * (one.estimate or 0.0) for one in figures}


def named(said: Iterable[tuple[str, str, str]], groups: frozenset[tuple[str, str]]) -> tuple[bool, bool]:
    """Whether a steered group is named within the first ten findings: by one that passes, by any."""
    first = [sign for kind, group, sign in list(said)[:FIRST] if (kind, group) in groups]
    return "passes" in first, bool(first)


def tried(world: World, waves: int, planted: Sequence[Steering]) -> list[Trial]:
    """How often anything is found in honest waves; then how often each kind of steering is, and what it moves."""
    found, moved = np.zeros((len(planted) + 1, 2), int), np.zeros((len(planted) + 1, 2))
    for seed in range(1, waves + 1):
        wave = made(world, seed)
        signs = {sign for _kind, _group, sign in findings(wave)}
        found[0] += ("passes" in signs, bool(signs))
        was = index(wave) if planted else {}
        for at, one in enumerate(planted, 1):
            after = one.plant(wave, np.random.default_rng([seed, 3]))
            found[at] += named(findings(after.forms), after.groups)
            now = index(after.forms)
            most = max((now[unit] - was[unit] for unit in was if unit is not None), key=abs)
            moved[at] += (now[None] - was[None], most)
    what = [("", "", 0.0), *((one.code, one.where, one.share) for one in planted)]
    return [
        Trial(world.name, world.villages, *which, waves, *counts, *by)
        for which, counts, by in zip(what, found.tolist(), (moved / waves).round(2).tolist(), strict=True)
    ]


def main(waves: int, write: bool) -> None:
    """The tables: of honest waves, then of steered ones."""
    rows: list[Trial] = []
    print("| honest waves | villages | waves | passes | signs |\n|---|---|---|---|---|")
    for world in worlds():
        rows += tried(world, waves, [])
        print(_line(rows[-1], "world villages waves passes signs"), flush=True)
    columns = "steering where share villages waves passes signs province commune"
    print(f"\n| {columns.replace(' ', ' | ')} |\n|{'---|' * 9}")
    for world in STEERED:
        for row in tried(world, max(5, waves // 4), steerings(world))[1:]:
            rows.append(row)
            print(_line(row, columns), flush=True)
    if write:
        with trials.FILE.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow([field.name for field in fields(Trial)])
            writer.writerows(astuple(row) for row in rows)
        DOCUMENT.write_text(written(DOCUMENT.read_text("utf-8")), encoding="utf-8")


def _line(row: Trial, columns: str) -> str:
    return "| " + " | ".join(str(getattr(row, name)) for name in columns.split()) + " |"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20, "write" in sys.argv[2:])
