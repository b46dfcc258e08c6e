"""Pages: the responses of a wave one by one, for whoever computes with them; their codebook."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from survey.accounts.accounts import Right
from survey.data_files import codebook
from survey.responses.respondents import sample
from survey.results import releases
from survey.waves import questionnaires, waves
from survey.web import rows
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.staff.blueprint import pages
from translations import N_

FORMATS = {
    "csv": N_("CSV: opens anywhere"),
    "parquet": N_("Parquet: small, with types; for Python and R"),
    "sav": N_("SAV: SPSS, Stata and R, with labels of questions, values and units"),
}


@pages.page("/<wave>/tung-phieu", Right.ROWS, endpoint="rows", tab=Tab(3, N_("Rows"), "staff.reports"))
def shown(wave: str) -> ResponseReturnValue:
    """What the rows hold and leave out, who may have them, and the files."""
    with database().reading() as session:
        row = waves.find(session, wave)
        release = releases.newest(session, row.code)
        asked = questionnaires.by_digest(session, row.questionnaire)
        return render_template(
            "staff/rows.html",
            wave=row,
            count=len(sample(session, row)),
            is_complete=waves.is_complete(row),
            release=release,
            in_words=sum(not item.kind.is_estimated for item in asked.items.values()),
            formats=FORMATS,
        )


@pages.page(
    "/<wave>/tung-phieu/<format>",
    Right.ROWS,
    endpoint="rows_file",
    act=N_("Downloaded responses one by one"),
    export=True,
    reauthenticate=True,
    tab="staff.rows",
)
def file(wave: str, format: str) -> ResponseReturnValue:
    """The file; of a release with `ban`."""
    return rows.file(wave, format, request.args.get("ban", type=int))


@pages.page(
    "/<wave>/bang-ma",
    Right.ROWS,
    endpoint="codebook",
    act=N_("Read the codebook of the responses"),
    export=True,
    reauthenticate=True,
    tab="staff.rows",
)
def codebook_page(wave: str) -> ResponseReturnValue:
    """The codebook as a page; it counts nothing of a wave whose present rows nobody may have yet."""
    with database().reading() as session:
        row = waves.find(session, wave)
        book, is_complete = codebook.of(session, row), waves.is_complete(row)
    return render_template("staff/codebook.html", wave=row, book=book, is_counted=is_complete)
