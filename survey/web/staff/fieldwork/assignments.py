"""Pages: who may send for others in a wave, how far each village is, and which of them take no more forms."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.accounts.accounts import Right
from survey.fieldwork import village_list
from survey.fieldwork.village_list import VillageLine
from survey.responses import assignments, village_steps
from survey.storage.models import Account, Assignment, Batch, Mode, Role, Unit, VillageStepKind, Wave, WaveKind
from survey.waves import waves
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.staff.blueprint import pages
from survey.web.staff.paging import shown_page
from translations import N_, Refusal, ngettext
from translations import gettext as _
from translations.formats import order
from translations.unicode import spelling

A_PAGE = 240  # villages: those of a province whose 54 communes have four each
MOST = 500  # villages of one step
STEPS = {"close": VillageStepKind.CLOSE, "reopen": VillageStepKind.REOPEN}


@pages.form(
    "/<wave>/phan-cong",
    Right.FIELDWORK,
    N_("Assigned people, or closed villages"),
    endpoint="assignments",
    tab=Tab(2, N_("Assignments")),
    changes_figures=False,
)
def assignments_of_wave(wave: str) -> ResponseReturnValue:
    """Who is assigned what, and the forms that assign, end, close and reopen. `xa`: one commune; `ai`: villages
    with an account (its name), or with nobody (`-`); `trang`: the page."""
    fault, status = "", 200
    if request.method == "POST":
        try:
            return _change(wave)
        except Refusal as refusal:
            fault, status = str(refusal), refusal.status
    with database().reading() as session:
        row = waves.find(session, wave)
        every = village_list.lines(session, row) if row.kind is WaveKind.SAMPLE else []
        given = [one for one in assignments.list_all(session, wave) if one.ended is None]
        unit, who = (request.args.get(name, "") for name in ("xa", "ai"))
        chosen = [line for line in every if _is_shown(line, unit, who)]
        rows, page, last = shown_page(chosen, A_PAGE)
        return render_template(
            "staff/assignments.html",
            wave=row,
            every=every,
            communes=_communes(rows),
            count=len(chosen),
            units=sorted({line.unit.code: line.unit for line in every}.values(), key=_place),
            unit=unit,
            who=who,
            page=page,
            last=last,
            interviewers=_people(session, Mode.INTERVIEWER, given),
            keyers=_people(session, Mode.PAPER, given),
            batches=session.scalars(select(Batch).where(Batch.wave == wave).order_by(Batch.code)).all(),
            given=_by_person(given),
            villages={line.village.psu: line for line in every},
            ticked=set(request.form.getlist("thon")),
            account=request.form.get("tai-khoan", ""),
            reason=request.form.get("ly-do", ""),
            longest=village_steps.LONGEST_REASON,
            fault=fault,
        ), status


def _is_shown(line: VillageLine, unit: str, who: str) -> bool:
    nobody = who == "-" and not line.people
    return unit in ("", line.village.unit) and (not who or nobody or who in line.people)


def _place(unit: Unit) -> tuple[object, str]:
    return order(unit.name), unit.code


def _communes(rows: Iterable[VillageLine]) -> list[tuple[Unit, list[VillageLine]]]:
    """The villages of the page by their commune, in their order."""
    found: dict[str, tuple[Unit, list[VillageLine]]] = {}
    for line in rows:
        found.setdefault(line.village.unit, (line.unit, []))[1].append(line)
    return list(found.values())


def _people(session: Session, mode: Mode, given: Sequence[Assignment]) -> list[tuple[Account, int]]:
    """Who may be assigned, and how much each has already; nobody assigns their own account."""
    roles = select(Account).where(Account.role.in_(assignments.ROLES[mode]), Account.off.is_(False))
    has = Counter(one.account for one in given if one.mode is mode)
    own = spelling(current_user.name)
    found = [(one, has[one.name]) for one in session.scalars(roles) if spelling(one.name) != own]
    leading = Role.SUPERVISOR, Role.ADMIN
    return sorted(found, key=lambda pair: (pair[0].role in leading, order(pair[0].name)))


def _by_person(given: Iterable[Assignment]) -> list[tuple[str, list[Assignment]]]:
    by_name: dict[str, list[Assignment]] = defaultdict(list)
    for one in given:
        by_name[one.account].append(one)
    return sorted(by_name.items(), key=lambda pair: order(pair[0]))


def _change(wave: str) -> ResponseReturnValue:
    act, ticked = request.form.get("act", ""), list(dict.fromkeys(request.form.getlist("thon")))
    if len(ticked) > MOST:
        raise Refusal("Tick at most %(most)s villages at once.", most=MOST)
    with database().writing() as session:
        row = waves.find(session, wave)
        if act == "end":
            flash(_end(session, wave))
        elif act in STEPS:
            flash(_take(session, row, ticked, STEPS[act]))
        elif act == "paper":
            flash(_assign_keyer(session, row))
        else:
            flash(_assign(session, row, ticked))
    return redirect(request.full_path.rstrip("?"), 303)


def _account() -> str:
    name = request.form.get("tai-khoan", "")
    if not name:
        raise Refusal("Choose the account first.")
    return name


def _assign(session: Session, wave: Wave, ticked: list[str]) -> str:
    """Assigns an interviewer to the ticked villages, in an open wave to the whole of it. What the account has
    already is passed over."""
    name = _account()
    if wave.kind is WaveKind.OPEN:
        assignments.give(session, wave.code, name, Mode.INTERVIEWER, current_user.name)
        return _("%(name)s is assigned to the whole wave.", name=name)
    if not ticked:
        raise Refusal("Tick the villages first.")
    has = {one.psu for one in assignments.of_account(session, wave.code, name, Mode.INTERVIEWER)}
    new = [psu for psu in ticked if psu not in has]
    for psu in new:
        assignments.give(session, wave.code, name, Mode.INTERVIEWER, current_user.name, psu=psu)
    if not new:
        return _("%(name)s was assigned to all of these already: nothing has changed.", name=name)
    return ngettext(
        "%(name)s is assigned to %(num)s village.",
        "%(name)s is assigned to %(num)s villages.",
        len(new),
        name=name,
    )


def _assign_keyer(session: Session, wave: Wave) -> str:
    name, batch = _account(), request.form.get("tap", "") or None
    assignments.give(session, wave.code, name, Mode.PAPER, current_user.name, batch=batch)
    if batch is None:
        return _("%(name)s keys the paper of the whole wave.", name=name)
    return _("%(name)s keys batch %(batch)s.", name=name, batch=batch)


def _end(session: Session, wave: str) -> str:
    numbers = [int(text) for text in request.form.getlist("phan-cong") if text.isdecimal() and len(text) < 10]
    if not numbers:
        raise Refusal("Tick the assignments that end.")
    for number in dict.fromkeys(numbers):
        assignments.end(session, wave, number, current_user.name)
    return ngettext("%(num)s assignment has ended.", "%(num)s assignments have ended.", len(set(numbers)))


def _take(session: Session, wave: Wave, ticked: list[str], step: VillageStepKind) -> str:
    if not ticked:
        raise Refusal("Tick the villages first.")
    for psu in ticked:
        village_steps.take(session, wave.code, psu, step, request.form.get("ly-do", ""), current_user.name)
    if step is VillageStepKind.CLOSE:
        return ngettext("%(num)s village is closed.", "%(num)s villages are closed.", len(ticked))
    return ngettext("%(num)s village is open again.", "%(num)s villages are open again.", len(ticked))
