"""Open matters of a wave: what is unusual, or waits for somebody, and what was decided of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.integrity import alike_forms, arrivals, pattern_list
from survey.integrity.alike_forms import AlikeForms
from survey.integrity.arrivals import Flood
from survey.integrity.patterns import Pattern
from survey.responses import lot_joining, lot_steps, quarantine
from survey.responses.columns import unpacked
from survey.responses.lot_steps import LotState
from survey.responses.respondents import everyone
from survey.storage import audit
from survey.storage.models import Lot, MatterDecision, MatterState, Response, Wave
from survey.system import dates
from translations import Conflict, NotFound, Refusal
from translations import gettext as _
from translations.formats import day as written_day
from translations.formats import nfc, number

LONGEST_REASON = 400
MOST_LOTS = 50  # of a pattern: who sets more aside does so lot by lot, where they are
HALF = 0.5  # of a lot's forms: identical forms that are more of it let it be set aside


class MatterKind(StrEnum):
    """What a matter is about, in the order in which they are listed."""

    FLOOD = "flood"
    ALIKE = "alike"
    PATTERN = "pattern"
    HELD = "held"
    LOT = "lot"


KINDS = {Flood: MatterKind.FLOOD, AlikeForms: MatterKind.ALIKE, Pattern: MatterKind.PATTERN}


@dataclass(frozen=True)
class Matter:
    """Something that waits for a decision, or waited.

    subject  the same in each run; what a decision names
    about    what is known of it: a flood, identical forms, a pattern, how many forms are held, where a lot stands
    lots     those that hold its forms
    state    what holds now: a flood whose lots are not all aside is open, whatever was decided of it
    decision the newest one
    whole    out of how many: of forms that are held, all that ever were; of a lot, its forms; otherwise 0
    blocks_release  while it is open, no release that holds its forms is approved
    """

    subject: str
    kind: MatterKind
    about: Flood | AlikeForms | Pattern | LotState | int
    lots: tuple[int, ...] = ()
    state: MatterState = MatterState.OPEN
    decision: MatterDecision | None = None
    blocks_release: bool = False
    whole: int = 0

    @property
    def is_open(self) -> bool:
        """Whether it still waits; what is to be asked again waits for what comes of it."""
        return self.state in (MatterState.OPEN, MatterState.REINTERVIEW)

    @property
    def holds_up(self) -> bool:
        """Whether no release that holds its forms is approved now."""
        return self.blocks_release and self.is_open

    @property
    def unit(self) -> str | None:
        """The commune that it is about."""
        return self.about.unit if isinstance(self.about, Flood | AlikeForms) else None


def open_matters(session: Session, wave: Wave, patterns: Iterable[Pattern] | None = None) -> list[Matter]:
    """All matters of a wave that wait, those first that block a release; `patterns` as in `matters`."""
    return [one for one in matters(session, wave, patterns) if one.is_open]


def matters(session: Session, wave: Wave, patterns: Iterable[Pattern] | None = None) -> list[Matter]:
    """All matters of a wave, decided ones too.

    patterns  those that were looked at; they are looked for now unless given, which takes seconds in a large wave
    """
    newest, standing = _newest(session, wave), lot_steps.state(session, wave.code)
    looked = pattern_list.look(session, wave).patterns if patterns is None else patterns
    kept = quarantine.listed(session, wave.code)
    held = sum(one.verdict is None for one in kept)
    waiting = [
        Matter(f"lot:{number}", MatterKind.LOT, state, (number,), whole=lot_steps.size(session, number))
        for number, state in standing.items()
        if state.is_proposed
    ]
    return [
        *blocking(session, wave),
        *_patterns(session, wave, looked, newest, standing),
        *([Matter("held", MatterKind.HELD, held, whole=len(kept))] if held else []),
        *waiting,
    ]


def blocking(session: Session, wave: Wave) -> list[Matter]:
    """The floods and identical forms of a wave: all that can block a release, and quickly known."""
    newest, standing = _newest(session, wave), lot_steps.state(session, wave.code)
    found: list[Flood | AlikeForms] = [*arrivals.floods(session, wave), *alike_forms.alike_forms(session, wave)]
    return [_judged(about, lots_of(session, wave, about), newest, standing) for about in found]


def _newest(session: Session, wave: Wave) -> dict[str, MatterDecision]:
    """The newest decision of each subject."""
    rows = select(MatterDecision).where(MatterDecision.wave == wave.code).order_by(MatterDecision.id)
    return {one.subject: one for one in session.scalars(rows)}


def _patterns(
    session: Session,
    wave: Wave,
    looked: Iterable[Pattern],
    newest: dict[str, MatterDecision],
    standing: dict[int, LotState],
) -> list[Matter]:
    """Those that pass the corrected test, and all of which something was decided, even where they pass no more."""
    known = {one.subject: one for one in looked if one.sign == "passes" or one.subject in newest}
    for subject in newest:
        if subject not in known and (gone := pattern_list.named(subject)) is not None:
            known[subject] = gone
    if not known:
        return []
    there = set(session.scalars(select(Lot.number).where(Lot.wave == wave.code)))
    found = []
    for about in known.values():
        lots = tuple(lot for lot in about.lots if lot in there)  # small ones may have been joined since
        found.append(_judged(about, lots if len(lots) <= MOST_LOTS else (), newest, standing))
    return found


def _judged(
    about: Flood | AlikeForms | Pattern,
    lots: tuple[int, ...],
    newest: dict[str, MatterDecision],
    standing: dict[int, LotState],
) -> Matter:
    """Where it stands now: what was decided, unless its lots have gone another way since."""
    decision = newest.get(about.subject)
    state = decision.state if decision else MatterState.OPEN
    gone = isinstance(about, Pattern) and about.sign != "passes"
    if lots and all(standing.get(lot, LotState()).is_aside for lot in lots):
        state = MatterState.SET_ASIDE
    elif state is MatterState.SET_ASIDE and not gone and not _some_aside(decision, lots, standing):
        state = MatterState.OPEN
    counts = about.counts if isinstance(about, Flood) else isinstance(about, AlikeForms)
    return Matter(about.subject, KINDS[type(about)], about, lots, state, decision, counts)


def _some_aside(decision: MatterDecision | None, lots: Collection[int], standing: dict[int, LotState]) -> bool:
    """Whether lots of it are aside and none waits for its second person."""
    states = [standing.get(lot, LotState()) for lot in lots]
    return any(one.is_aside for one in states) and not any(one.is_proposed for one in states)


def lots_of(session: Session, wave: Wave, about: Flood | AlikeForms) -> tuple[int, ...]:
    """The lots of which a matter's forms are more than half: no other is proposed to be set aside for them."""
    people = everyone(session, wave)
    ids = people.responses.ids[people.rows[about.rows(people)]]
    counts: dict[int, int] = {}
    named = unpacked(ids)
    for start in range(0, len(named), 500):
        query = select(Response.lot, func.count()).where(Response.id.in_(named[start : start + 500]))
        for lot, count in session.execute(query.group_by(Response.lot)):
            if lot is not None:
                counts[lot] = counts.get(lot, 0) + count
    return tuple(sorted(lot for lot, count in counts.items() if count > HALF * lot_steps.size(session, lot)))


