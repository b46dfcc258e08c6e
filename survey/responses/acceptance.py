"""Why a held form would be held now, whatever it was held for: so that whoever accepts it knows what they do."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache

from sqlalchemy.orm import Session

from survey.responses import assignments, holding, village_steps
from survey.storage.models import Assignment, Mode, QuarantinedResponse, VillageStepKind, Wave


@dataclass(frozen=True)
class Held:
    """A held form that may yet be accepted.

    sender  the name under which whoever sent it is assigned
    waits   nobody has decided; otherwise it was declined
    """

    form: QuarantinedResponse
    sender: str | None
    waits: bool


def also(session: Session, held: Collection[Held]) -> dict[str, tuple[str, ...]]:
    """By digest, the reasons of `holding` that hold now for a form, apart from the one for which it was held.

    `beyond`: there would be too many forms if all that wait were accepted. The database is asked by wave, not by
    form.
    """
    by_wave: dict[str, list[Held]] = defaultdict(list)
    for one in held:
        if one.form.mode is not Mode.KIOSK:  # a kiosk belongs to its place, and needs nobody
            by_wave[one.form.wave].append(one)
    found: dict[str, tuple[str, ...]] = {}
    for code, here in by_wave.items():
        if (wave := session.get(Wave, code)) is not None:
            found |= _of_wave(session, wave, here)
    return found


def _of_wave(session: Session, wave: Wave, held: Collection[Held]) -> dict[str, tuple[str, ...]]:
    given = assignments.list_all(session, wave.code)
    steps = village_steps.newest(session, wave.code)
    is_beyond = _Room(session, wave, held).is_short

    def reasons(one: Held) -> Iterator[str]:
        here = [assigned for assigned in given if _counts_for(assigned, one)]
        if not here:
            yield "assignment"
        step = steps.get(one.form.psu or "")
        if step is not None and step.step is VillageStepKind.CLOSE:
            yield "closed"
        if is_beyond(one, here):
            yield "beyond"

    return {one.form.digest: tuple(why for why in reasons(one) if why != one.form.reason) for one in held}


def _counts_for(assigned: Assignment, one: Held) -> bool:
    """Whether somebody could send a form under this assignment, as `holding.reason` has it."""
    if (assigned.account, assigned.mode, assigned.batch) != (one.sender, one.form.mode, None):
        return False
    if assigned.psu not in (None, one.form.psu):
        return False
    return assigned.ended is None or assigned.ended.isoformat() >= one.form.day


class _Room:
    """How many forms the villages, and senders of some households, may have yet."""

    def __init__(self, session: Session, wave: Wave, held: Collection[Held]) -> None:
        psus = {one.form.psu for one in held if one.form.psu is not None}
        self._households = {psu: drawn for psu, drawn in holding.drawn(session, wave).items() if psu in psus}
        self._forms = holding.counts(session, wave.code, self._households)
        for one in held:
            self._forms[one.form.psu] += one.waits
        self._waiting = Counter((one.sender, one.form.mode, one.form.psu) for one in held if one.waits)

        @cache
        def sent(sender: str, mode: Mode, psu: str) -> int:
            return holding.sent(session, wave.code, sender, mode, psu) + self._waiting[sender, mode, psu]

        self._sent = sent

    def is_short(self, one: Held, here: Collection[Assignment]) -> bool:
        """Whether a form, and all that wait, are more than may come from its village or its sender."""
        psu, more = one.form.psu, not one.waits
        if psu is None:
            return False
        if psu in self._households and self._forms[psu] + more > self._households[psu]:
            return True
        own = holding.limit(here)
        return (
            own is not None and one.sender is not None and self._sent(one.sender, one.form.mode, psu) + more > own
        )
