"""Pages: which forms are keyed: the wave, then a number or a batch; without numbers, commune and village."""

from __future__ import annotations

from collections.abc import Iterable

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from survey.accounts.accounts import Right
from survey.fieldwork import double_entry, sheet_locks
from survey.responses import assignments, form_counts
from survey.sampling import draws
from survey.storage.models import Mode, Village, Wave, WaveKind
from survey.system.dates import today
from survey.waves import unit_search, units, waves
from survey.waves.waves import Place
from survey.web.current import database
from survey.web.keying.blueprint import pages
from survey.web.pages import Tab
from translations import N_, Gone, NotFound, formats


@pages.page("/", Right.KEY, tab=Tab(5, N_("Keying"), "main"))
def choose_wave() -> ResponseReturnValue:
    with database().reading() as session:
        every = waves.in_field(session)
        printed = sheet_locks.has_batches(session, [wave.code for wave in every])
        # Printed forms are keyed until the fieldwork is closed, long after the last interview.
        open_now = [wave for wave in every if _takes_forms(wave, wave.code in printed)]
        # Where forms are numbered, one's own: the number stored would tell which form waits for a second person.
        own = sheet_locks.keyed_by(session, current_user.name, printed)
        without = [wave.code for wave in open_now if wave.code not in printed]
        counts = {code: form_counts.by_unit(session, code) for code in without}
        differing = len(double_entry.to_settle(session, printed)) if current_user.may(Right.REVIEW) else 0
    keyed = {code: sum(paper(modes) for modes in by_unit.values()) for code, by_unit in counts.items()}
    open_now.sort(key=lambda wave: wave.kind is not WaveKind.SAMPLE)
    return render_template("keying/waves.html", waves=open_now, own=own, keyed=keyed, differing=differing)


def _takes_forms(wave: Wave, printed: bool) -> bool:
    return wave.opens <= today() and (wave.closed is None if printed else today() <= wave.closes)


@pages.page("/<wave>/", Right.KEY)
def choose_unit(wave: str) -> ResponseReturnValue:
    """The batches of a wave whose forms are numbered, else its communes; `?khong-so=1`: those without numbers."""
    words = request.args.get("tim", "").strip()
    with database().reading() as session:
        row = waves.find(session, wave)
        printed = sheet_locks.villages_with_batches(session, row.code)
        if printed and "khong-so" not in request.args:
            return choose_form(session, row)
        row = running(session, wave)
        villages = by_unit(v for v in draws.villages(session, row) if v.psu not in printed)
        communes = units.communes(session, today())
        if row.kind is WaveKind.SAMPLE:
            counts = form_counts.by_village(session, row.code, Mode.PAPER)
            keyed = {unit: sum(counts.get(one.psu, 0) for one in own) for unit, own in villages.items()}
        else:
            keyed = {unit: paper(modes) for unit, modes in form_counts.by_unit(session, row.code).items()}
    if row.kind is WaveKind.SAMPLE:
        communes = [unit for unit in communes if unit.code in villages]
    return render_template(
        "keying/units.html",
        wave=row,
        communes=unit_search.matching(communes, words),
        words=words,
        villages=villages,
        keyed=keyed,
        nowhere=not communes,
        printed=bool(printed),
    )


def choose_form(
    session: Session, wave: Wave, typed: str = "", fault: str = "", status: int = 200
) -> ResponseReturnValue:
    """The page of a wave whose forms are numbered: a number, the batches that wait, what is begun."""
    sheet_locks.takes_paper(wave)
    printed = sheet_locks.villages_with_batches(session, wave.code)
    return render_template(
        "keying/batches.html",
        wave=wave,
        batches=sheet_locks.waiting(session, wave.code, current_user.name),
        begun=sheet_locks.open_locks(session, wave.code, current_user.name),
        is_assigned=bool(assignments.of_account(session, wave.code, current_user.name, Mode.PAPER)),
        without=len({village.psu for village in draws.villages(session, wave)} - printed),
        typed=typed,
        fault=fault,
    ), status


def running(session: Session, code: str) -> Wave:
    """The wave, if forms may be keyed into it today."""
    wave = waves.find(session, code)
    if today() < wave.opens:
        raise NotFound(
            "The wave %(code)s opens on %(day)s. Forms can be keyed from then on.",
            code=wave.title,
            day=formats.day(wave.opens),
        )
    if today() > wave.closes:
        raise Gone(
            "The wave %(code)s closed on %(day)s and takes no more forms. Give any that are left to Home Affairs.",
            code=wave.title,
            day=formats.day(wave.closes),
        )
    return wave


def village_of(place: Place, villages: Iterable[Village], psu: str) -> Village:
    """The village of this label at a place; refused where it is none of those."""
    for village in villages:
        if village.psu == psu:
            return village
    raise NotFound(
        "There is no village %(psu)s of %(unit)s in this wave. Choose it from the list of its villages.",
        psu=psu,
        unit=place.unit.name,
    )


def by_unit(villages: Iterable[Village]) -> dict[str, list[Village]]:
    """The villages by the code of their commune."""
    by_code: dict[str, list[Village]] = {}
    for village in villages:
        by_code.setdefault(village.unit, []).append(village)
    return by_code


def paper(modes: dict[str, int]) -> int:
    return modes.get(Mode.PAPER.value, 0)
