"""Phúc tra: some households are asked a few questions again by a supervisor who does not see the first answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, null, select, update
from sqlalchemy.orm import Session

from forms import Item, Page, Questionnaire, check, quality
from survey.storage.models import (
    Agreement,
    Batch,
    DrawnHousehold,
    Keying,
    OpenKeying,
    Reinterview,
    Sheet,
    SheetState,
    Village,
    Wave,
)
from survey.system.dates import today
from survey.waves import questionnaires, waves
from translations import N_, Conflict, NotFound, Refusal
from translations.formats import order

# What came of a visit where nothing is to be compared.
OUTCOMES: dict[str, str] = {
    "nobody": N_("nobody there"),
    "refused": N_("would not answer"),
    "another": N_("another person answered"),
    "not_found": N_("household not found"),
}


@dataclass(frozen=True)
class Chosen:
    """A form chosen for phúc tra: where its household is, and how far both interviews have come.

    household  its number in the list of the village, None if nobody noted it
    state      of the paper of the first interview
    outcome    one of `OUTCOMES` where nothing is to be compared
    person     who entered the second answers or the outcome, and on which day; None while nobody has
    """

    sheet: str
    batch: str
    unit: str
    village: str
    household: int | None
    interviewer: str | None
    state: SheetState
    outcome: str | None
    person: str | None
    day: date | None

    @property
    def answered(self) -> bool:
        """Whether the person asked the first time answered a second time."""
        return self.person is not None and self.outcome is None

    @property
    def is_idle(self) -> bool:
        """Whether its paper is void and nobody went: where nobody answered first, nobody is asked again."""
        return self.state is SheetState.VOID and self.person is None


@dataclass(frozen=True)
class Tally:
    """How far the re-interviews of a first interviewer have come, in forms; by outcome where nobody answered.
    `idle`: those that are void, so that nobody is asked again."""

    interviewer: str
    chosen: int
    answered: int
    outcomes: dict[str, int]
    idle: int

    @property
    def to_come(self) -> int:
        """Those that nobody has visited."""
        return self.chosen - self.answered - sum(self.outcomes.values()) - self.idle


def tallies(forms: Iterable[Chosen]) -> list[Tally]:
    """The counts of each first interviewer, in Vietnamese order; an empty name where nobody was noted."""
    groups: dict[str, list[Chosen]] = {}
    for form in forms:
        groups.setdefault(form.interviewer or "", []).append(form)
    return [
        Tally(
            name,
            len(groups[name]),
            sum(form.answered for form in groups[name]),
            {code: sum(form.outcome == code for form in groups[name]) for code in OUTCOMES},
            sum(form.is_idle for form in groups[name]),
        )
        for name in sorted(groups, key=order)
    ]


def again(questionnaire: Questionnaire) -> list[tuple[Page, Item]]:
    """What is asked a second time, each item with the page of the form that it stands on; none is sensitive."""
    pages = {item.code: page for page in questionnaire.pages for item in page.items}
    return [(pages[code], questionnaire.items[code]) for code in quality.of(questionnaire).again]


def chosen(session: Session, wave: str) -> list[Chosen]:
    """All forms of a wave that are chosen, by batch and place; no answer among what is said of them."""
    chosen = Reinterview.sheet, Reinterview.household, Reinterview.outcome, Reinterview.person, Reinterview.day
    village = func.coalesce(Village.name, Village.psu).label("village")
    rows = session.execute(
        select(*chosen, Sheet.batch, Sheet.state, Batch.interviewer, Village.unit, village)
        .join(Sheet, Sheet.serial == Reinterview.sheet)
        .join(Batch, Batch.code == Sheet.batch)
        .join(Village, (Village.wave == Batch.wave) & (Village.psu == Batch.psu))
        .where(Reinterview.wave == wave)
        .order_by(Sheet.batch, Sheet.place)
    )
    return [Chosen(**row) for row in rows.mappings()]


def one(session: Session, wave: str, sheet: str) -> Chosen:
    """A chosen form by its number."""
    for reinterview in chosen(session, wave):
        if reinterview.sheet == sheet:
            return reinterview
    raise NotFound(
        "Form %(sheet)s is not chosen for a re-interview in this wave. Choose one from the list.", sheet=sheet
    )


def entered(session: Session, sheet: str, person: str) -> dict[str, Any]:
    """The second answers of a form as this person entered them; nobody else's, and never the first ones."""
    row = session.get_one(Reinterview, sheet)
    return dict(row.answers or {}) if row.person == person else {}


