"""Pages: how many forms have come in, by commune and way of answering. Counts alone, never an answer."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from survey.accounts.accounts import Right
from survey.responses import form_counts, quarantine
from survey.storage.models import Mode, Unit
from survey.system import dates
from survey.waves import units, waves
from survey.web.current import database
from survey.web.pages import Tab, population_of
from survey.web.staff.blueprint import pages
from translations import N_


@dataclass(frozen=True)
class CommuneRow:
    """A commune's forms, in the order of the modes, and their sum."""

    unit: Unit
    counts: tuple[int, ...]
    forms: int


@pages.page("/<wave>/tien-do", Right.PROGRESS, of_groups=True, tab=Tab(0, N_("Progress")))
def progress(wave: str) -> ResponseReturnValue:
    """Counts of forms; a commune's account sees its own row."""
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        counts = form_counts.by_unit(session, wave)
        if population_of(wave).rates_units:
            about = [units.find(session, code) for code in counts]
        else:
            day = min(wave_row.closes, max(wave_row.opens, dates.today()))
            about = units.asked_about(session, counts, day)
        may_decide = current_user.may(Right.FIELDWORK)
        waiting = sum(one.verdict is None for one in quarantine.listed(session, wave)) if may_decide else 0
    listed = [unit for unit in about if current_user.unit in (None, unit.code)]
    modes = [mode for mode in Mode if any(mode in counts.get(unit.code, {}) for unit in listed)] or list(Mode)
    rows = [_row(unit, counts.get(unit.code, {}), modes) for unit in listed]
    return render_template(
        "staff/progress.html",
        wave=wave_row,
        modes=modes,
        rows=rows,
        sums=[sum(row.counts[place] for row in rows) for place in range(len(modes))],
        forms=sum(row.forms for row in rows),
        of_communes=units.are_communes(about),
        without=sum(row.forms == 0 for row in rows),
        quarantined=waiting,
    )


def _row(unit: Unit, counts: dict[str, int], modes: list[Mode]) -> CommuneRow:
    return CommuneRow(unit, tuple(counts.get(mode, 0) for mode in modes), sum(counts.values()))
