"""Pages: which forms are keyed: the wave, the commune, its village."""

from __future__ import annotations

from collections.abc import Iterable

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from survey import units, waves
from survey.accounts import Right, requires
from survey.database import database
from survey.entry.blueprint import pages
from survey.models import Mode, Village, Wave, WaveKind
from survey.waves import Place, today
from translations import Gone, NotFound, formats


@pages.get("/")
@requires(Right.KEY)
def choose_wave() -> ResponseReturnValue:
    with database().reading() as session:
        open_now = [wave for wave in waves.every(session) if wave.opens <= today() <= wave.closes]
        counts = {wave.code: waves.counts(session, wave.code) for wave in open_now}
    keyed = {code: sum(paper(modes) for modes in by_unit.values()) for code, by_unit in counts.items()}
    open_now.sort(key=lambda wave: wave.kind is not WaveKind.SAMPLE)
    return render_template("entry/waves.html", waves=open_now, keyed=keyed)


@pages.get("/<wave>/")
@requires(Right.KEY)
def choose_unit(wave: str) -> ResponseReturnValue:
    words = request.args.get("tim", "").strip()
    with database().reading() as session:
        found = running(session, wave)
        villages = by_unit(waves.villages(session, found.code))
        communes = units.communes(session, today())
        keyed = {unit: paper(modes) for unit, modes in waves.counts(session, found.code).items()}
    if found.kind is WaveKind.SAMPLE:
        communes = [unit for unit in communes if unit.code in villages]
    return render_template(
        "entry/units.html",
        wave=found,
        communes=units.matching(communes, words),
        words=words,
        villages=villages,
        keyed=keyed,
        nowhere=not communes,
    )


def running(session: Session, code: str) -> Wave:
    """The wave, if forms may be keyed into it today."""
    wave = waves.find(session, code)
    if today() < wave.opens:
        raise NotFound(
            "The wave %(code)s opens on %(day)s. Forms can be keyed from then on.",
            code=wave.code,
            day=formats.day(wave.opens),
        )
    if today() > wave.closes:
        raise Gone(
            "The wave %(code)s closed on %(day)s and takes no more forms. Give those left over to Home Affairs.",
            code=wave.code,
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
    found: dict[str, list[Village]] = {}
    for village in villages:
        found.setdefault(village.unit, []).append(village)
    return found


def paper(modes: dict[str, int]) -> int:
    return modes.get(Mode.PAPER.value, 0)
