"""Page: what people said, what was done or why not, and which offices answered in time. For everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from analysis.disclosure import FEWEST
from survey.storage.models import CaseReply, Outcome, Unit, Wave
from survey.system import dates
from survey.waves import unit_search, units
from survey.web.current import database
from survey.year import cases
from survey.year.cases import Answering, CaseLine
from translations import N_
from translations import gettext as _
from translations.formats import order

FOLDED = 8  # cases before the button that shows all
PORTAL = "https://dichvucong.gov.vn"  # where a person's own matter is sent
OUTCOMES = {
    Outcome.DONE: N_("Carried out"),
    Outcome.DOING: N_("Being done"),
    Outcome.CANNOT: N_("Not possible for now"),
    Outcome.PASSED: N_("Passed on"),
}


@dataclass(frozen=True)
class Told:
    """A case as everybody sees it: where it was said, who answers, and the replies that were published."""

    line: CaseLine
    unit: Unit
    office: Unit
    passed: tuple[tuple[Unit, str], ...]
    simulated: bool

    @property
    def answer(self) -> CaseReply | None:
        """The newest published reply, if it answers."""
        last = self.line.told[-1] if self.line.told and self.line.words else None
        return None if last is None or last.outcome is Outcome.PASSED else last


def feedback(unit: str | None = None) -> ResponseReturnValue:
    """The cases of a quarter: of the whole province, or those that were said in a unit or that it has to answer.

    quy  the quarter, the newest unless it is said
    q    letters of a place that is looked for
    """
    words = " ".join(request.args.get("q", "").split())
    with database().reading() as session:
        place = units.find(session, unit) if unit else None
        quarters = cases.published_quarters(session)
        quarter = request.args.get("quy", "")
        quarter = quarter if quarter in quarters else quarters[0] if quarters else ""
        lines = cases.lines(session, quarter) if quarter else []
        if place is not None and place.parent is not None:
            lines = [line for line in lines if place.code in line.places]
        told = [_told(session, line) for line in lines if line.shown]
        rates = _rates(session, lines)
        found = unit_search.matching(units.answering(session, dates.today()), words) if words else []
        province = units.province(session)
    whole = "het" in request.args or len(told) <= FOLDED + 1
    return render_template(
        "public/feedback.html",
        place=place or province,
        own=place is not None and place.parent is not None,
        quarter=quarter,
        quarters=quarters,
        quarter_name=cases.quarter_name,
        lines=sorted(lines, key=lambda line: (not line.due, line.late)),
        told=told if whole else told[:FOLDED],
        left=0 if whole else len(told) - FOLDED,
        rates=rates,
        words=words,
        found=found,
        fewest=FEWEST,
        portal=PORTAL,
        outcome=lambda outcome: _(OUTCOMES[outcome]),
        made_up=any(one.simulated for one in told),
    )


def _told(session: Session, line: CaseLine) -> Told:
    """A case with the units that it names; what was withdrawn has no replies any more, but its last office."""
    holder = line.row.office
    passed = []
    for one in line.told:
        if one.outcome is Outcome.PASSED:
            passed.append((units.find(session, holder), one.words))
            holder = one.office
    return Told(
        line,
        units.find(session, line.unit),
        units.find(session, holder),
        tuple(passed) if line.words else (),
        session.get_one(Wave, line.wave).simulated,
    )


def _rates(session: Session, lines: Sequence[CaseLine]) -> list[tuple[Unit, Answering]]:
    """How each office answers, in the order of their names."""
    rates = [(units.find(session, one.office), one) for one in cases.answering(lines)]
    return sorted(rates, key=lambda row: order(row[0].name))
