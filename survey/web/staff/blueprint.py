"""The blueprint of the staff's pages, and the figures of a wave that most of them print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from flask import Blueprint, current_app, g, request
from flask_login import current_user
from sqlalchemy.orm import Session

from analysis import Estimate
from survey.accounts.accounts import ROLE_NAMES
from survey.fieldwork import checks
from survey.responses.respondents import Sample, sample
from survey.results import releases, summary, wording
from survey.results.summary import Summary
from survey.storage import audit
from survey.storage.database import Database
from survey.storage.models import Mode, Release, Role, Unit, Wave
from survey.system import dates
from survey.system.cache import where
from survey.system.stale_cache import VIETNAM, Kept, Lately
from survey.waves import units, waves
from survey.web import integers
from survey.web.current import database
from translations import N_, Refusal, formats, language, ngettext
from translations import gettext as _

T = TypeVar("T")
FRESH = timedelta(seconds=30)  # of what is younger, nobody need be told its age
MOST_WARM = 4  # waves whose figures are made before anybody asks: as many as `_moments` holds

pages = Blueprint("staff", __name__, url_prefix="/quan-tri")

MODE_NAMES = {
    Mode.PHONE: N_("Online"),
    Mode.KIOSK: N_("At a kiosk"),
    Mode.PAPER: N_("On paper"),
    Mode.INTERVIEWER: N_("By an interviewer"),
}

# The pages of a wave's fieldwork, in the order of the work; each takes the wave alone.
FIELDWORK = (
    ("staff.sample", N_("Sample")),
    ("staff.posters", N_("Posters")),
    ("staff.invitations", N_("Invitations")),
    ("staff.kiosks", N_("Kiosks")),
    ("staff.accounting", N_("Paper forms")),
    ("staff.scans", N_("Scans")),
    ("staff.keying", N_("Keying")),
    ("staff.import_file", N_("Typed-up data")),
    ("staff.held", N_("Held forms")),
    ("staff.review", N_("Review")),
    ("staff.reinterviews", N_("Re-interviews")),
    ("staff.response_rates", N_("Response rates")),
    ("staff.weights", N_("Weights")),
)


def fieldwork_tabs() -> list[tuple[str, str]]:
    """Endpoint and name of the fieldwork's pages that the person may open."""
    rights = [getattr(current_app.view_functions.get(endpoint), "right", None) for endpoint, _name in FIELDWORK]
    return [
        (endpoint, _(name))
        for (endpoint, name), right in zip(FIELDWORK, rights, strict=True)
        if right is not None and current_user.may(right)
    ]


# Pages and files of figures: whoever reads a release goes on reading it from one to the next.
OF_FIGURES = frozenset(
    f"staff.{name}"
    for name in (
        "overview", "units", "unit", "items", "table", "table_file", "map", "changes", "series", "modes",
        "targets", "how", "reports", "download", "unit_report", "unit_reports",
    )
)  # fmt: skip


@pages.url_defaults
def same_release(endpoint: str, values: dict[str, Any]) -> None:
    """Keeps `?ban=` in links between the figures of one wave; `ban=None` leaves it out."""
    if endpoint in OF_FIGURES and request and (request.view_args or {}).get("wave") == values.get("wave"):
        values.setdefault("ban", request.args.get("ban"))


class WaveFigures(NamedTuple):
    """A wave at one moment: what is said of it, and the sample that this was computed from."""

    summary: Summary
    people: Sample


# What pages show while answers come in; what is released never changes. Up to four, beside what `kept` counts: as
# long as nothing came in since, they are the same arrays.
_moments: Lately[WaveFigures] = Lately(lambda moment: moment.summary.collection.collected)


def figures_of(wave: str, *, now: bool = False) -> WaveFigures:
    """A wave as its pages show it: its present data, or those of the release that `?ban=` numbers.

    now  for a file that is taken away: its data are never those of a moment ago

    What the audit trail tells of shows at once, whichever process did it; a form that came in, a while later. Who
    sends something is never asked to come again (`Busy`): what they wrote would be lost.
    """
    number = request.args.get("ban", None, integers.bounded_int)
    with database().reading() as session:
        found = waves.find(session, wave)
        release = None if number is None else releases.find(session, found.code, number)
        if now or release is not None or request.method == "POST":
            return _moment(session, found, release)
        return shown_value(_present(session, found))


def _moment(session: Session, wave: Wave, release: Release | None = None) -> WaveFigures:
    return WaveFigures(summary.gather(session, wave.code, release=release), sample(session, wave, release))


def _present(session: Session, wave: Wave) -> Kept[WaveFigures]:
    name = where(session), wave.code, language()
    return _moments.get(name, lambda: _moment(session, wave), audit.last_change(session))


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
                _present(session, wave)
                checks.look(session, wave)
                if (shown := releases.newest(session, wave.code)) is not None:
                    _moment(session, wave, shown)


def summary_of(wave: str, *, now: bool = False) -> Summary:
    """What is said in `figures_of`."""
    return figures_of(wave, now=now).summary


def shown_value(kept: Kept[T]) -> T:
    """What is given, and on the page since when, where that is not now."""
    if kept.at < datetime.now(VIETNAM) - FRESH:
        g.as_of = min(kept.at, g.get("as_of", kept.at))
    return kept.value


def keys(records: Iterable[Estimate]) -> list[str]:
    """What stands under a table: each mark that some of its records carry, and each reason why one is hidden."""
    records = list(records)
    return wording.legend(records) + list(
        dict.fromkeys(wording.remark(record) for record in records if wording.is_hidden(record))
    )


def in_order(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Counts of forms by way of answering, always in the same order."""
    return [(mode.value, counts[mode.value]) for mode in Mode if mode.value in counts]


@pages.context_processor
def words() -> dict[str, object]:
    """Templates put a record into words by `wording` alone; the layout leads to the fieldwork's pages."""
    return {"wording": wording, "fieldwork_tabs": fieldwork_tabs}


@pages.app_template_filter("forms")
def forms(count: int) -> str:
    """36.525 phiếu."""
    return ngettext("%(forms)s form", "%(forms)s forms", count, forms=formats.number(count))


@pages.app_template_filter("size")
def size(octets: int) -> str:
    """The size of a file: 18 KB; 1,4 MB."""
    if octets < 1_000_000:
        return f"{formats.number(max(1, octets / 1000))} KB"
    return f"{formats.number(octets / 1_000_000, 1)} MB"


@pages.app_template_filter("mode")
def mode_name(mode: str) -> str:
    """The way of answering, as a person would say it."""
    return _(MODE_NAMES[Mode(mode)])


@pages.app_template_filter("kind")
def kind_name(unit: Unit) -> str:
    """What a unit is, in the language of the moment, beside its name: phường; in English ward."""
    return units.kind(unit).lower()


@pages.app_template_filter("titled")
def titled(unit: Unit) -> str:
    """A unit with its kind, as it stands alone: Phường Hà Tu; in English Hà Tu Ward."""
    name = units.named(unit)
    return name[:1].upper() + name[1:]


pages.add_app_template_filter(units.named, "named")  # and within a sentence


@pages.app_template_filter("role")
def role_name(role: Role) -> str:
    """The name of a role in the language of the moment."""
    return _(ROLE_NAMES[role])
