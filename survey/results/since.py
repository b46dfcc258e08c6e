"""What became of a wave's figures since the wave before it: of the province, and of its communes."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from forms import Questionnaire
from survey.responses.respondents import Respondents, sample
from survey.results import comparison, releases, wording
from survey.results.comparison import Change, Comparison
from survey.storage.models import Release, Wave, WaveKind
from survey.waves import waves
from translations import gettext as _


@dataclass(frozen=True)
class Since:
    """The wave before, and what is said of it.

    whole    index, its parts and items, and headlines of the province; None where that wave is not released
    units    the index of each commune, whose words stand together; None of an open wave, of leaders, and where no
             index was asked
    parts    the index and its parts of each commune, of which only the figures of then are told
    withdrawn  the release of that wave, if it was withdrawn
    """

    former: Wave
    whole: Comparison | None = None
    units: Comparison | None = None
    parts: Comparison | None = None
    withdrawn: Release | None = None

    @property
    def told(self) -> tuple[object, ...]:
        """What tells one state of it from another."""
        changes = (one.changes for one in (self.whole, self.units, self.parts) if one is not None)
        why = self.withdrawn and self.withdrawn.id
        return self.former.title, why, *((one.old.estimate, one.verdict) for lines in changes for one in lines)

    def of(self, item: str, value: str | None = None) -> Change | None:
        """The province's line of a figure; None where it has none."""
        return _line(self.whole, item, value, None)

    def unit(self, code: str) -> Change | None:
        """The line of a commune's index."""
        return _line(self.units, "index", None, code)

    def part(self, item: str, code: str) -> Change | None:
        """The line of a part of a commune's index."""
        return _line(self.parts, item, None, code)


def of_release(session: Session, release: Release) -> Since | None:
    """What became of the figures since the wave before, in what a release holds."""
    return gather(session, sample(session, waves.find(session, release.wave), release))


def gather(session: Session, people: Respondents) -> Since | None:
    """What became of the figures of a wave; None where no wave came before it, or nobody answered it."""
    wave, questionnaire = people.wave, people.questionnaire
    former = comparison.former(session, wave)
    if former is None or not len(people):
        return None
    shown = releases.newest_public(session, former.code)
    if shown.release is None:  # nobody sees a figure of it
        return Since(former, withdrawn=shown.withdrawn)
    then = comparison.before(session, former)
    whole = comparison.compare(session, then, people, measures(questionnaire))
    if questionnaire.index is None or questionnaire.asks_leaders or wave.kind is WaveKind.OPEN:
        return Since(former, whole)
    units, parts = (
        comparison.compare(session, then, people, items, by_unit=True)
        for items in (["index"], [*questionnaire.index.codes()])
    )
    return Since(former, whole, units, parts)


def measures(questionnaire: Questionnaire) -> list[str]:
    """What of a province is compared: the index, its areas, factors and items, and the value that matters of each
    headline."""
    headlines = [f"{one.item}={one.value}" for one in questionnaire.headlines]
    if questionnaire.index is None:
        return headlines
    areas = questionnaire.index.areas
    parts = [*(area.code for area in areas), *(factor.code for area in areas for factor in area.factors)]
    return ["index", *(f"index:{code}" for code in parts), *questionnaire.index.codes()["index"], *headlines]


def uncompared(change: Change | None, then: str) -> str:
    """Why a figure has no difference to that of `then`, the wave before as it is called within a sentence."""
    if change is not None and change.breaks:
        reasons = " ".join(map(str, change.breaks))
        return _("It is not compared with %(then)s. %(reasons)s", then=then, reasons=reasons)
    if change is not None and wording.is_hidden(change.new):
        return _("It is not compared with %(then)s, because its figure is hidden now.", then=then)
    if change is not None and wording.is_hidden(change.old):
        return _("It is not compared with %(then)s, because the figure of then is hidden.", then=then)
    if change is not None and change.new.estimate is None:
        return _("It is not compared with %(then)s, because nobody answered now.", then=then)
    return _("There is no figure of %(then)s to compare it with.", then=then)


def _line(compared: Comparison | None, item: str, value: str | None, unit: str | None) -> Change | None:
    """`value`: of an item with several lines."""
    changes = compared.changes if compared else ()
    own = (one for one in changes if one.item == item and one.unit == unit)
    return next((one for one in own if value in (None, one.value)), None)
