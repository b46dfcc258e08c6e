"""What changed in each commune since the wave before, where that one is released and so known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sqlalchemy.orm import Session

from survey.responses.respondents import Respondents
from survey.results import comparison, releases, verdicts
from survey.results.comparison import Change
from survey.storage import audit
from survey.storage.models import Release, Wave
from survey.system.cache import FIGURE_BYTES, cached, database_key
from translations import Refusal


@dataclass(frozen=True)
class UnitChanges:
    """The changes of all communes since `old`, the wave before; None if there was none.

    is_released  whether its figures are; without that there is no change to tell
    changes      by item, value and unit
    withdrawn    its release, if that was withdrawn
    """

    wave: Wave
    old: Wave | None
    is_released: bool
    changes: Mapping[tuple[str, str | None, str], Change]
    withdrawn: Release | None = None

    def of_figure(self, item: str, value: str | None = None) -> dict[str, Change]:
        """The communes' changes in a figure; their words are of all communes together."""
        return self._judged(self._by_figure.get((item, value), {}))

    @cached_property
    def _by_figure(self) -> dict[tuple[str, str | None], dict[str, Change]]:
        found: dict[tuple[str, str | None], dict[str, Change]] = {}
        for (item, value, unit), one in self.changes.items():
            found.setdefault((item, value), {})[unit] = one
        return found

    def of_unit(self, unit: str, items: Iterable[str]) -> dict[str, Change]:
        """A commune's changes in these items; their words are of all of them together."""
        wanted = set(items)
        return self._judged(
            {item: one for (item, _value, place), one in self.changes.items() if place == unit and item in wanted}
        )

    def _judged(self, together: Mapping[str, Change]) -> dict[str, Change]:
        groups = verdicts.concluded(self.wave, [one.difference for one in together.values()])
        return {
            key: replace(one, verdict=group) for (key, one), group in zip(together.items(), groups, strict=True)
        }


def _state(session: Session, people: Respondents, items: Sequence[str]) -> tuple[object, ...]:
    """What tells one state from another: releases, weights and crosswalks never change without an entry."""
    return database_key(session), people.version, people.wave.code, audit.last_change(session), *items


@cached(_state, lambda found: FIGURE_BYTES * (3 * len(found.changes) + 10))
def gather(session: Session, people: Respondents, items: Sequence[str]) -> UnitChanges:
    """The changes in these figures, named as `MeasureRequest.read` takes them."""
    former = comparison.former(session, people.wave) if len(people) else None
    shown = releases.newest_public(session, former.code) if former is not None else None
    is_released = shown is not None and shown.release is not None
    if former is None or not is_released or people.questionnaire.index is None:
        return UnitChanges(people.wave, former, is_released, {}, shown.withdrawn if shown else None)
    try:
        compared = comparison.compare(session, comparison.before(session, former), people, items, by_unit=True)
    except Refusal:  # the page of changes says why
        return UnitChanges(people.wave, former, is_released, {})
    changes = {(one.item, one.value, one.unit): one for one in compared.changes if one.unit is not None}
    return UnitChanges(people.wave, former, is_released, changes)
