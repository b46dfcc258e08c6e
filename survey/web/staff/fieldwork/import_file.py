"""Pages: a file typed up elsewhere becomes responses: chosen, its columns mapped, checked, stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.file import FileField

from forms import Questionnaire
from survey.accounts.accounts import Right
from survey.data_files import column_mapping, importing, pending_imports
from survey.results import population
from survey.storage.models import Lot, LotKind, Mode, Wave
from survey.system import dates
from survey.system.csv_table import nearest
from survey.waves import questionnaires, units, waves
from survey.web.current import database
from survey.web.pages import MB, Tab, having
from survey.web.staff.blueprint import MODE_NAMES, pages
from survey.web.staff.form import StaffForm
from survey.web.staff.uploads import saved
from translations import N_, Gone, Lazy, NotFound, Refusal
from translations import gettext as _

ABOUT = {
    "response_id": Lazy("Id of the form (UUID)"),
    "weight": Lazy("Weight"),
    "mode": Lazy("Way of answering"),
    "day": Lazy("Day of the answer"),
}
TICKET = "cho-nhap"  # of the session: account, wave, ticket and name of the file that waits


class FileForm(StaffForm):
    """The file to be imported."""

    file = FileField(
        Lazy("File (CSV or Excel)"),
        description=Lazy(
            "The first row has the names of the columns. At most 20 MB. Until it is imported the file is "
            "kept encrypted; after an hour it is destroyed."
        ),
    )


@dataclass(frozen=True)
class Column:
    """A column of the file on the page: where it goes, what its first rows become, which words ask for a code."""

    place: int
    source: column_mapping.Source
    target: str
    meaning: str
    becomes: tuple[str, ...]
    words: tuple[tuple[column_mapping.Word, str], ...]
    choices: tuple[tuple[str, str], ...]
    fault: str


@pages.form(
    "/<wave>/nhap-tep",
    Right.WAVES,
    N_("Imported responses from a file"),
    tab=Tab(9, N_("Imported data"), used=having(Lot, Lot.kind == LotKind.IMPORT)),
    max_upload=20 * MB,
    of_leaders=True,
)
def import_file(wave: str) -> ResponseReturnValue:
    """The step that comes next: choosing a file, or mapping the one that waits."""
    with database().reading() as reading:
        wave_row = waves.find(reading, wave)
        questionnaire = questionnaires.by_digest(reading, wave_row.questionnaire)
    act = request.form.get("act", "")
    if request.method == "POST" and act == "upload":
        return _taken(wave_row)
    ticket, name = _waiting(wave_row)
    if ticket is None:
        return _choose(wave_row, FileForm(formdata=None), 200)
    if act == "drop":
        _drop()
        return redirect(url_for(".import_file", wave=wave), 303)
    try:
        content = pending_imports.opened(ticket)
    except Gone as gone:
        _drop()
        form = FileForm(formdata=None)
        form.file.errors = [str(gone)]
        return _choose(wave_row, form, 410)
    with pending_imports.room() as folder:
        path = folder / ".settled"
        path.write_bytes(content)
        return _mapped(wave_row, questionnaire, path, folder / name, act)


def _choose(wave: Wave, form: FileForm, status: int) -> ResponseReturnValue:
    return render_template("staff/import.html", wave=wave, form=form), status


def _taken(wave: Wave) -> ResponseReturnValue:
    """Takes a file in: it waits, sealed, until its columns are mapped."""
    form = FileForm()
    if form.validate_on_submit() and not form.file.data:
        form.file.errors = [_("Choose a file.")]
    if form.errors:
        return _choose(wave, form, 422)
    try:
        with pending_imports.room() as folder:
            path, settled = saved(form.file.data, folder), folder / ".settled"
            column_mapping.settle(path, settled)
            name, content = path.name, settled.read_bytes()
    except Refusal as refusal:
        form.file.errors = [str(refusal)]
        return _choose(wave, form, 422)
    _drop()
    session[TICKET] = [current_user.name, wave.code, pending_imports.keep(content), name]
    return redirect(url_for(".import_file", wave=wave.code), 303)


def _waiting(wave: Wave) -> tuple[str | None, str]:
    *whose, ticket, name = session.get(TICKET) or ("", "", None, "")
    return (ticket if whose == [current_user.name, wave.code] else None), name


def _drop() -> None:
    """Destroys the file that waits."""
    *_whose, ticket, _name = session.pop(TICKET, None) or ("", "", None, "")
    if ticket is not None:
        pending_imports.destroy(ticket)


def _mapped(wave: Wave, questionnaire: Questionnaire, path: Path, target: Path, act: str) -> ResponseReturnValue:
    """Checks the file as it is mapped now; stores it where that is asked for and nothing is wrong."""
    columns = column_mapping.sources(path)
    with database().reading() as reading:
        reads = column_mapping.readings(reading, questionnaire)
        communes = units.communes(reading, dates.today())
        if questionnaire.asks_leaders:
            communes = [units.province(reading), *units.answering(reading, dates.today())]
    posted = request.form if act in ("check", "store") else None
    plan, wrong = _plan(posted, columns, questionnaire)
    asked = column_mapping.words(path, plan, reads)
    plan = column_mapping.Plan(plan.columns, _codes(posted, asked, plan), plan.fixed)
    ids = column_mapping.ids(current_app.config["SECRET_KEY"], wave.code, path)
    first = column_mapping.written(path, target, plan, reads, ids)
    checked = column_mapping.checked(database(), wave.code, target)
    problem = ""
    if act == "store" and not wrong and not checked.count:
        try:
            done = importing.responses(database(), wave.code, target)
        except Refusal as refusal:
            if isinstance(refusal, NotFound):
                raise
            problem = str(refusal)
        else:
            _drop()
            has_made_ids = "response_id" not in plan.columns.values()
            return render_template(
                "staff/imported.html", wave=wave, done=done, name=target.name, has_made_ids=has_made_ids
            )
    by_name = {column: columns[place].name for place, column in plan.columns.items()}
    return (
        render_template(
            "staff/import_columns.html",
            wave=wave,
            name=target.name,
            columns=_columns(columns, plan, reads, asked, first, wrong, questionnaire),
            checked=checked,
            faults=[(fault, by_name.get(fault.column or "", "")) for fault in checked.faults],
            wrong=wrong,
            problem=problem,
            plan=plan,
            known=[(column, _meaning(column, questionnaire)) for column in column_mapping.known(questionnaire)],
            communes=communes,
            modes=[(mode.value, _(MODE_NAMES[mode])) for mode in Mode],
            blank=column_mapping.BLANK,
        ),
        422 if wrong or checked.count or problem else 200,
    )


def _plan(
    posted: Mapping[str, str] | None, sources: list[column_mapping.Source], questionnaire: Questionnaire
) -> tuple[column_mapping.Plan, dict[int, str]]:
    """The columns as they were posted, else as their names suggest; and what is wrong with them, by place."""
    if posted is None:
        return column_mapping.Plan(column_mapping.guess(sources, questionnaire)), {}
    known = column_mapping.known(questionnaire)
    columns: dict[int, str] = {}
    wrong: dict[int, str] = {}
    for place in range(len(sources)):
        target = posted.get(f"c{place}", "").strip()
        if target and target not in known:
            wrong[place] = _("There is no such column. Did you mean %(near)s?", near=nearest(target, known))
        elif target in columns.values():
            wrong[place] = _("Another column is already mapped to this.")
        elif target:
            columns[place] = target
    fixed = {column: posted[column] for column in ("unit", "mode") if posted.get(column)}
    return column_mapping.Plan(columns, {}, fixed), wrong


def _codes(
    posted: Mapping[str, str] | None, asked: Mapping[int, list[column_mapping.Word]], plan: column_mapping.Plan
) -> dict[tuple[int, str], str]:
    """The code of each word: as it was chosen, else as its letters suggest."""
    codes = {}
    for place, words in asked.items():
        for word in words:
            name = f"w{place}-{plan.columns[place]}-{word.key}"
            code = word.guess if posted is None or name not in posted else posted[name]
            if code:
                codes[place, word.key] = code
    return codes


def _columns(
    sources: list[column_mapping.Source],
    plan: column_mapping.Plan,
    reads: Mapping[str, column_mapping.Reading],
    asked: Mapping[int, list[column_mapping.Word]],
    first: list[list[str]],
    wrong: Mapping[int, str],
    questionnaire: Questionnaire,
) -> list[Column]:
    order = {place: at for at, place in enumerate(plan.columns)}
    columns = []
    for place, source in enumerate(sources):
        target = plan.columns.get(place, "")
        choices = _offered(reads.get(target))
        columns.append(
            Column(
                place=place,
                source=source,
                target=request.form.get(f"c{place}", target) if place in wrong else target,
                meaning=_meaning(target, questionnaire) if target else "",
                becomes=tuple(row[order[place]] for row in first) if target else (),
                words=tuple((word, plan.words.get((place, word.key), "")) for word in asked.get(place, [])),
                choices=choices,
                fault=wrong.get(place, ""),
            )
        )
    return columns


def _offered(reading: column_mapping.Reading | None) -> tuple[tuple[str, str], ...]:
    """The codes that a word can mean, with what they say in the language of the moment."""
    if reading is None:
        return ()
    if reading.column == "mode":
        return tuple((mode.value, _(MODE_NAMES[mode])) for mode in Mode)
    if reading.item is not None:
        return tuple((str(code), f"{code}: {label}") for code, label in reading.item.choices.items())
    return tuple((code, names[0]) for code, names in reading.choices.items())


def _meaning(column: str, questionnaire: Questionnaire) -> str:
    called = population.words(questionnaire.asks_leaders)
    own = {"unit": called.unit_in_file, "stratum": called.stratum, "psu": called.psu}
    about: Any = own.get(column, ABOUT.get(column))
    return str(about) if about is not None else str(questionnaire.items[column].short)
