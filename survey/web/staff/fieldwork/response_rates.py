"""Page: what became of the households drawn, and the response rates that follow. Counts alone, never an answer."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from analysis.response_rates import Dispositions, Rate, response_rates
from survey.accounts.accounts import Right
from survey.fieldwork import outcomes
from survey.fieldwork.outcomes import VillageOutcomes
from survey.responses.respondents import sample
from survey.storage.models import Unit, Wave, WaveKind
from survey.waves import units, waves
from survey.web.current import database
from survey.web.pages import Tab, of_kind
from survey.web.staff.blueprint import pages
from translations import N_, phrases
from translations import gettext as _
from translations.formats import number, order

# AAPOR's rates, and what each says, in the order of the page.
MEANING = {
    "RR1": N_("Response rate: complete interviews, of all households that may be eligible. The lowest it can be."),
    "RR2": N_("As RR1, with partial interviews"),
    "RR3": N_(
        "As RR1, but only that share of the unknown households is counted that is eligible among the known ones"
    ),
    "RR4": N_("As RR3, with partial interviews"),
    "RR5": N_("Complete interviews, of the households known to be eligible. The highest it can be."),
    "RR6": N_("As RR5, with partial interviews"),
    "COOP1": N_("Cooperation: complete interviews, of the households where somebody was met"),
    "COOP2": N_("As COOP1, with partial interviews"),
    "COOP3": N_("As COOP1, without those who were unable to answer"),
    "COOP4": N_("As COOP3, with partial interviews"),
    "REF1": N_("Refusals and broken-off interviews, of all households that may be eligible"),
    "REF2": N_("As REF1, with the eligible share of unknown households as in RR3"),
    "REF3": N_("Refusals, of the households known to be eligible"),
    "CON1": N_("Contact: somebody was met, of all households that may be eligible"),
    "CON2": N_("As CON1, with the eligible share of unknown households as in RR3"),
    "CON3": N_("Contact, of the households known to be eligible"),
}
IN_ROWS = ("RR1", "RR2", "RR3", "COOP1", "REF1", "CON1")  # RR2 where somebody answered in part
PARTS = {"don-vi": N_("By commune"), "tang": N_("By stratum")}


@dataclass(frozen=True)
class PlaceRow:
    """A commune or a stratum. `weighted`: its RR1 in households of the population; None without a draw."""

    name: str
    kind: str
    counts: Dispositions
    rates: list[Rate]
    weighted: float | None


@pages.page(
    "/<wave>/ty-le",
    Right.FIELDWORK,
    endpoint="response_rates",
    tab=Tab(16, N_("Response rates"), used=of_kind(WaveKind.SAMPLE)),
)
def rates_of_wave(wave: str) -> ResponseReturnValue:
    """The rates of the wave, and those of each commune or stratum."""
    part = request.args.get("theo", "don-vi")
    part = part if part in PARTS else "don-vi"
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        villages = _villages(session, wave_row)
        names = _names(session, villages)
        instead = outcomes.beyond_reserve(session, wave_row)
    counts = outcomes.total(villages)
    is_drawn = wave_row.draw is not None and bool(villages)
    heavy = response_rates(outcomes.total(villages, weighted=True)) if is_drawn else {}
    columns = [name for name in IN_ROWS if name != "RR2" or counts.partial]
    return render_template(
        "staff/response_rates.html",
        wave=wave_row,
        counts=counts,
        every=[(name, MEANING[name], rate, heavy.get(name)) for name, rate in response_rates(counts).items()],
        rows=_rows(villages, part, names, counts.e, is_drawn, columns),
        is_drawn=is_drawn,
        part=part,
        divisions=PARTS,
        columns=columns,
        meaning=MEANING,
        replaced=sum(village.replaced for village in villages),
        waiting=sum(village.waiting for village in villages),
        instead=[
            _("%(psu)s: %(noted)s, %(spare)s drawn", psu=psu, noted=phrases.forms(noted), spare=number(spare))
            for psu, (noted, spare) in instead.items()
        ],
        beyond=[village.psu for village in villages if village.beyond],
    )


def _villages(session: Session, wave: Wave) -> list[VillageOutcomes]:
    return outcomes.villages(session, wave, sample(session, wave)) if wave.kind is WaveKind.SAMPLE else []


def _names(session: Session, villages: list[VillageOutcomes]) -> dict[str, Unit]:
    """The units in which the villages lie; a stratum that is a commune has its name, too."""
    return {code: units.find(session, code) for code in {village.unit for village in villages}}


def _rows(
    villages: list[VillageOutcomes],
    part: str,
    names: dict[str, Unit],
    e: float | None,
    is_drawn: bool,
    columns: list[str],
) -> list[PlaceRow]:
    """A row each, in Vietnamese order. The share of unknown households that is there is that of the whole wave: a
    commune has too few to know its own."""
    groups: dict[str, list[VillageOutcomes]] = {}
    for village in villages:
        groups.setdefault(village.unit if part == "don-vi" else village.stratum, []).append(village)
    rows = []
    for label, own in groups.items():
        counts, unit = outcomes.total(own), names.get(label)
        rates = response_rates(counts, e)
        heavy = response_rates(outcomes.total(own, weighted=True))["RR1"].share if is_drawn else None
        name, kind = (unit.name, units.kind(unit).lower()) if unit else (label, "")
        rows.append(PlaceRow(name, kind, counts, [rates[name] for name in columns], heavy))
    return sorted(rows, key=lambda row: order(row.name))
