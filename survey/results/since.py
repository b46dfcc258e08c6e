"""What became of a wave's figures since an earlier one, the same on pages and in reports: of the province, and of
its communes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sqlalchemy.orm import Session

from forms import Questionnaire
from survey.responses.respondents import Respondents, sample
from survey.results import comparison, release_words, releases, verdicts, wording
from survey.results.comparison import Change, Comparison
from survey.storage import audit
from survey.storage.models import Release, Wave, WaveKind
from survey.system.cache import FIGURE_BYTES, cached, database_key
from survey.waves import waves
from translations import gettext as _

Figure = tuple[str, str | None]


@dataclass(frozen=True)
class Since:
    """A wave beside an earlier one, `former`: that before it unless another one was asked for.

    is_released  whether everybody is shown figures of that one: without there is nothing to tell
    whole        of the province; None where nothing of it was asked for
    units        of the communes; its words are given by `of_figure` and `of_unit`, for what stands together
    withdrawn    the release of the earlier wave, if it was withdrawn
    """

    wave: Wave
    former: Wave
    is_released: bool
    whole: Comparison | None = None
    units: Comparison | None = None
    withdrawn: Release | None = None

    @property
    def then(self) -> str:
        """The earlier wave within a sentence: năm 2025; by its name, where both are of one year."""
        if self._one_year:
            return _("“%(title)s”", title=self.former.title)
        return _("the survey of %(year)s", year=self.former.opens.year)

    @property
    def head(self) -> str:
        """The earlier wave above a column."""
        return self.former.title if self._one_year else str(self.former.opens.year)

    @property
    def now(self) -> str:
        """The later wave above a column."""
        return self.wave.title if self._one_year else str(self.wave.opens.year)

    @property
    def _one_year(self) -> bool:
        return self.former.opens.year == self.wave.opens.year

    @property
    def tested(self) -> bool:
        """Whether anything can be concluded: an open wave is no sample."""
        return self.wave.kind is WaveKind.SAMPLE

    @property
    def untold(self) -> str:
        """Why nothing is said of change; empty where something is."""
        return "" if self.is_released else release_words.untold(self.former, self.withdrawn)

    @property
    def told(self) -> tuple[object, ...]:
        """What tells one state of it from another."""
        lines = [one for part in (self.whole, self.units) if part for one in part.changes]
        why = self.withdrawn and self.withdrawn.id
        return self.former.title, why, *((one.old.estimate, one.verdict) for one in lines)

    def of(self, item: str, value: str | None = None) -> Change | None:
        """The province's line of a figure; None where it has none."""
        own = (one for one in (self.whole.changes if self.whole else ()) if one.item == item)
        return next((one for one in own if value in (None, one.value)), None)

    def of_figure(self, item: str, value: str | None = None) -> Mapping[str, Change]:
        """The communes' lines of a figure; their words are of all communes together."""
        if (item, value) not in self._words:
            self._words[item, value] = self._judged(self._by_figure.get((item, value), {}))
        return self._words[item, value]

    def of_unit(self, unit: str, items: Iterable[str]) -> Mapping[str, Change]:
        """A commune's lines of these items; their words are of all of them together."""
        wanted = set(items)
        own = ((item, lines.get(unit)) for (item, _value), lines in self._by_figure.items() if item in wanted)
        return self._judged({item: one for item, one in own if one is not None})

    @cached_property
    def _by_figure(self) -> dict[Figure, dict[str, Change]]:
        found: dict[Figure, dict[str, Change]] = {}
        for one in self.units.changes if self.units else ():
            if one.unit is not None:
                found.setdefault((one.item, one.value), {})[one.unit] = one
        return found

    @cached_property
    def _words(self) -> dict[Figure, Mapping[str, Change]]:
        return {}

    def _judged(self, together: Mapping[str, Change]) -> dict[str, Change]:
        groups = verdicts.concluded(self.wave, [one.difference for one in together.values()])
        return {
            key: replace(one, verdict=group) for (key, one), group in zip(together.items(), groups, strict=True)
        }

    def uncompared(self, change: Change | None) -> str:
        """Why a line has no difference."""
        then = self.then
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


def _state(
    session: Session,
    people: Respondents,
    former: Wave | None = None,
    *,
    items: Sequence[str] | None = None,
    units: Sequence[str] = (),
) -> tuple[object, ...]:
    """What tells one state from another: no wave, weight or crosswalk changes without an entry."""
    asked = items if items is None else tuple(items)
    own = people.version, people.wave.code, former and former.code
    return database_key(session), audit.last_change(session), releases.states(session), *own, asked, *units


@cached(_state, lambda made: FIGURE_BYTES * (3 * len(made.units.changes if made and made.units else ()) + 200))
def gather(
    session: Session,
    people: Respondents,
    former: Wave | None = None,
    *,
    items: Sequence[str] | None = None,
    units: Sequence[str] = (),
) -> Since | None:
    """What became of a wave's figures; None where no wave came before it, or nobody answered it.

    former  the wave that it stands beside, instead of the one before
    items   what of the province is compared, as `comparison.compare` takes it; `measures` unless given
    units   what of each commune
    """
    former = former or comparison.former(session, people.wave)
    if former is None or not len(people):
        return None
    shown = releases.newest_public(session, former.code)
    if shown.release is None:  # nobody sees a figure of it
        return Since(people.wave, former, False, withdrawn=shown.withdrawn)
    then = comparison.before(session, former)
    asked = measures(people.questionnaire) if items is None else items
    whole = comparison.compare(session, then, people, asked) if asked else None
    by_unit = comparison.compare(session, then, people, units, by_unit=True) if units else None
    return Since(people.wave, former, True, whole, by_unit)


def of_report(session: Session, people: Respondents) -> Since | None:
    """What a report says of change: of each commune its index with its parts, as far as that is a sample's."""
    questionnaire, is_open = people.questionnaire, people.wave.kind is WaveKind.OPEN
    if questionnaire.index is None or questionnaire.population.rates_units or is_open:
        return gather(session, people)
    return gather(session, people, units=[*questionnaire.index.codes()])


def of_release(session: Session, release: Release) -> Since | None:
    """The same of what a release holds."""
    return of_report(session, sample(session, waves.find(session, release.wave), release))


def measures(questionnaire: Questionnaire) -> list[str]:
    """What of a province is compared: the index, its areas, factors and items, and the value that matters of each
    headline."""
    headlines = [f"{one.item}={one.value}" for one in questionnaire.headlines]
    if questionnaire.index is None:
        return headlines
    areas = questionnaire.index.areas
    parts = [*(area.code for area in areas), *(factor.code for area in areas for factor in area.factors)]
    return ["index", *(f"index:{code}" for code in parts), *questionnaire.index.codes()["index"], *headlines]
