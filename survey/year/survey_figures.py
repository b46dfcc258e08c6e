"""Figures of the surveys of a year: of citizens and of leaders.

They are those of the newest approved release of the wave that the year names; without one the present data, which
a draft of the year shows and no approved document. What must be hidden of them is hidden here too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from analysis import Estimate
from analysis.points import Spread, spread
from survey.responses.respondents import Respondents, sample
from survey.results import releases, result_table, scores, targets
from survey.results.wording import is_hidden
from survey.storage.models import Unit, Wave, YearRole
from survey.system.cache import cached
from survey.year import year_waves


def estimate(
    session: Session, year: int, role: YearRole | str, item: str, unit: str | None = None
) -> tuple[Estimate | None, Wave | None]:
    """The figure of an item, as `results --item` names it, with its wave; of a unit, or of all.

    No figure: the year names no wave, its questionnaire has no such single figure, or the figure is hidden.
    """
    wave = year_waves.find(session, year, role)
    return (estimates(session, wave, [item], unit).get(item) if wave else None), wave


def estimates(session: Session, wave: Wave, items: Sequence[str], unit: str | None = None) -> dict[str, Estimate]:
    """The figures of several items of a wave that can be shown, by item."""
    people = shown(session, wave)
    known = tuple(sorted({item for item in items if targets.is_single(people.questionnaire, item)}))
    if not known or not len(people):
        return {}
    domain = _domain(session, unit)
    by = () if domain is None else ("unit",)
    table = result_table.released(session, people, known, by, None)
    records = {(one.item, one.value): one for one in table if one.domain == domain}
    scoring = scores.scoring_rule(people.questionnaire, None)
    found: dict[str, Estimate] = {}
    for item in known:
        [measure] = scores.measures(people, scores.MeasureRequest.read(item), scoring)
        record = records.get((measure.item, measure.value))
        if record is not None and not is_hidden(record) and record.estimate is not None:
            found[item] = record
    return found


def shown(session: Session, wave: Wave) -> Respondents:
    """The people whom the figures of a wave rest on: of the newest approved release, else of the present data."""
    return sample(session, wave, releases.newest(session, wave.code))


def combined(session: Session, wave: Wave, slopes: Mapping[str, float], unit: str | None = None) -> Spread:
    """How far chance may have moved a sum of slope × figure over items of one wave."""
    return _combined(shown(session, wave), tuple(sorted(slopes.items())), _domain(session, unit))


@cached(
    lambda people, slopes, unit: (people.version, people.wave.code, people.wave.single_psu, slopes, unit),
    lambda _spread: 100,
)
def _combined(people: Respondents, slopes: tuple[tuple[str, float], ...], unit: str | None) -> Spread:
    scoring = scores.scoring_rule(people.questionnaire, None)
    asked = [scores.measures(people, scores.MeasureRequest.read(item), scoring)[0] for item, _slope in slopes]
    domain = None if unit is None else people.unit
    return spread(result_table.design(people), asked, [slope for _item, slope in slopes], domain, unit)


def _domain(session: Session, unit: str | None) -> str | None:
    """The unit by which a table is divided; None for the province, which is all of it."""
    found = None if unit is None else session.get(Unit, unit)
    return None if found is None or found.parent is None else found.code
