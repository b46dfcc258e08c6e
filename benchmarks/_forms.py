"""The forms of a made-up wave in memory, as every figure and check reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np

from analysis.design import Labels, code
from forms import Questionnaire
from survey.integrity.pattern_groups import Turned
from survey.responses.columns import Columns, packed
from survey.responses.respondents import Respondents
from survey.storage.models import Wave, WaveKind

OPENS, DAYS = date(2026, 10, 5), 90  # from a Monday on
PARTS, ROWS = ("items", "about", "groups"), ("place", "weight", "twice", "slips")


@lru_cache(8)
def _ids(seed: int, count: int) -> tuple[UUID, ...]:
    drawn = np.random.default_rng(seed).bytes(16 * count)
    return tuple(sorted(UUID(bytes=drawn[at : at + 16], version=4) for at in range(0, len(drawn), 16)))


@dataclass(frozen=True)
class Forms:
    """N forms, in the order of their ids.

    items   by code, as `Columns` has them
    about   unit, psu, mode, day: (N,) texts; of an open wave psu is ""
    groups  interviewer, keyer, device: (N,) texts, "" for none
    place   (N,) in the sequence of the sheets of its village, −1 where there is no sheet
    twice   (N,) keyed by a second person, too
    slips   (N, K) by how much the first person typed another level of the items of the index
    before  the wave a year earlier
    """

    questionnaire: Questionnaire
    kind: WaveKind
    items: Mapping[str, Any]
    about: Mapping[str, Any]
    groups: Mapping[str, Any]
    place: Any
    weight: Any
    twice: Any
    slips: Any
    seed: int
    before: Forms | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.place)

    @property
    def scored(self) -> tuple[str, ...]:
        """The items of the index, in the order of the form."""
        assert self.questionnaire.index is not None
        within = set(self.questionnaire.index.codes()["index"])
        return tuple(item for item in self.questionnaire.items if item in within)

    @property
    def levels(self) -> Any:
        """(N, K) the answers to the items of the index, −1 for none."""
        return np.stack([self.items[item] for item in self.scored], axis=1)

    def with_levels(self, levels: Any) -> Forms:
        """The same forms with other answers to the items of the index."""
        return self.having({item: levels[:, k].astype(np.int8) for k, item in enumerate(self.scored)})

    def having(self, items: Mapping[str, Any] | None = None, **groups: Any) -> Forms:
        """The same forms with some columns, or bringers, changed."""
        return replace(self, items={**self.items, **(items or {})}, groups={**self.groups, **groups})

    def rows(self, rows: Any) -> Forms:
        """Some of the forms, in this order."""
        parts = {part: {name: column[rows] for name, column in getattr(self, part).items()} for part in PARTS}
        return replace(self, **parts, **{name: getattr(self, name)[rows] for name in ROWS})

    def joined(self, other: Forms, chance: np.random.Generator) -> Forms:
        """With those of another wave, among them at random, as ids are."""
        parts = {
            part: {
                name: np.concatenate([own, getattr(other, part)[name]])
                for name, own in getattr(self, part).items()
            }
            for part in PARTS
        }
        whole = {name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in ROWS}
        both = replace(self, **parts, **whole)
        return both.rows(chance.permutation(len(both)))

    def ids(self) -> list[UUID]:
        """(N,) sorted."""
        return list(_ids(self.seed, len(self)))

    def people(self) -> Respondents:
        """As the product's own sample of the wave."""
        wave = Wave(code="made", kind=self.kind, opens=OPENS, closes=OPENS + timedelta(days=DAYS))
        wave.questionnaire, wave.single_psu = self.questionnaire.digest, "centered"
        columns, rows = Columns(wave.code, self.questionnaire), np.arange(len(self))
        columns.ids, columns.items = packed(self.ids()), dict(self.items)
        columns.adults, columns._order = np.full(len(self), -1, np.int16), rows
        labels = {name: code(texts) for name, texts in self.about.items()}
        columns.about = {name: (list(one.levels), one.codes.astype(np.int32)) for name, one in labels.items()}
        columns.about["marks"] = ([json.dumps([])], np.zeros(len(self), np.int32))
        psu = labels["psu"] if self.kind is WaveKind.SAMPLE else labels["day"]
        return Respondents(
            wave=wave,
            questionnaire=self.questionnaire,
            responses=columns,
            rows=rows,
            unit=labels["unit"],
            stratum=labels["unit"],
            psu=psu,
            mode=labels["mode"],
            day=labels["day"],
            weight=self.weight,
            outside=0,
            rejected=0,
            version=str(UUID(bytes=np.random.default_rng().bytes(16))),
        )

    def brought(self, group: str) -> Labels:
        """Which interviewer, keyer or device brought each."""
        return code(self.groups[group])

    @property
    def pile(self) -> Labels:
        """The pile of paper that each lay in, that of its village."""
        return code(np.where(self.place >= 0, self.about["psu"], ""))

    @property
    def at(self) -> Any:
        """(N,) where in the pile, NaN for none."""
        return np.where(self.place >= 0, self.place, np.nan)

    @property
    def turned(self) -> Turned | None:
        """What the forms keyed twice say of keyers: answers that were no satisfied ones, typed as satisfied."""
        if not self.twice.any():
            return None
        keyer, levels, typed = (
            self.brought("keyer"),
            self.levels[self.twice],
            (self.levels + self.slips)[self.twice],
        )
        bad = (levels > 0) & (levels < 4)
        who, size = keyer.codes[self.twice], len(keyer.levels)
        chances, events = (
            np.bincount(who, counted.sum(1), size).astype(np.int64) for counted in (bad, bad & (typed >= 4))
        )
        keyed = np.flatnonzero(chances)
        return Turned([str(keyer.levels[k]) for k in keyed], chances[keyed], events[keyed])
