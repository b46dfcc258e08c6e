"""What changed in each commune since the wave before, where that one is released and so known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from survey.responses.respondents import Respondents
from survey.results import comparison, releases, verdicts
from survey.results.comparison import Change
from survey.storage.models import Wave
from translations import Refusal


@dataclass(frozen=True)
class UnitChanges:
    """The changes of all communes since `old`, the wave before; None if there was none.

    is_released  whether its figures were; without that there is no change to tell
    changes      by item, value and unit
    """

    wave: Wave
    old: Wave | None
    is_released: bool
    changes: Mapping[tuple[str, str | None, str], Change]

    def of_figure(self, item: str, value: str | None = None) -> dict[str, Change]:
        """The communes' changes in a figure; their words are of all communes together."""
        return self._judged(
            {one.unit: one for key, one in self.changes.items() if key[:2] == (item, value) and one.unit}
        )

    def of_unit(self, unit: str, items: Iterable[str]) -> dict[str, Change]:
        """A commune's changes in these items; their words are of all of them together."""
        found = {item: self.changes.get((item, None, unit)) for item in items}
        return self._judged({item: one for item, one in found.items() if one is not None})

    def _judged(self, together: Mapping[str, Change]) -> dict[str, Change]:
        groups = verdicts.concluded(self.wave, [one.difference for one in together.values()])
        return {
            key: replace(one, verdict=group) for (key, one), group in zip(together.items(), groups, strict=True)
        }


def gather(session: Session, people: Respondents, items: Sequence[str]) -> UnitChanges:
    """The changes in these figures, named as `MeasureRequest.read` takes them."""
    former = comparison.former(session, people.wave) if len(people) else None
    is_released = former is not None and releases.newest(session, former.code) is not None
    if former is None or not is_released or people.questionnaire.index is None:
        return UnitChanges(people.wave, former, is_released, {})
    try:
        compared = comparison.compare(session, comparison.before(session, former), people, items, by_unit=True)
    except Refusal:  # the page of changes says why
        return UnitChanges(people.wave, former, is_released, {})
    changes = {(one.item, one.value, one.unit): one for one in compared.changes if one.unit is not None}
    return UnitChanges(people.wave, former, is_released, changes)