def find(session: Session, wave: Wave, subject: str) -> Matter:
    """A matter of a wave by its subject."""
    patterns = None if subject.startswith("pattern:") else ()
    found = next((one for one in matters(session, wave, patterns) if one.subject == subject), None)
    if found is None:
        raise NotFound("There is no such matter in wave %(wave)s. Look at the list.", wave=wave.title)
    return found


def decide(
    session: Session,
    wave: Wave,
    subject: str,
    state: MatterState,
    reason: str,
    person: str,
    lots: Collection[int] | None = None,
) -> Matter:
    """Notes what somebody decided of a flood, of identical forms or a pattern. Call inside `writing()`; of a
    pattern after `pattern_list.look`, which would hold up whoever writes.

    lots  those to be set aside, all of the matter unless given; that is proposed here, and another person confirms
          it where the lots are
    Refused: no reason; a matter of another kind; a day that is not over; what was decided so already.
    """
    if state is MatterState.SET_ASIDE:
        lot_joining.join_small(session, wave.code, dates.today())
    matter = find(session, wave, subject)
    reason = nfc(reason).strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise Refusal("Give the reason in 1 to %(most)s characters: reports show it.", most=LONGEST_REASON)
    if not isinstance(matter.about, Flood | AlikeForms | Pattern):
        raise Refusal("This is decided where it waits: open it from the list.")
    if isinstance(matter.about, Flood) and matter.about.last >= dates.today():
        raise Conflict(
            "These days last until %(day)s, and more may come. Decide when they are over.",
            day=written_day(matter.about.last),
        )
    if matter.decision and matter.decision.state is state and matter.state is state:
        raise Conflict(
            "%(person)s decided so already, on %(day)s. Nothing was changed.",
            person=matter.decision.person,
            day=written_day(matter.decision.day),
        )
    if state is MatterState.SET_ASIDE:
        _propose(session, wave, matter, reason, person, lots)
    decision = MatterDecision(
        wave=wave.code,
        subject=subject,
        state=state,
        reason=reason,
        person=person,
        day=dates.today(),
        by_operator=audit.by_operator(),
    )
    session.add(decision)
    session.flush()
    audit.annotate(matter=subject, decision=state.value)
    return find(session, wave, subject)


def _propose(
    session: Session, wave: Wave, matter: Matter, reason: str, person: str, lots: Collection[int] | None
) -> None:
    """Proposes to set the lots aside that still count."""
    if not matter.lots:
        raise Refusal(
            "No lot consists mostly of these forms, so none is set aside for them. Have people asked again, or "
            "look at the list of lots."
        )
    standing = lot_steps.state(session, wave.code)
    wanted = [lot for lot in matter.lots if lots is None or lot in lots]
    counted = [lot for lot in wanted if not standing.get(lot, LotState()).is_decided]
    if not counted:
        raise Conflict("No lot of it still counts: there is nothing to set aside. Look at the list of lots.")
    for lot in counted:
        lot_steps.propose(session, wave.code, lot, True, reason, person)


def usually(usual: float) -> str:
    """How many are usual, as sentences say it: whole ones, and below one “fewer than 1”."""
    return number(round(usual)) if usual >= 1 else _("fewer than 1")
