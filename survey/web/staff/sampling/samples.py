"""Pages: the sample of a wave: the frame it is drawn from, the draws that were made, and one of them."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField
from sqlalchemy.orm import Session

from survey.accounts.accounts import Right
from survey.fieldwork import invitations as codes
from survey.sampling import draws, expected_precision, frame, leader_groups, plans
from survey.sampling.draws import VillageDraw
from survey.sampling.expected_precision import Expected
from survey.sampling.plans import Plan
from survey.storage import audit
from survey.storage.models import Draw, Unit, Village, Wave, WaveKind
from survey.system.csv_table import Writer
from survey.waves import units, waves
from survey.web import integers
from survey.web.current import database
from survey.web.pages import MB, Tab, of_kind, population_of
from survey.web.staff.blueprint import pages
from survey.web.staff.form import StaffForm
from survey.web.staff.uploads import load_upload
from translations import N_, Lazy, formats, ngettext
from translations import gettext as _
from translations.formats import order


class FrameForm(StaffForm):
    """A file of villages."""

    file = FileField(
        Lazy("List of villages (CSV or Excel)"),
        description=Lazy(
            "A row a village: its code, its commune (code or name), its stratum, how many households, and if "
            "known how many adults and its name. Titles, running numbers and totals don't matter. All rows or "
            "none are imported. A second file adds villages and fills in what was unknown."
        ),
    )


class GroupsForm(StaffForm):
    """A file of groups of leaders."""

    file = FileField(
        Lazy("List of groups (CSV or Excel)"),
        description=Lazy(
            "Columns stratum (code), people (how many persons the group has) and, if wanted, name. No names of "
            "persons. All rows or none are imported."
        ),
    )


@dataclass(frozen=True)
class Place:
    """A commune of the frame: its villages and households; None where a village's are not known."""

    unit: Unit
    strata: tuple[str, ...]
    villages: int
    households: int | None
    adults: int | None


@dataclass(frozen=True)
class Summary:
    """The frame of a wave by commune, in Vietnamese order; `missing` are communes that it has no village of."""

    places: tuple[Place, ...]
    missing: tuple[Unit, ...]
    strata: int
    unknown: int  # villages whose households are not known

    @property
    def villages(self) -> int:
        return sum(place.villages for place in self.places)

    @property
    def communes(self) -> int:
        """With and without a village."""
        return len(self.places) + len(self.missing)

    @property
    def households(self) -> int | None:
        return _sum(place.households for place in self.places)

    @property
    def adults(self) -> int | None:
        return _sum(place.adults for place in self.places)

    @property
    def single(self) -> tuple[Unit, ...]:
        """Communes with one village: there a stratum of their own would have no error."""
        return tuple(place.unit for place in self.places if place.villages == 1)


@dataclass(frozen=True)
class DrawRow:
    """A draw in the list."""

    draw: Draw
    plan: Plan
    holds: bool

    @property
    def person(self) -> str | None:
        return self.draw.plan.get("person")


@pages.page(
    "/<wave>/mau", Right.FIELDWORK, tab=Tab(1, N_("Sample"), used=of_kind(WaveKind.SAMPLE)), of_groups=True
)
def sample(wave: str) -> ResponseReturnValue:
    """The frame and the draws."""
    return _page(wave, (GroupsForm if population_of(wave).in_groups else FrameForm)(formdata=None))


@pages.act(
    "/<wave>/mau/khung",
    Right.FIELDWORK,
    N_("Imported a frame of villages"),
    tab="staff.sample",
    max_upload=20 * MB,
    of_groups=True,
)
def import_frame(wave: str) -> ResponseReturnValue:
    """Takes a file of villages, all of it or nothing."""
    of_groups = population_of(wave).in_groups
    form = GroupsForm() if of_groups else FrameForm()
    done = load_upload(form, lambda session, path: frame.load(session, wave, path))
    if done is None:
        return _page(wave, form, 422)
    new = formats.number(done.stored)
    flash(
        ngettext("%(new)s group is new.", "%(new)s groups are new.", done.stored, new=new)
        if of_groups
        else ngettext("%(new)s village is new.", "%(new)s villages are new.", done.stored, new=new)
    )
    for remark in done.remarks:
        flash(str(remark))
    if done.there:
        flash(_("Already there: %(count)s.", count=formats.number(done.there)))
    return redirect(url_for(".sample", wave=wave), 303)


@pages.act(
    "/<wave>/mau/xoa-khung",
    Right.FIELDWORK,
    N_("Removed the frame of villages"),
    tab="staff.sample",
    of_groups=True,
)
def clear_frame(wave: str) -> ResponseReturnValue:
    """Takes all villages out, as long as nothing rests on them."""
    with database().writing() as session:
        count = frame.clear(session, wave)
    gone = formats.number(count)
    flash(
        ngettext("%(gone)s group was removed.", "%(gone)s groups were taken out.", count, gone=gone)
        if population_of(wave).in_groups
        else ngettext("%(gone)s village was removed.", "%(gone)s villages were taken out.", count, gone=gone)
    )
    return redirect(url_for(".sample", wave=wave), 303)


