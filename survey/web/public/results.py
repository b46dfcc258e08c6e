"""Pages: what is released of a wave, for everybody. No figure is computed for a reader: all are the release's."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from survey.data_files import figure_dictionary
from survey.reports import card, issuing, report
from survey.results import questions, release_words, releases, standing_words, wording
from survey.results.releases import Publication
from survey.storage.models import Release, Wave
from survey.system import dates
from survey.system.cache import cached
from survey.waves import unit_search, units, waves
from survey.web import integers, preferences
from survey.web.current import database
from survey.web.public import result_figures, result_words
from survey.web.public.feedback import PORTAL
from survey.web.public.result_figures import Figures
from translations import LANGUAGES, NotFound, language
from translations import gettext as _

FILES: dict[str, tuple[str, str]] = {
    "so-lieu.csv": ("csv", "text/csv; charset=utf-8"),
    "so-lieu.json": ("json", "application/json"),
    "tu-dien.csv": ("dictionary", "text/csv; charset=utf-8"),
    "bao-cao.pdf": ("pdf", "application/pdf"),
    "the.png": ("card", "image/png"),
}
KEPT_SECONDS = 300  # of a picture that is shared


def result_list() -> ResponseReturnValue:
    """The waves of which something is released, the newest first."""
    with database().reading() as session:
        rows = [
            (wave, told)
            for wave in waves.list_all(session)
            if (told := releases.newest_public(session, wave.code)).release or told.withdrawn
        ]
    return render_template("public/result_list.html", rows=rows)


def results(wave: str) -> ResponseReturnValue:
    """The page of a wave.

    tim  letters of a commune that is looked for     noi  a commune's code
    ban  the release before, while it may be read
    """
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        told = releases.newest_public(session, wave_row.code)
        release = _asked(told)
        if release is None:
            over = wave_row.closes < dates.today()
            return render_template("public/no_results.html", wave=wave_row, told=told, over=over)
        if request.args.keys() <= {"lang", "size"}:
            return _page_of_all(session, wave_row, told, release)
        return _page(session, wave_row, told, release)


def _asked(told: Publication) -> Release | None:
    """The release that is shown: the newest public one, or that before it where it is asked for and was not
    withdrawn."""
    number = request.args.get("ban", None, integers.bounded_int)
    if told.release is None or number is None or number == told.release.number:
        return told.release
    if told.former is None or told.former.number != number or told.former.withdrawn is not None:
        raise NotFound("There is no such release to be read. Look at the newest one.")
    return told.former


def _state(session: Session, wave: Wave, told: Publication, release: Release) -> tuple[object, ...]:
    issued = tuple(one.id for one in issuing.list_all(session, wave.code))
    figures = result_figures.state(session, wave, release)
    about = wave.opens, wave.closes, wave.simulated, units.province(session).name
    look = language(), preferences.large_text(), request.args.get("lang"), request.args.get("size")
    if look[2] not in (None, *LANGUAGES) or look[3] not in (None, "normal", "large"):
        look = (*look[:2], "", "")
    return figures, issued, about, look


@cached(_state, len)
def _page_of_all(session: Session, wave: Wave, told: Publication, release: Release) -> str:
    """The page as most people open it, made once."""
    return _page(session, wave, told, release)


def _page(session: Session, wave: Wave, told: Publication, release: Release) -> str:
    figures = result_figures.gather(session, wave, release)
    return render_template(
        "public/results.html",
        wave=wave,
        told=told,
        release=release,
        figures=figures,
        summary=figures.summary,
        finding=result_words.finding(figures.summary, figures.since),
        words=result_words,
        wording=wording,
        standing_words=standing_words,
        correction=release_words.correction(release),
        own=_own(figures),
        blocks=[] if figures.summary.index else list(questions.blocks(figures.summary)),
        files=_files(session, wave, release) if release is told.release and release.approved else [],
        portal=PORTAL,
        outside=current_app.config["BASE_URL"] or "",
    )


def preview(session: Session, wave: Wave, release: Release) -> str:
    """The page as it would be if this release were approved now."""
    return _page(session, wave, Publication(release, None, releases.newest_approved(session, wave.code)), release)


def _own(figures: Figures) -> dict[str, Any]:
    """The commune that the reader asks for: one, or several of the name, or none."""
    words = " ".join(request.args.get("tim", "").split())[: unit_search.LONGEST_WORDS]
    code = units.settled(request.args.get("noi", ""))
    lines = {line.unit.code: line for line in figures.summary.units}
    found = unit_search.matching([line.unit for line in lines.values()], words) if words else []
    line = lines.get(code) or (lines[found[0].code] if len(found) == 1 else None)
    items = list(result_figures.items_of_unit(figures, line.unit.code)) if line else []
    of_place = questions.blocks(figures.summary, line.unit.code) if line and not figures.summary.index else ()
    return {
        "words": words,
        "found": found,
        "line": line,
        "items": items,
        "blocks": list(of_place),
        "asked": bool(words or code),
    }


def _files(session: Session, wave: Wave, release: Release) -> list[tuple[str, str, int]]:
    """What can be taken away: name, what it is, bytes."""
    names = {
        "so-lieu.csv": _("All figures (CSV)"),
        "so-lieu.json": _("All figures (JSON)"),
        "tu-dien.csv": _("What their columns and codes mean (CSV, in Vietnamese and English)"),
    }
    if _issued(session, wave, release) is not None:
        names = {"bao-cao.pdf": _("The report as it was issued (PDF)"), **names}
    return [(name, words, len(_file(session, wave, release, FILES[name][0]))) for name, words in names.items()]


def results_file(wave: str, name: str) -> ResponseReturnValue:
    """A file of the release that is shown."""
    if name not in FILES:
        raise NotFound("There is no such file. Choose one on the page.")
    kind, content_type = FILES[name]
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        content = _file(session, wave_row, releases.require(session, wave_row.code), kind)
    answer = Response(content, content_type=content_type)
    if kind == "card":
        answer.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
    else:
        answer.headers["Content-Disposition"] = f'attachment; filename="{wave}-{name}"'
    return answer


def _file_state(session: Session, wave: Wave, release: Release, kind: str) -> tuple[object, ...]:
    issued = _issued(session, wave, release) if kind == "pdf" else None
    return result_figures.state(session, wave, release), kind, issued


@cached(_file_state, len)
def _file(session: Session, wave: Wave, release: Release, kind: str) -> bytes:
    if kind == "pdf":
        number = _issued(session, wave, release)
        if number is None:
            raise NotFound("There is no such file. Choose one on the page.")
        return issuing.find(session, wave.code, number).pdf
    figures = result_figures.gather(session, wave, release)
    if kind == "dictionary":
        return figure_dictionary.write(session, figures.summary)
    if kind != "card":
        return report.write(figures.summary, kind)
    return card.write(figures.summary, *_on_card(figures))


def _on_card(figures: Figures) -> tuple[str, str]:
    return (
        result_words.finding(figures.summary, figures.since),
        result_words.asked(figures.summary, figures.release),
    )


def _issued(session: Session, wave: Wave, release: Release) -> int | None:
    """The newest report that was issued of this release."""
    return next((one.id for one in issuing.list_all(session, wave.code) if one.release == release.id), None)