def refuse_to_know(session: Session, sheet: str, person: str) -> None:
    """Refuses somebody who has seen the first answers of a form: keyed it, or asked for it."""
    keyed = session.scalar(select(Keying.id).where(Keying.sheet == sheet, Keying.keyer == person).limit(1))
    opened = session.scalar(
        select(OpenKeying.turn).where(OpenKeying.sheet == sheet, OpenKeying.keyer == person).limit(1)
    )
    if keyed is not None or opened is not None:
        raise Conflict("You have keyed this form and know its answers. Let somebody else enter the second ones.")
    batch = select(Batch.interviewer).join(Sheet, Sheet.batch == Batch.code).where(Sheet.serial == sheet)
    if session.scalar(batch) == person:
        raise Conflict(
            "You asked for this form the first time. Let somebody else ask and enter the second answers."
        )


def refuse_to_key(session: Session, sheet: str, person: str) -> None:
    """Refuses somebody who has entered the second answers of a form: the first ones are read by one who hasn't."""
    if session.scalar(select(Reinterview.person).where(Reinterview.sheet == sheet)) == person:
        raise Conflict(
            "You have entered what this household answered the second time. Let somebody else take form "
            "%(serial)s.",
            serial=sheet,
        )


def enter(
    session: Session,
    wave: str,
    sheet: str,
    household: int | None,
    answers: Mapping[str, Any],
    person: str,
    outcome: str | None = None,
) -> None:
    """Keeps what was answered the second time, in the place of what the same person entered before, or of a visit
    on which nobody answered.

    household  its number in the list of the village; None leaves what was noted: the next visit needs it
    answers    by item code, of the items of `again` alone
    outcome    one of `OUTCOMES` where nothing is to be compared: then there are no answers

    Call inside `writing()`; the wave is locked, so that nothing is entered while the agreement is computed.
    """
    stored = waves.find(session, wave, lock=True)
    refuse_when_over(session, stored)
    one(session, wave, sheet)
    refuse_to_know(session, sheet, person)
    row = session.get_one(Reinterview, sheet)
    if row.person is not None and row.person != person and row.outcome is None:
        raise Conflict("%(person)s has entered this form already. Choose another one.", person=row.person)
    questionnaire = questionnaires.by_digest(session, stored.questionnaire)
    offered = {item.code for _page, item in again(questionnaire)}
    checked = check(questionnaire, dict(answers))
    if checked.problems or not offered.issuperset(checked.answers):
        raise Refusal("Choose only among the answers that are offered.")
    if outcome is not None and (outcome not in OUTCOMES or checked.answers):
        raise Refusal("Choose what came of the visit or enter answers: where nobody answered there are none.")
    if outcome is None and not checked.answers:
        raise Refusal("Enter at least one answer, or choose what came of the visit.")
    if household is not None and not _drawn(session, stored, sheet, household):
        raise Refusal(
            "Household %(household)s is not in the sample of this village. Look at its list, or leave the number "
            "as it was.",
            household=household,
        )
    row.answers, row.outcome = checked.answers or None, outcome
    row.household = row.household if household is None else household
    row.person, row.day = person, today()
    session.flush()


def _drawn(session: Session, wave: Wave, sheet: str, household: int) -> bool:
    """Whether the household is one of the sample in the village of the form; any is, where nothing was drawn."""
    psu = session.get_one(Batch, session.get_one(Sheet, sheet).batch).psu
    return wave.draw is None or session.get(DrawnHousehold, (wave.draw, psu, household)) is not None


def refuse_when_over(session: Session, wave: Wave) -> None:
    """Refuses when the links are destroyed already."""
    if wave.closed is not None:
        raise Conflict("The fieldwork of this wave is closed: nobody is asked again any more.")
    if computed(session, wave.code):
        raise Conflict("The agreement of this wave is computed, and the links are destroyed.")


def computed(session: Session, wave: str) -> bool:
    """Whether the agreement was computed."""
    return session.scalar(select(Agreement.id).where(Agreement.wave == wave).limit(1)) is not None


def blind(session: Session, wave: Wave, sheet: str) -> bool:
    """Whether nobody may see the first answers of a form, because it is still to be asked again."""
    if session.get(Reinterview, sheet) is None or wave.closed is not None:
        return False
    return not computed(session, wave.code)


def links(session: Session, wave: str) -> int:
    """How many forms of a wave still lead to a household."""
    query = select(func.count()).where(Reinterview.wave == wave, Reinterview.household.is_not(None))
    return int(session.scalar(query) or 0)


def destroy(session: Session, wave: str) -> int:
    """Empties what leads from a form of the wave to a household, and the second answers; says how many led there.
    The rows stay and say which forms had been chosen. A second time there is nothing left to destroy."""
    session.flush()
    count = links(session, wave)
    session.execute(
        update(Reinterview)
        .where(Reinterview.wave == wave)
        .values(household=None, answers=null())  # None would be written as JSON's null, and stay in the column
        .execution_options(synchronize_session="fetch")
    )
    return count
