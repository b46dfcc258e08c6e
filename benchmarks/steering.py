"""How often steering is found that was planted in honest waves, and how often an honest one is flagged.

    python benchmarks/steering.py 20             20 honest waves of each kind, half as many of each steering
    python benchmarks/steering.py 100 --write    and writes what page and docs tell, wave after wave: a run that is
                                                 cut says of how many waves its figures are

Honest waves are made (`_honest_waves.py`, `_honest_links.py`), one hand's steering is planted in each
(`_plants.py`), and the product's own checks look at both. Found: a steered group (person, device, village,
commune, mode) is named within the first ten findings, by one that `passes` the test corrected for all that are
looked at together, or that is only a sign. Moved: how far the index (or the share of bribes, where these are
removed) of the province, and of the commune that is moved most, goes by it, on average.
"""

from __future__ import annotations

import csv
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass, field, fields
from typing import Any

import _honest_links
import _honest_waves
import numpy as np
from _forms import Forms
from _honest_waves import World
from _plants import Planted, by_one_hand, flood, meetings, raised, turned, without_bribery
from _steering_words import DOCUMENT, written

from analysis.estimate import estimate
from survey.integrity import alike_forms, arrivals, patterns, trials
from survey.integrity.trials import Trial
from survey.results import result_table, scores
from survey.results.scores import MeasureRequest
from survey.storage.models import WaveKind

FIRST = 10  # findings in which a steered group has to be named
BRIBES = "C6"
SHARES = (0.05, 0.1, 0.2)
EVERY = 2  # second honest wave of these worlds is steered
STEERED = (World("usual"), World("open link", villages=0, total=3000))


@dataclass(frozen=True)
class Steering:
    """One kind of steering: what is done, where, to which share of the forms there, and which figure moves."""

    code: str
    where: str
    share: float
    plant: Callable[[Forms, np.random.Generator], Planted]
    figure: str = "index"


HONEST = Steering("", "", 0.0, lambda forms, _r: Planted(forms, frozenset()))


def steerings(world: World) -> list[Steering]:
    """All that is tried in waves of a world."""
    if world.total:
        return [*_floods(), Steering("meetings", "communes", 0.2, meetings)]
    places = {"wave": SHARES, "keyer": (0.1,), "commune": (0.2,), "village": (1.0,)}
    one_hand = [
        Steering(fill, where, share, lambda w, r, a=(fill, where, share): by_one_hand(w, *a, r))
        for fill in ("random", "copied", "best", "sensible", "skilled")
        for where, shares in places.items()
        for share in shares
    ]
    return [
        *one_hand,
        Steering("raised", "communes", 1.0, raised),
        Steering("bribery", "mode", 1.0, without_bribery, BRIBES),
        Steering("turned", "keyer", 0.1, turned),
    ]


def _floods() -> list[Steering]:
    return [
        Steering(f"{fill}-{name}", of, share, lambda w, r, a=(fill, of, share, days): flood(w, *a, r))
        for fill in ("worst", "drawn")
        for name, days in (("burst", 1), ("weeks", 42))
        for of, shares in (("wave", SHARES), ("commune", (0.2, 1.0)))
        for share in shares
    ]


def worlds() -> list[World]:
    """The kinds of honest waves of the published table."""
    return [
        World("usual"),
        World("usual", villages=4),
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


def figures(forms: Forms, figure: str) -> dict[Any, float]:
    """A figure of the province (None) and of each commune, in points: the index, or a share of any but 1."""
    people = forms.people()
    item = people.questionnaire.items.get(figure)
    asked = MeasureRequest(figure, item and tuple(value for value in item.valid if value > 1))
    measure = scores.measures(people, asked, scores.scoring_rule(people.questionnaire, None))
    design = result_table.design(people)
    found = [*estimate(design, measure), *estimate(design, measure, people.unit)]
    return {one.domain: 100 * (one.estimate or 0.0) for one in found}


def named(said: Iterable[tuple[str, str, str]], groups: frozenset[tuple[str, str]]) -> tuple[bool, bool]:
    """Whether a steered group is named within the first ten findings: by one that passes, by any."""
    first = [sign for kind, group, sign in list(said)[:FIRST] if (kind, group) in groups]
    return "passes" in first, bool(first)


@dataclass
class Count:
    """How often a kind of steering was found in a kind of wave, and how far it moved them together."""

    world: World
    steering: Steering
    waves: int = 0
    found: tuple[int, int] = (0, 0)
    moved: tuple[float, float] = (0.0, 0.0)

    def trial(self) -> Trial:
        """The row of the table."""
        what, by = self.steering, (round(one / max(self.waves, 1), 2) for one in self.moved)
        return Trial(
            self.world.name, self.world.villages, what.code, what.where, what.share, self.waves, *self.found, *by
        )


@dataclass
class Table:
    """All counts of one kind of wave, the honest one first."""

    world: World
    counts: list[Count] = field(default_factory=list)

    def __post_init__(self) -> None:
        planted = steerings(self.world) if self.world in STEERED else []
        self.counts = self.counts or [Count(self.world, one) for one in (HONEST, *planted)]

    def add(self, seed: int) -> None:
        """One wave more: as it is, and steered in each way, if it is its turn."""
        wave = made(self.world, seed)
        steered = self.counts[1:] if seed % EVERY == 0 else []
        signs = {sign for _kind, _group, sign in findings(wave)}
        _add(self.counts[0], ("passes" in signs, bool(signs)), (0.0, 0.0))
        before = {figure: figures(wave, figure) for figure in {one.steering.figure for one in steered}}
        for one in steered:
            after, was = one.steering.plant(wave, np.random.default_rng([seed, 3])), before[one.steering.figure]
            now = figures(after.forms, one.steering.figure)
            most = max((now[unit] - was[unit] for unit in was if unit is not None), key=abs)
            _add(one, named(findings(after.forms), after.groups), (now[None] - was[None], most))


def _add(count: Count, found: tuple[bool, bool], moved: tuple[float, float]) -> None:
    count.waves += 1
    count.found = count.found[0] + found[0], count.found[1] + found[1]
    count.moved = count.moved[0] + moved[0], count.moved[1] + moved[1]


def main(waves: int, write: bool) -> None:
    """The tables: of honest waves, then of steered ones."""
    tables, start = [Table(world) for world in worlds()], time.monotonic()
    for seed in range(1, waves + 1):
        for table in tables:
            table.add(seed)
        if write:
            _write(_rows(tables))
        print(f"{seed} of {waves} waves, {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    columns = [one.name for one in fields(Trial)]
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for row in _rows(tables):
        print(f"| {' | '.join(map(str, astuple(row)))} |")


def _rows(tables: Iterable[Table]) -> list[Trial]:
    counts = [one for table in tables for one in table.counts if one.waves]
    return [one.trial() for one in sorted(counts, key=lambda one: one.steering is not HONEST)]


def _write(rows: Sequence[Trial]) -> None:
    with trials.FILE.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([one.name for one in fields(Trial)])
        writer.writerows(astuple(row) for row in rows)
    trials.trials.cache_clear()
    DOCUMENT.write_text(written(DOCUMENT.read_text("utf-8")), encoding="utf-8")


if __name__ == "__main__":
    parser = ArgumentParser(description="How often steering is found, and how often an honest wave is flagged.")
    parser.add_argument("waves", nargs="?", type=int, default=20, help="honest waves of each kind")
    parser.add_argument("--write", action="store_true", help="write survey/integrity/trials.csv and its docs")
    chosen = parser.parse_args()
    main(chosen.waves, chosen.write)