@pages.page("/<wave>/mau/khung.csv", Right.FIELDWORK, of_groups=True)
def frame_file(wave: str) -> ResponseReturnValue:
    """The frame as it can be imported; without villages its header, to be filled in."""
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        rows = frame.listed(session, wave_row)
        return table_file(frame.columns(session, wave_row), rows, f"khung-mau-{wave_row.code}")


@pages.page("/<wave>/mau/<int:number>", Right.FIELDWORK, tab="staff.sample")
def drawn(wave: str, number: int) -> ResponseReturnValue:
    """A draw: what was drawn by which plan and seed, what it will tell, and whether it can be drawn again."""
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        draw = draws.find(session, wave_row, number)
        taken = draws.read(session, draw)
        expected = Expected(**draw.plan.get("assumed", {}))
        communes = {unit.code: unit for unit in expected_precision.communes(session, wave_row, taken.frame)}
        foretold = expected_precision.of_drawn(session, wave_row, taken, expected)
        return render_template(
            "staff/drawn.html",
            wave=wave_row,
            row=DrawRow(draw, taken.plan, wave_row.draw == draw.id),
            drawn=taken,
            words=list(plans.words(taken.plan)),
            remarks=list(taken.remarks()),
            repeats=draws.repeats(taken, draw),
            outlook=foretold,
            lines={line.label: line for line in foretold.communes},
            outlooks=expected_precision,
            communes=by_commune(taken.taken, communes),
            settled=draws.why_settled(session, wave_row),
        )


@pages.act("/<wave>/mau/dung", Right.FIELDWORK, N_("Chose the draw in use"), tab="staff.sample")
def use_draw(wave: str) -> ResponseReturnValue:
    """Lets another draw hold."""
    number = request.form.get("lan", 0, integers.bounded_int)
    audit.annotate(draw=number)
    with database().writing() as session:
        draws.use(session, draws.locked(session, wave), number)
    flash(_("Draw number %(number)s is in use now.", number=number))
    return redirect(url_for(".sample", wave=wave), 303)


@pages.page("/<wave>/mau/<int:number>.csv", Right.FIELDWORK, act=N_("Downloaded a drawn sample"), export=True)
def drawn_file(wave: str, number: int) -> ResponseReturnValue:
    """A draw as `hailong sample show` prints it: a row per household, with probabilities and weights."""
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        taken = draws.read(session, draws.find(session, wave_row, number))
    return table_file(draws.COLUMNS, draws.table(taken), f"mau-{wave_row.code}-{number}")


def table_file(columns: Iterable[str], rows: Iterable[Iterable[Any]], name: str) -> Response:
    """A CSV file to be kept; a spreadsheet reads its letters right."""
    text = io.StringIO()
    writer = Writer(text)
    writer.writerow(columns)
    writer.writerows(rows)
    answer = Response("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def by_commune(taken: Iterable[VillageDraw], communes: dict[str, Unit]) -> list[tuple[Unit, list[VillageDraw]]]:
    """Drawn villages by commune, in Vietnamese order."""
    by_unit: dict[str, list[VillageDraw]] = {}
    for one in taken:
        by_unit.setdefault(one.village.unit, []).append(one)
    return sorted(((communes[code], own) for code, own in by_unit.items()), key=lambda pair: order(pair[0].name))


def _page(code: str, form: StaffForm, status: int = 200) -> ResponseReturnValue:
    with database().reading() as session:
        wave = waves.find(session, code)
        every_draw = draws.list_all(session, wave.code)
        summary = _summary(session, wave)
        settled = draws.why_settled(session, wave)
        groups = list(leader_groups.groups(session, code).values()) if population_of(code).in_groups else None
        rests = waves.collected(session, code) or codes.counts(session, code)
    rows = [DrawRow(draw, Plan.read(draw.plan), draw.id == wave.draw) for draw in reversed(every_draw)]
    return render_template(
        "staff/sample.html",
        wave=wave,
        form=form,
        frame=summary,
        rows=rows,
        words=plans.words,
        settled=settled,
        groups=groups,
        clearable=(groups and not rests) or (summary.villages and not rows and settled is None),
        is_open=wave.kind is WaveKind.OPEN,
    ), status


def _summary(session: Session, wave: Wave) -> Summary:
    rows = waves.villages(session, wave.code)
    by_unit: dict[str, list[Village]] = {}
    for row in rows:
        by_unit.setdefault(row.unit, []).append(row)
    places = [_place(units.find(session, code), own) for code, own in by_unit.items()]
    return Summary(
        places=tuple(sorted(places, key=lambda place: order(place.unit.name))),
        missing=tuple(unit for unit in units.communes(session, wave.opens) if unit.code not in by_unit),
        strata=len({row.stratum for row in rows}),
        unknown=sum(row.households is None for row in rows),
    )


def _place(unit: Unit, villages: list[Village]) -> Place:
    strata = tuple(sorted({village.stratum for village in villages}))
    households, adults = ([getattr(one, name) for one in villages] for name in ("households", "adults"))
    return Place(unit, strata, len(villages), _sum(households), _sum(adults))


def _sum(counts: Iterable[int | None]) -> int | None:
    total = 0
    for count in counts:
        if count is None:
            return None
        total += count
    return total
