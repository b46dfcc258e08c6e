"""Pages: a file typed up elsewhere becomes a lot of responses: chosen, mended, stored, or taken back."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Response, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.file import FileField

from forms import Questionnaire
from survey.accounts.accounts import Right
from survey.data_files import column_mapping, import_lots, importing, other_wave, pending_imports
from survey.data_files.column_mapping import Plan
from survey.responses.lot_steps import LONGEST_REASON
from survey.results import population
from survey.storage.models import Lot, LotKind, Mode, Wave
from survey.system import dates
from survey.system.csv_table import Writer, nearest
from survey.waves import questionnaires, units, waves
from survey.web.current import database
from survey.web.pages import MB, Tab, having
from survey.web.staff.blueprint import MODE_NAMES, pages
from survey.web.staff.fieldwork import import_mistakes
from survey.web.staff.form import StaffForm
from survey.web.staff.uploads import saved
from translations import N_, Gone, Lazy, NotFound, Refusal
from translations import gettext as _

ABOUT = {
    "response_id": Lazy("Id of the form (UUID)"),
    "weight": Lazy("Weight"),
    "mode": Lazy("Way of answering"),
    "day": Lazy("Day of the answer"),
    "sheet": Lazy("Number of the printed form"),
    "adults": Lazy("Adults in the household"),
}
# Of the session: account, wave, ticket, name of the file, what it replaces, what was seen to, digest.
TICKET = "cho-nhap"
HELD = 7


class FileForm(StaffForm):
    """The file to be imported."""

    file = FileField(
        Lazy("File (CSV or Excel)"),
        description=Lazy(
            "At most 20 MB. Titles above the header, a column of running numbers and semicolons don't matter. "
            "Until it is imported the file is kept encrypted; after an hour it is destroyed."
        ),
    )


@pages.form(
    "/<wave>/nhap-tep",
    Right.WAVES,
    N_("Imported responses from a file"),
    tab=Tab(9, N_("Imported data"), used=having(Lot, Lot.kind == LotKind.IMPORT)),
    max_upload=20 * MB,
    of_groups=True,
)
def import_file(wave: str) -> ResponseReturnValue:
    """The step that comes next: choosing a file, or mending and storing the one that waits."""
    with database().reading() as reading:
        wave_row = waves.find(reading, wave)
        questionnaire = questionnaires.by_digest(reading, wave_row.questionnaire)
    act = request.form.get("act", "")
    if request.method == "POST" and act == "upload":
        return _taken(wave_row, questionnaire)
    ticket, name, replaces, understood, digest = _waiting(wave_row)
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
        path = folder / name
        path.write_bytes(content)
        return _Mapped(wave_row, questionnaire, path, replaces, understood, digest).answer(act)


@pages.act(
    "/<wave>/nhap-tep/lay-lai", Right.WAVES, N_("Took an import back"), endpoint="recall_import", of_groups=True
)
def recall_import(wave: str) -> ResponseReturnValue:
    """Takes an import back, whole, with a reason."""
    with database().writing() as writing:
        row = waves.find(writing, wave, lock=True)
        lot = import_lots.find(writing, wave, request.form.get("lo", ""))
        import_lots.recall(writing, row, lot.lot.number, request.form.get("ly-do", ""), current_user.name)
    flash(_("%(name)s is taken back: its forms enter no figure any more.", name=lot.name))
    return redirect(url_for(".import_file", wave=wave), 303)


def _choose(wave: Wave, form: FileForm, status: int) -> ResponseReturnValue:
    asked = request.values.get("thay", "")
    with database().reading() as reading:
        replaced = import_lots.find(reading, wave.code, asked) if asked else None
        lots = import_lots.listed(reading, wave.code)
    return render_template(
        "staff/import.html", wave=wave, form=form, lots=lots, replaced=replaced, longest=LONGEST_REASON
    ), status


def _taken(wave: Wave, questionnaire: Questionnaire) -> ResponseReturnValue:
    """Takes a file in: it waits, sealed, until its mistakes are mended."""
    import_lots.refuse_closed(wave)
    form = FileForm()
    if form.validate_on_submit() and not form.file.data:
        form.file.errors = [_("Choose a file.")]
    if form.errors:
        return _choose(wave, form, 422)
    try:
        with pending_imports.room() as folder:
            path, settled = saved(form.file.data, folder), folder / ".settled"
            understood = column_mapping.settle(path, settled, questionnaire)
            name, content, digest = path.name, settled.read_bytes(), column_mapping.digest(path)
    except Refusal as refusal:
        form.file.errors = str(refusal).splitlines()
        return _choose(wave, form, 422)
    _drop()
    told = [str(one) for one in understood]
    about = [pending_imports.keep(content), name, request.form.get("thay", ""), told, digest]
    session[TICKET] = [current_user.name, wave.code, *about]
    return redirect(url_for(".import_file", wave=wave.code), 303)


def _waiting(wave: Wave) -> tuple[str | None, str, str, list[str], str]:
    held = session.get(TICKET) or []
    if len(held) != HELD or held[:2] != [current_user.name, wave.code]:
        return None, "", "", [], ""
    ticket, name, replaces, understood, digest = held[2:]
    return ticket, name, replaces, understood, digest


def _drop() -> None:
    """Destroys the file that waits."""
    held = session.pop(TICKET, None)
    if held:
        pending_imports.destroy(held[2])


class _Mapped:
    """A file that waits, with its columns and words as they are chosen now.

    replaces  the number of an import that goes when this one comes; empty: none
    digest    of the file as it was chosen
    """

    def __init__(
        self,
        wave: Wave,
        questionnaire: Questionnaire,
        path: Path,
        replaces: str,
        understood: list[str],
        digest: str,
    ) -> None:
        self.digest = digest
        self.wave, self.questionnaire, self.path, self.understood = wave, questionnaire, path, understood
        self.sources = column_mapping.sources(path)
        with database().reading() as reading:
            self.reads = column_mapping.readings(reading, questionnaire)
            self.lots = import_lots.listed(reading, wave.code)
            self.replaced = import_lots.find(reading, wave.code, replaces) if replaces else None
            self.communes = units.communes(reading, dates.today())
            if questionnaire.population.rates_units:
                self.communes = [units.province(reading), *units.answering(reading, dates.today())]

    def answer(self, act: str) -> ResponseReturnValue:
        """Checks the file as it is mapped now, and stores what is right where that is asked for."""
        posted = request.form if act in ("check", "store", "rows") else None
        plan, wrong = self._plan(posted)
        self.found = column_mapping.words(self.path, plan, self.reads)
        self.plan = Plan(plan.columns, self._codes(posted, plan), plan.fixed)
        wanted = importing.Wanted(
            self.path,
            current_user.name,
            self.plan,
            digest=self.digest,
            name=request.form.get("name", ""),
            replaces=self.replaced.lot.number if self.replaced else None,
            reason=request.form.get("ly-do", ""),
        )
        checked = importing.checked(database(), self.wave.code, wanted)
        if act == "rows":
            return self._rows(checked)
        problem = ""
        if act == "store" and not wrong and checked.rows and 1 not in checked.wrong:
            if request.form.get("rows") != str(checked.rows):
                problem = _("Something changed with your choices: look at the numbers, then store.")
            else:
                try:
                    return self._store(importing.Wanted(**{**vars(wanted), "skip": checked.wrong}), checked)
                except Refusal as refusal:
                    if isinstance(refusal, NotFound):
                        raise
                    problem = str(refusal)
        return self._page(checked, wrong, problem, posted is not None)

    def _store(self, wanted: importing.Wanted, checked: importing.Checked) -> ResponseReturnValue:
        done = importing.responses(database(), self.wave.code, wanted)
        _drop()
        return render_template(
            "staff/imported.html",
            wave=self.wave,
            done=done,
            name=self.path.name,
            left=len(checked.wrong),
            replaced=self.replaced,
        )

    def _rows(self, checked: importing.Checked) -> Response:
        """The rows that are wrong, as they stand in the file."""
        text = io.StringIO()
        writer = Writer(text)
        writer.writerow([_("Row"), *(source.name for source in self.sources)])
        cells = column_mapping.cells(self.path, checked.wrong)
        writer.writerows([row, *cells[row]] for row in sorted(cells) if row > 1)
        headers = {"Content-Disposition": "attachment; filename=dong-sai.csv"}
        return Response("\ufeff" + text.getvalue(), mimetype="text/csv", headers=headers)

    def _page(
        self, checked: importing.Checked, wrong: Mapping[int, str], problem: str, posted: bool
    ) -> ResponseReturnValue:
        of_words = import_mistakes.of_words(self.sources, self.plan, self.found, self.reads, posted)
        meanings = {column: self._meaning(column) for column in column_mapping.known(self.questionnaire)}
        others, kinds_left = import_mistakes.of_faults(
            checked, self.path, self.sources, self.plan, self.found, self._lacking(meanings)
        )
        unused = import_mistakes.unused(self.sources, self.plan)
        left = len(checked.wrong - {1})
        return render_template(
            "staff/import_columns.html",
            wave=self.wave,
            name=self.path.name,
            heading=import_mistakes.heading(left, len(unused), checked.rows),
            rows=checked.rows + left,
            sources=self.sources,
            understood=self.understood,
            checked=checked,
            mistakes=[*others, *of_words],
            left_over=unused,
            matched=[(place, self.sources[place], target) for place, target in self.plan.columns.items()],
            same_words=[
                (self.sources[place].name, word.text, word.count, self._says(self.plan.columns[place], word.code))
                for place, words in self.found.items()
                for word in words
                if word.code
            ],
            meanings=meanings,
            kinds_left=kinds_left,
            other_wave=self._other_wave() if checked.count or unused else None,
            free=[
                one for one in column_mapping.known(self.questionnaire) if one not in self.plan.columns.values()
            ],
            wrong=wrong,
            problem=problem,
            left=left,
            ready=bool(checked.rows) and 1 not in checked.wrong and not wrong,
            plan=self.plan,
            communes=self.communes,
            modes=[(mode.value, _(MODE_NAMES[mode])) for mode in Mode],
            blank=column_mapping.BLANK,
            lot_name=request.form.get("name", "") or self.path.stem,
            longest_name=import_lots.LONGEST_NAME,
            longest=LONGEST_REASON,
            replaced=self.replaced,
            lots=self.lots,
        ), 422 if wrong or problem or checked.count else 200

    def _plan(self, posted: Mapping[str, str] | None) -> tuple[Plan, dict[int, str]]:
        """The columns as they were posted, else as their names suggest; and what is wrong with them, by place."""
        if posted is None:
            return Plan(column_mapping.guess([one.name for one in self.sources], self.questionnaire)), {}
        known = column_mapping.known(self.questionnaire)
        columns: dict[int, str] = {}
        wrong: dict[int, str] = {}
        for place in range(len(self.sources)):
            target = posted.get(f"c{place}", "").strip()
            if target and target not in known:
                wrong[place] = _("There is no such column. Did you mean %(near)s?", near=nearest(target, known))
            elif target in columns.values():
                wrong[place] = _("Another column is already mapped to this.")
            elif target:
                columns[place] = target
        fixed = {column: posted[column] for column in ("unit", "mode") if posted.get(column)}
        return Plan(columns, {}, fixed), wrong

    def _codes(self, posted: Mapping[str, str] | None, plan: Plan) -> dict[tuple[int, str], str]:
        """The code of each word that means none by itself, as it was chosen."""
        codes = {}
        for place, words in self.found.items():
            for word in words:
                chosen = (posted or {}).get(import_mistakes.field_name(place, plan.columns[place], word), "")
                if chosen and not word.code:
                    codes[place, word.key] = chosen
        return codes

    def _lacking(self, meanings: Mapping[str, str]) -> dict[str, str]:
        """The words of our columns that the file has none of."""
        heads = {source.name for source in self.sources}
        return {column: words for column, words in meanings.items() if column not in heads}

    def _other_wave(self) -> Wave | None:
        with database().reading() as reading:
            return other_wave.meant(reading, self.wave, self.path)

    def _says(self, column: str, code: str) -> str:
        return dict(import_mistakes.offered(self.reads[column])).get(code, code)

    def _meaning(self, column: str) -> str:
        called = population.words(self.questionnaire.population)
        own = {"unit": called.unit_in_file, "stratum": called.stratum, "psu": called.psu}
        about: Any = own.get(column, ABOUT.get(column))
        return str(about) if about is not None else str(self.questionnaire.items[column].short)
