"""Pages: the report of a wave as files."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import Response, make_response, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from survey.accounts.accounts import Right
from survey.integrity import kept_account, unusual
from survey.integrity.account import Account
from survey.reports import commune_bundle, report
from survey.responses.respondents import sample
from survey.results import releases, since
from survey.results.summary import Summary
from survey.waves import units, waves
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.staff.blueprint import pages
from survey.web.staff.figures import figures_of, summary_of
from translations import LANGUAGES, N_, NotFound, language

OFFICE = "application/vnd.openxmlformats-officedocument"


@dataclass(frozen=True)
class Kind:
    """A format of the report. `spoken`: whether its words depend on the language."""

    name: str
    what: str
    content_type: str
    spoken: bool


KINDS = {
    "docx": Kind("Word", N_("The report to sign, to edit"), f"{OFFICE}.wordprocessingml.document", True),
    "pdf": Kind("PDF", N_("The report to sign, to print"), "application/pdf", True),
    "xlsx": Kind("Excel", N_("All tables, numbers as numbers"), f"{OFFICE}.spreadsheetml.sheet", True),
    "csv": Kind("CSV", N_("The result table, a line per figure"), "text/csv; charset=utf-8", False),
    "json": Kind("JSON", N_("The result table, for programs"), "application/json", False),
}

# (wave, data, weights, draft, format, language) -> bytes: the size of a file when it was last made of them.
_sizes: dict[tuple[object, ...], int] = {}
MOST_SIZES = 500


@dataclass(frozen=True)
class Download:
    """A file that can be had. `size`: in bytes, None until it was made once from these data."""

    format: str
    kind: Kind
    language: str
    file: str
    size: int | None


@pages.page(
    "/<wave>/bao-cao",
    Right.RESULTS,
    figures=True,
    of_groups=True,
    tab=Tab(5, N_("Reports and release"), "wave", N_("Reports")),
)
def reports(wave: str) -> ResponseReturnValue:
    """The files that can be had, each with its name, kind, and size where it is known."""
    summary = summary_of(wave)
    rows = [
        [_download(summary, format, spoken) for spoken in (LANGUAGES if kind.spoken else [language()])]
        for format, kind in KINDS.items()
    ]
    return render_template("staff/reports.html", summary=summary, wave=summary.wave, rows=rows)


@pages.page(
    "/<wave>/bao-cao/<format>",
    Right.RESULTS,
    act=N_("Downloaded a report"),
    export=True,
    figures=True,
    of_groups=True,
)
def download(wave: str, format: str) -> ResponseReturnValue:
    """The report in a format, in the language of `lang` or of the page."""
    if format not in KINDS:
        raise NotFound("There is no report in the format %(format)s. Choose one on the page.", format=format)
    summary = _beside_the_wave_before(wave)
    spoken = request.args.get("lang", language())
    file = _download(summary, format, spoken if spoken in LANGUAGES else "vi")
    content = report.write(summary, format, file.language, _account(summary) if format in report.LETTERS else None)
    if len(_sizes) >= MOST_SIZES:
        _sizes.clear()
    _sizes[_key(summary, format, file.language)] = len(content)
    answer = Response(content, content_type=file.kind.content_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{file.file}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _beside_the_wave_before(wave: str) -> Summary:
    """What is said of the wave now, with what became of its figures since the wave before."""
    summary, people = figures_of(wave, now=True)
    with database().reading() as session:
        return replace(summary, since=since.of_report(session, people))


def _account(summary: Summary) -> Account:
    """What is told of the wave's integrity, with the counts of what the report is of."""
    with database().reading() as session:
        return kept_account.of(session, waves.find(session, summary.wave.code), summary.release)


@pages.page(
    "/<wave>/bao-cao/xa/<unit>.<format>",
    Right.RESULTS,
    act=N_("Downloaded the report of a commune"),
    export=True,
    figures=True,
)
def unit_report(wave: str, unit: str, format: str) -> ResponseReturnValue:
    """The report of one commune."""
    if format not in report.LETTERS:  # before the figures, which may take a second
        raise _no_unit_report()
    return unit_file(_beside_the_wave_before(wave), units.settled(unit), format)


@pages.page(
    "/<wave>/xa-minh/bao-cao.<format>",
    Right.OWN_RESULTS,
    act=N_("Downloaded the report of their own commune"),
    export=True,
)
def own_report(wave: str, format: str) -> ResponseReturnValue:
    """The report of the reader's own commune, of what is released."""
    with database().reading() as session:
        release = releases.require(session, waves.find(session, wave).code)
        if current_user.unit is None:
            raise _no_unit_report()
        gathered = unusual.gather(session, wave, release=release)
        people = sample(session, waves.find(session, wave), release)
        gathered = replace(gathered, since=since.of_report(session, people))
    return unit_file(gathered, current_user.unit, format)


def unit_file(summary: Summary, code: str, format: str) -> ResponseReturnValue:
    """The report of the unit of this code as a download; refused where it has none, or in another format."""
    line = next((line for line in summary.units if line.unit.code == code), None)
    if line is None or format not in report.LETTERS:
        raise _no_unit_report()
    spoken = request.args.get("lang", language())
    content = report.write_unit(summary, line, format, spoken if spoken in LANGUAGES else "vi")
    answer = Response(content, content_type=KINDS[format].content_type)
    answer.headers["Content-Disposition"] = (
        f'attachment; filename="{"du-thao-" if summary.draft else ""}bao-cao-{summary.wave.code}-{code}.{format}"'
    )
    return answer


def _no_unit_report() -> NotFound:
    return NotFound("There is no such report. Choose one on the page of the commune.")


@pages.form(
    "/<wave>/bao-cao/xa.zip",
    Right.RESULTS,
    N_("Downloaded the reports of all communes"),
    changes_figures=False,
    figures=True,
)
def unit_reports(wave: str) -> ResponseReturnValue:
    """The reports of all communes in one file. It is made beside the pages; until it is there, a page counts."""
    shown = figures_of(wave)
    with database().reading() as session:
        summary = replace(shown.summary, since=since.of_report(session, shown.people))
    spoken = language()
    state = commune_bundle.state(summary, spoken)
    if request.method == "POST" and state.file is None:
        commune_bundle.begin(summary, spoken)
        return redirect(url_for(".unit_reports", wave=wave), 303)
    if state.file is not None:
        with database().writing():  # that it was taken out stands in the audit trail
            pass
        return send_file(state.file, as_attachment=True, download_name=f"bao-cao-{wave}-cac-xa.zip", max_age=0)
    page = make_response(
        render_template("staff/unit_reports.html", wave=summary.wave, summary=summary, state=state)
    )
    if state.done is not None:
        page.headers["Refresh"] = "2"
    return page


def _key(summary: Summary, format: str, spoken: str) -> tuple[object, ...]:
    said = tuple(one.words() for one in summary.unusual)
    return summary.wave.code, summary.data_version, summary.weight_version, summary.draft, format, spoken, said


def _download(summary: Summary, format: str, spoken: str) -> Download:
    kind = KINDS[format]
    english = "-en" if kind.spoken and spoken == "en" else ""
    number = f"-ban-{summary.release.number}" if summary.release else ""
    draft = "du-thao-" if summary.draft else ""  # a table is passed on without the page that says so
    file = f"{draft}bao-cao-{summary.wave.code}{number}{english}.{format}"
    return Download(format, kind, spoken, file, _sizes.get(_key(summary, format, spoken)))
