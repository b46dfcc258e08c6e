"""The blueprint of the staff's pages, and the figures of a wave that most of them print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from flask import Blueprint, Response, current_app, g, request
from flask_login import current_user
from sqlalchemy.orm import Session

from analysis import Estimate
from survey import integers, waves
from survey.database import database
from survey.lately import VIETNAM, Kept, Lately
from survey.models import Mode, Release, Role, Wave
from survey.people.accounts import ROLE_NAMES
from survey.results import releases, summary, wording
from survey.results.summary import Summary
from survey.sample import Sample, sample
from translations import N_, formats, language, ngettext
from translations import gettext as _

T = TypeVar("T")
FRESH = timedelta(seconds=30)  # of what is younger, nobody need be told its age

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


# What pages show while answers come in; what is released never changes.
_summaries: Lately[Summary] = Lately(lambda said: said.collection.collected)
_samples: Lately[Sample] = Lately(len)


def summary_of(wave: str, *, now: bool = False) -> Summary:
    """All that is said of a wave: of its present data, or of the release that `?ban=` numbers.

    now  for a file that is taken away: its data are never those of a moment ago
    """
    number = request.args.get("ban", None, integers.asked)
    with database().reading() as session:
        if number is not None:
            release = releases.find(session, waves.find(session, wave).code, number)
            return summary.gather(session, wave, release=release)
        if now:
            return summary.gather(session, wave)
        of = (database().url, wave, language())
        return told(_summaries.get(of, lambda: summary.gather(session, wave)))


def people_of(session: Session, wave: Wave, release: Release | None) -> Sample:
    """The sample of a wave, or of a release, as its pages show it."""
    if release is not None:
        return sample(session, wave, release)
    return told(_samples.get((database().url, wave.code), lambda: sample(session, wave)))


def told(kept: Kept[T]) -> T:
    """What is given, and on the page since when, where that is not now."""
    if kept.at < datetime.now(VIETNAM) - FRESH:
        g.as_of = min(kept.at, g.get("as_of", kept.at))
    return kept.value


@pages.after_request
def _forget(answer: Response) -> Response:
    """Whoever changes something sees what has come of it."""
    if request.method == "POST":
        _summaries.forget()
        _samples.forget()
    return answer


def keys(records: Iterable[Estimate]) -> list[str]:
    """What stands under a table: each mark that some of its records carry, and each reason why one is hidden."""
    records = list(records)
    marks = [wording.key(sign) for sign in wording.MARKS.values() if sign in map(wording.mark, records)]
    return marks + list(dict.fromkeys(wording.remark(record) for record in records if wording.is_hidden(record)))


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


@pages.app_template_filter("role")
def role_name(role: Role) -> str:
    """The name of a role in the language of the moment."""
    return _(ROLE_NAMES[role])
