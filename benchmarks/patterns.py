"""How long the patterns of a wave take, and how much memory beside its answers.

python benchmarks/patterns.py            36,450 forms of 89 items, 25 villages a commune
python benchmarks/patterns.py 28         28 times as many: 1,020,600, each village once again under another name
"""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import replace
from typing import Any

import _honest_waves
import numpy as np
from _honest_waves import World

from analysis.design import Labels
from survey.integrity import patterns
from survey.responses.respondents import Respondents


def many(people: Respondents, times: int) -> Respondents:
    """The same answers again and again, in villages of their own."""
    labels: dict[str, Any] = {
        name: tiled(getattr(people, name), times) for name in ("unit", "stratum", "mode", "day")
    }
    psu = again(people.psu, times)
    weight = np.tile(people.weight, times)
    return replace(people, rows=np.tile(people.rows, times), weight=weight, psu=psu, **labels)


def tiled(labels: Labels, times: int) -> Labels:
    return Labels(labels.levels, np.tile(labels.codes, times))


def again(labels: Labels, times: int) -> Labels:
    """Each time other ones."""
    size = len(labels.levels)
    codes = [np.where(labels.codes < 0, -1, labels.codes + k * size) for k in range(times)]
    return Labels([f"{k} {name}" for k in range(times) for name in labels.levels], np.concatenate(codes))


def memory() -> float:
    """The most that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(times: int) -> None:
    """CPU and memory of all tests."""
    wave = _honest_waves.wave(World("large", villages=25), 1)
    assert wave.before is not None
    people = many(wave.people(), times)
    groups: dict[str, Any] = {name: again(wave.brought(name), times) for name in wave.groups}
    before, pile, place = wave.before.people(), again(wave.pile, times), np.tile(wave.at, times)
    start, had = time.process_time(), memory()
    found = patterns.of(people, groups, before, pile, place, wave.turned)
    print(
        f"{len(people):,} forms, {len(people.questionnaire.items)} items, {len(found):,} tests: "
        f"{time.process_time() - start:.1f} s of CPU, {memory() - had:.0f} MB more than the answers ({had:.0f} MB)"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
