"""The figures of a wave, as most pages of staff print them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

from flask import g, request
from flask_login import current_user
from sqlalchemy.orm import Session

from analysis import Estimate
from survey.accounts.accounts import Right
from survey.fieldwork import checks
from survey.integrity import pattern_list, unusual
from survey.responses.respondents import Respondents, sample
from survey.results import figure_marks, releases, wording
from survey.results.summary import Summary
from survey.storage import audit
from survey.storage.database import Database
from survey.storage.models import Release, Wave
from survey.system import dates
from survey.system.cache import VIETNAM, CachedValue, StaleCache, database_key
from survey.waves import waves
from survey.web import integers
from survey.web.current import database
from translations import Refusal, language

T = TypeVar("T")
FRESH = timedelta(seconds=30)  # of what is younger, nobody need be told its age
MOST_WARM = 4  # waves whose figures are made before anybody asks


class WaveFigures(NamedTuple):
    """A wave at one moment: what is said of it, and the sample that this was computed from."""

    summary: Summary
    people: Respondents


# What pages show while answers come in; what is released never changes.
_moments: StaleCache[WaveFigures] = StaleCache(
    lambda moment: moment.summary.collection.collected, lambda moment: moment.people.nbytes
)


def figures_of(wave: str, *, now: bool = False) -> WaveFigures:
    """A wave as its pages show it: the release that is shown, once nothing came since; else its present data,
    which are a draft; or the release that `?ban=` numbers, where 0 are the present data, whatever is released. Who
    reads no rows is never shown the present data beside a release (`_for_reader`).

    now  for a file that is taken away: its data are never those of a moment ago

    What the audit trail tells of shows at once, whichever process did it; a form that came in, a while later. Who
    sends something is never asked to come again (`Busy`): what they wrote would be lost.
    """
    number = request.args.get("ban", None, integers.bounded_int)
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        release = releases.find(session, wave_row.code, number) if number else None
        if release is None:
            release = _for_reader(session, wave_row, number is None)
        if now or number or request.method == "POST":
            return _moment(session, wave_row, release)
        return shown_value(_present(session, wave_row, release))


def _for_reader(session: Session, wave: Wave, released: bool) -> Release | None:
    """What is shown where no release was asked for: None are the present data.

    Of a wave that was released, these less the release are the forms that came since, be it one of a known hour.
    So who may not read responses one by one reads the release approved last, withdrawn or not.

    released  whether the release that is shown may stand for the present data, if nothing came since
    """
    if not current_user.may(Right.ROWS) and (known := releases.newest_approved(session, wave.code)) is not None:
        return known
    return _standing(session, wave) if released else None


def _standing(session: Session, wave: Wave) -> Release | None:
    """The release that is shown, if nothing came since."""
    shown = releases.newest(session, wave.code)
    return shown if shown is not None and releases.is_current(session, wave, shown) else None


def _moment(session: Session, wave: Wave, release: Release | None = None) -> WaveFigures:
    return WaveFigures(unusual.gather(session, wave.code, release=release), sample(session, wave, release))


def _present(session: Session, wave: Wave, release: Release | None = None) -> CachedValue[WaveFigures]:
    name = database_key(session), wave.code, language(), release and release.id
    return _moments.get(name, lambda: _moment(session, wave, release), audit.last_change(session))


def precompute(database: Database) -> None:
    """Makes what the pages show of the waves that run and of those that ended last, so that nobody waits for it
    after the server has started.

    Whoever opens such a page meanwhile is asked to come again in a few seconds, as always (`Busy`).
    """
    with database.reading() as session:
        begun = [wave for wave in waves.list_all(session) if wave.opens <= dates.today()]
        begun.sort(key=lambda wave: min(wave.closes, dates.today()), reverse=True)
        for wave in begun[:MOST_WARM]:
            with suppress(Refusal):  # the page itself will say it
                _present(session, wave, _standing(session, wave))
                checks.inspect(session, wave)
                if (shown := releases.newest(session, wave.code)) is not None:
                    _moment(session, wave, shown)
        for wave in begun[:MOST_WARM]:  # seconds each, in large ones: after what most people open
            with suppress(Refusal):
                pattern_list.look(session, wave)


def summary_of(wave: str, *, now: bool = False) -> Summary:
    """What is said in `figures_of`."""
    return figures_of(wave, now=now).summary


def shown_value(cached: CachedValue[T]) -> T:
    """What is given, and on the page since when, where that is not now."""
    if cached.at < datetime.now(VIETNAM) - FRESH:
        g.as_of = min(cached.at, g.get("as_of", cached.at))
    return cached.value


def keys(records: Iterable[Estimate]) -> list[str]:
    """What stands under a table: each mark that some of its records carry, and each reason why one is hidden."""
    records = list(records)
    return figure_marks.legend(records) + list(
        dict.fromkeys(wording.remark(record) for record in records if wording.is_hidden(record))
    )
