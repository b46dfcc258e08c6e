"""Printing: a PDF with the batches of a wave, each with its cover sheet, the slip of its hand-over and its forms.

The form is set once; a page of it is a picture that each sheet refers to, with its number and code on top. So a
batch takes as long as its pages are many, and one batch at a time is in memory.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

import numpy as np
import typst
import zxingcpp
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from forms import Questionnaire
from survey.fieldwork import serial_numbers
from survey.paper.form import QR, TEMPLATES, Form, form
from survey.paper.layout import layout
from survey.pdf import joining
from survey.pdf import typeface as fonts
from survey.storage.models import Batch, DrawnHousehold, Reinterview, Sheet, Village, Wave
from survey.system import dates
from survey.waves import questionnaires, units, waves
from translations import LANGUAGES, NotFound, speaking
from translations import gettext as _
from translations.formats import day, number

TEMPLATE = "batch.typ"


@dataclass(frozen=True)
class Printed:
    """A sheet. `household`: where one for phúc tra has to be used, which the cover alone says."""

    serial: str
    again: bool
    household: int | None


@dataclass(frozen=True)
class BatchPrint:
    """The forms of a village, and what their cover says.

    households, spare  those drawn and those that may replace them, by their number in the village's list; none
                       for a further batch of the village
    """

    code: str
    village: str
    unit: str
    printed: date
    interviewer: str | None
    sheets: tuple[Printed, ...]
    households: tuple[int, ...]
    spare: tuple[int, ...]


@dataclass(frozen=True)
class Print:
    """What is printed: the batches of a wave, all on one questionnaire.

    title      the wave's
    authority  above the one that asks
    contact    whom to call with questions, if anybody
    covered    whether each batch has its cover and slip; a single form has none
    large      whether the forms are in large print
    spoken     the language of the forms; covers are Vietnamese
    """

    title: str
    questionnaire: Questionnaire
    authority: str
    batches: tuple[BatchPrint, ...]
    covered: bool = True
    large: bool = False
    contact: str = ""
    spoken: str = "vi"

    def form(self, again: bool) -> Form:
        """The form of a sheet; `again`: of one for a second visit."""
        return form(self.questionnaire, self.authority, again, self.large, self.contact, self.spoken)

    @property
    def is_keyed(self) -> bool:
        """Whether its pages are none that are scanned: their circles are in other places."""
        return self.large or self.spoken != "vi"

    @cached_property
    def pages(self) -> int:
        """How many each form has."""
        if not self.is_keyed:
            return layout(self.questionnaire).pages
        return form(self.questionnaire, large=self.large, spoken=self.spoken).pages()


def prepared(
    session: Session,
    wave: str,
    *,
    unit: str | None = None,
    village: str | None = None,
    batch: str | None = None,
    serial: str | None = None,
    large: bool = False,
    spoken: str = "vi",
    fresh: bool = False,
) -> Print:
    """The batches of a wave that are numbered, of a commune, of a village, one alone or a single form of one, in
    their order. Refused where there is none. `fresh`: those alone that were never put on paper."""
    row = waves.find(session, wave)
    only = []
    if unit is not None:
        only.append(Village.unit == units.find(session, unit).code)
    if village is not None:
        only.append(Batch.psu == village)
    if batch is not None:
        only.append(Batch.code == batch)
    if fresh:
        only.append(Batch.on_paper.is_(None))
    if serial is not None:
        only.append(Batch.code.in_(select(Sheet.batch).where(Sheet.serial == serial)))
    batches = _chosen(session, row, only, serial)
    with speaking("vi"):
        province = units.province(session).name
        authority = _("People's Committee of %(province)s Province", province=province).upper()
    questionnaire = questionnaires.by_digest(session, row.questionnaire)
    if spoken not in {**LANGUAGES, **questionnaire.languages}:
        raise NotFound(
            "%(name)s is not written in this language. Choose one of: %(languages)s",
            name=questionnaire.name,
            languages=", ".join([*LANGUAGES, *questionnaire.languages]),
        )
    covered, contact = serial is None, row.contact or ""
    return Print(row.title, questionnaire, authority, batches, covered, large, contact, spoken)


def _chosen(
    session: Session, wave: Wave, only: Sequence[ColumnElement[bool]], serial: str | None
) -> tuple[BatchPrint, ...]:
    """The batches of a wave that these conditions choose, with all their sheets or the one of a serial."""
    chosen = (
        select(Batch, Village)
        .join(Village, (Village.wave == Batch.wave) & (Village.psu == Batch.psu))
        .where(Batch.wave == wave.code, *only)
        .order_by(Batch.code)
    )
    rows = session.execute(chosen).all()
    if not rows:
        raise NotFound("No forms are numbered here yet. Number them first, or look at the code again.")
    sheets = _sheets(session, [own.code for own, _place in rows])
    first = _first(session, wave)
    lists = {replacement: _households(session, wave, replacement) for replacement in (False, True)}
    batches = []
    for own, place in rows:
        is_first = first[place.psu] == own.code
        batches.append(
            BatchPrint(
                code=own.code,
                village=place.name or place.psu,
                unit=units.named(units.find(session, place.unit)),
                printed=own.printed,
                interviewer=own.interviewer,
                sheets=tuple(one for one in sheets.get(own.code, ()) if serial in (None, one.serial)),
                households=tuple(lists[False].get(place.psu, ())) if is_first else (),
                spare=tuple(lists[True].get(place.psu, ())) if is_first else (),
            )
        )
    return tuple(batches)


def _sheets(session: Session, batches: Sequence[str]) -> dict[str, list[Printed]]:
    rows = session.execute(
        select(Sheet.batch, Sheet.serial, Sheet.reinterview, Reinterview.household)
        .outerjoin(Reinterview, Reinterview.sheet == Sheet.serial)
        .join(Batch, Batch.code == Sheet.batch)
        .where(Batch.code.in_(batches))
        .order_by(Sheet.batch, Sheet.place)
    )
    return {batch: [Printed(*row[1:]) for row in own] for batch, own in groupby(rows, key=lambda row: row[0])}


def _first(session: Session, wave: Wave) -> dict[str, str]:
    """The first batch of each village."""
    rows = session.execute(
        select(Batch.psu, Batch.code).where(Batch.wave == wave.code).order_by(Batch.code.desc())
    )
    return dict(rows.all())


def _households(session: Session, wave: Wave, replacement: bool) -> dict[str, list[int]]:
    rows = session.execute(
        select(DrawnHousehold.psu, DrawnHousehold.household)
        .where(DrawnHousehold.draw == wave.draw, DrawnHousehold.replacement.is_(replacement))
        .order_by(DrawnHousehold.psu, DrawnHousehold.place)
    )
    return {psu: [row[1] for row in own] for psu, own in groupby(rows, key=lambda row: row[0])}


def noted(session: Session, given: Print) -> None:
    """Notes that the file of these batches is made. Call inside `writing()`."""
    codes = [batch.code for batch in given.batches] if given.covered else []
    session.execute(update(Batch).where(Batch.code.in_(codes)).values(on_paper=dates.today()))


def write(given: Print, file: IO[bytes], progress: Callable[[int], None] = lambda done: None) -> None:
    """Writes one PDF, A4, for printing on both sides: every batch, every sheet begins on a leaf of its own.

    Refused where somebody else's print takes too long.

    progress  called with how many batches are done
    """
    with TemporaryDirectory(prefix="hailong-") as name:
        joining.print_into(file, _batches(given, Path(name), progress))


def _batches(given: Print, root: Path, progress: Callable[[int], None]) -> Iterator[bytes]:
    family, folder = fonts.typeface()
    shutil.copy(TEMPLATES / TEMPLATE, root)
    for again in (False, True):
        if any(sheet.again == again for batch in given.batches for sheet in batch.sheets):
            (root / _file(again)).write_bytes(given.form(again).pdf())
    for done, batch in enumerate(given.batches, start=1):
        with speaking("vi"):
            values = _values(given, batch)
        yield _set(root, {"batch": json.dumps(values), "family": family}, folder)
        progress(done)


def _set(root: Path, values: dict[str, str], fonts: Path) -> bytes:
    """A batch as PDF, without tags: they would be lost where the batches are joined."""
    made: bytes = typst.compile(
        root / TEMPLATE,
        root=root,
        font_paths=[fonts],
        ignore_system_fonts=True,
        sys_inputs=values,
        format="pdf",
        pdf_tags=False,
    )
    return made


def _file(again: bool) -> str:
    return "again.pdf" if again else "form.pdf"


def _values(given: Print, batch: BatchPrint) -> dict[str, Any]:
    pages = range(1, given.pages + 1)
    numbers = [sheet.serial for sheet in batch.sheets]
    bound = [sheet for sheet in batch.sheets if sheet.again]
    return {
        "authority": given.authority,
        "issuer": _("Department of Home Affairs").upper(),
        "state": _("Socialist Republic of Viet Nam").upper(),
        "motto": _("Independence - Freedom - Happiness"),
        "title": _("Batch of survey forms").upper(),
        "survey": str(given.questionnaire.title),
        "code": batch.code,
        "about": [
            [_("Wave"), given.title],
            [_("Commune or ward"), batch.unit],
            [_("Village"), batch.village],
            [_("Number of forms"), number(len(numbers))],
            [
                _("Numbers"),
                _("from %(first)s to %(last)s", first=numbers[0], last=numbers[-1]) if numbers else "–",
            ],
            [_("Printed on"), day(batch.printed)],
        ],
        "households": _list(batch.households),
        "spare": _list(batch.spare),
        "bound": [[sheet.serial, "" if sheet.household is None else str(sheet.household)] for sheet in bound],
        "interviewer": batch.interviewer or "",
        "words": _words(),
        "qr": QR,
        "cover-code": _code(batch.code),
        "covered": given.covered,
        "sheets": [
            {
                **asdict(sheet),
                "file": _file(sheet.again),
                "codes": [
                    _code(serial_numbers.code(sheet.serial, 0 if given.is_keyed else page)) for page in pages
                ],
            }
            for sheet in batch.sheets
        ],
    }


def _list(households: Sequence[int]) -> str:
    return ", ".join(map(str, households))


def _words() -> dict[str, Any]:
    return {
        "serial": _("Form number"),
        "batch": _("Batch"),
        "households": _("Households drawn, by their number in the village's list:"),
        "spare": _("Households that may replace them, in this order:"),
        "bound": _("Forms for the households that may be visited again"),
        "bound-why": _(
            "Use each of these forms in the household beside it, or in the one that replaces it. Hand this sheet "
            "in with the forms; it is destroyed when the check is done."
        ),
        "household": _("Household"),
        "rules": [
            _("Ask the adult whose birthday comes next. Note the number of adults at the top of the form."),
            _(
                "Replace a household only after three visits at different times, or where it refuses, can't "
                "answer or isn't there any more. Take the next one of the list, and cross the reason at the top "
                "of the form."
            ),
            _("Bring every form back, filled in or not: the batch is counted when it comes back."),
        ],
        "interviewer": _("Interviewer"),
        "supervisor": _("Supervisor"),
        "taken": _("Handed over on"),
        "back": _("Brought back on"),
        "filled": _("Forms filled in"),
        "empty": _("Forms not filled in"),
        "lost": _("Forms missing, and why"),
        "slip": _("Hand-over of a batch of forms").upper(),
        "copies": [_("Copy for the Department of Home Affairs"), _("Copy for the interviewer")],
        "going": _("Hand-over"),
        "coming": _("Return"),
        "counted": _("Forms counted"),
        "giver": _("Given by"),
        "taker": _("Received by"),
        "sign": _("(Signature, full name)"),
        "cut": _("Cut here"),
    }


def _code(text: str) -> str:
    """The code of a text as SVG, one path: Typst draws it in half the time that its own curves take. Its level Q
    stands a quarter of it being dirty or torn."""
    barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="Q")
    black = np.asarray(barcode.to_image(scale=1, add_quiet_zones=False)) == 0
    # All edges at once: a row at a time, in NumPy, takes three times as long.
    rows, edges = (found.tolist() for found in np.nonzero(np.diff(np.pad(black, ((0, 0), (1, 1))))))
    runs = zip(rows[::2], edges[::2], edges[1::2], strict=True)
    path = "".join([f"M{start} {row}h{end - start}v1h{start - end}z" for row, start, end in runs])
    size = len(black)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}"><path d="{path}"/></svg>'
