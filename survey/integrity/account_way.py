"""The way of a wave's forms, in numbers: the draw, the sheets, what came, what is not counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis.response_rates import response_rates
from survey.fieldwork import accounting, outcomes
from survey.integrity import account_figures, contents
from survey.responses import left_out as gone
from survey.responses import quarantine
from survey.responses.respondents import Respondents
from survey.storage.models import (
    Batch,
    Draw,
    DrawnHousehold,
    DrawnVillage,
    Release,
    Sheet,
    Verdict,
    Wave,
    WaveKind,
)
from survey.waves import waves


@dataclass(frozen=True)
class Drawing:
    """The draw that holds; `frame` and `digest` are SHA-256 of the villages drawn from, and of what was drawn."""

    made: date
    villages: int
    households: int
    seed: str
    frame: str
    digest: str


@dataclass(frozen=True)
class Paper:
    """Sheets: issued = back + void + missing; `twice` were keyed by two people who didn't see each other."""

    issued: int
    void: int
    missing: int
    twice: int


def left_out(
    session: Session, wave: Wave, people: Respondents, release: Release | None
) -> tuple[dict[str, int], int]:
    """What came and is not counted, by why; and all that came. What another form took the place of, or a file that
    was taken back, never came."""
    held = [one.verdict for one in quarantine.listed(session, wave.code)]
    out = gone.left_out(session, wave.code)
    stored = waves.collected(session, wave.code) - len(out.replaced)
    aside = out.counts[1] if release is None else len(account_figures.set_aside(session, wave, release))
    told = {
        "aside": aside,
        "rejected": people.rejected,
        "held": held.count(None),
        "declined": held.count(Verdict.DECLINED),
        "outside": people.outside,
        "later": max(0, stored - len(people) - people.outside - people.rejected - aside) if release else 0,
    }
    return {why: count for why, count in told.items() if count}, len(people) + sum(told.values())


def drawing(session: Session, wave: Wave) -> Drawing | None:
    """The draw that holds."""
    draw = None if wave.draw is None else session.get_one(Draw, wave.draw)
    if draw is None:
        return None
    row = next(row for row in contents.KINDS["draws"].rows(session, wave) if row.key == str(draw.id))
    drawn = select(func.count()).where(DrawnHousehold.draw == draw.id, DrawnHousehold.replacement.is_(False))
    return Drawing(
        draw.made,
        session.scalar(select(func.count()).where(DrawnVillage.draw == draw.id)) or 0,
        session.scalar(drawn) or 0,
        draw.seed,
        draw.frame,
        str(row.content[-1]),
    )


def paper(session: Session, wave: Wave) -> Paper | None:
    """The numbered sheets; None where none was printed."""
    lines = accounting.lines(session, wave.code)
    if not lines:
        return None
    total = accounting.total(lines)
    twice = select(func.count()).where(Sheet.batch == Batch.code, Batch.wave == wave.code, Sheet.double)
    return Paper(total.issued, total.void, total.missing, session.scalar(twice) or 0)


def answered(session: Session, wave: Wave, people: Respondents) -> tuple[float, float, int] | None:
    """The response rate without and with partial interviews, and of how many households; None without a draw or
    printed forms."""
    if wave.kind is not WaveKind.SAMPLE or people.questionnaire.population.in_groups:
        return None
    rates = response_rates(outcomes.total(outcomes.villages(session, wave, people)))
    full, either = rates["RR1"].share, rates["RR2"].share
    return None if full is None or either is None else (full, either, round(rates["RR1"].base or 0))
