"""Forms that arrived sealed and could not be counted: what people decide of each. Nobody reads an answer here."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from forms import check
from survey.responses import acceptance, lots, sealed_responses, submission
from survey.storage.models import (
    Device,
    LotKind,
    Mode,
    QuarantineDecision,
    QuarantinedResponse,
    Token,
    Unit,
    Verdict,
    Wave,
)
from survey.system import dates
from survey.waves import waves
from translations import N_, Conflict, NotFound, Refusal
from translations.formats import day as in_words
from translations.unicode import spelling

# Why a form is held, and what an acceptance does with it; the reasons are those of `sealing.REASONS`.
WHY: dict[str, str] = {
    "late": N_("It arrived after the last day of the wave"),
    "day": N_("Its day is before the wave, in the future or over 14 days back"),
    "place": N_("It names another place than the device's"),
    "answers": N_("Some of its answers don't fit the questionnaire"),
    "revoked": N_("Its device was taken out of service, and bound again since"),
    "conflict": N_("Its number was sent before with other answers"),
    "assignment": N_("Whoever sent it was not assigned there"),
    "closed": N_("It arrived after its village was closed"),
    "beyond": N_("There were as many forms already as households were drawn or assigned"),
    "key": N_("The key that opens it is not on this server"),
    "seal": N_("It does not open, or contains something other than answers"),
}
THEN: dict[str, str] = {
    "late": N_("Accepted, it counts on the day that stands on it."),
    "day": N_("Accepted, it counts on its own day if the wave was running then, else on the day that you give."),
    "place": N_("Accepted, it counts at the place that it names."),
    "answers": N_("Accepted, it counts without the answers that don't fit, as if these had been left blank."),
    "revoked": N_("If accepted, it counts: first ask who had the device by that day."),
    "conflict": N_("Accepted, it counts as a form of its own, beside the one that came first."),
    "assignment": N_(
        "Accepted, it counts: first ask who sent that person there, and assign them for the next ones."
    ),
    "closed": N_("Accepted, it counts. If more are to come, open the village again."),
    "beyond": N_("Accepted, it counts: first ask which household answered, and why there is one more."),
    "key": N_("It can be accepted once the key is back in the folder sealing/ of the data."),
    "seal": N_("It can only be declined."),
}
# What stands beside the reason, where it holds now as well; the keys are those of `holding.TOLD`.
ALSO: dict[str, str] = {
    "assignment": N_("Also: whoever sent it is not assigned there"),
    "closed": N_("Also: its village is closed"),
    "beyond": N_("Also: with all that wait here, there are more forms than households were drawn or assigned"),
}
STATES: dict[Verdict | None, str] = {
    None: N_("Waits for a decision"),
    Verdict.ACCEPTED: N_("Accepted"),
    Verdict.DECLINED: N_("Declined"),
}
LONGEST = 400
MOST = 500  # forms of one decision


@dataclass(frozen=True)
class QuarantineEntry:
    """A held form as staff see it, and the decision that holds, if there is one.

    also  why it would be held if it came now, beside the reason that is stored; none of one that is accepted
    """

    form: QuarantinedResponse
    device: Device | None
    unit: Unit | None
    decision: QuarantineDecision | None
    also: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict | None:
        """What was decided, or None."""
        return self.decision.verdict if self.decision else None

    @property
    def day(self) -> str:
        """The day as a person reads it, or as the device wrote it where the calendar has no such day."""
        day = _calendar(self.form.day)
        return in_words(day) if day else self.form.day

    @property
    def name(self) -> str:
        """What the form is called in the list: not the number of the response, which leads to its answers."""
        return short(self.form)


def short(form: QuarantinedResponse) -> str:
    """The beginning of the digest of what was sealed."""
    return form.digest[:8]


def listed(session: Session, wave: str | None = None) -> list[QuarantineEntry]:
    """What is held of a wave, or of all: those that wait first, then by day. A form that names a wave which is not
    there belongs to the wave of its device."""
    chosen = (
        select(QuarantinedResponse, Device, Unit)
        .outerjoin(Device, Device.id == QuarantinedResponse.device)
        .outerjoin(Unit, Unit.code == QuarantinedResponse.unit)
    )
    if wave is not None:
        nowhere = QuarantinedResponse.wave.not_in(select(Wave.code))
        chosen = chosen.where(or_(QuarantinedResponse.wave == wave, (Device.wave == wave) & nowhere))
    rows = session.execute(chosen)
    decisions = newest(session)
    entries = [QuarantineEntry(form, device, unit, decisions.get(form.digest)) for form, device, unit in rows]
    entries = _with_also(session, entries)
    return sorted(entries, key=lambda one: (one.verdict is not None, one.form.day, one.form.digest))


def _with_also(session: Session, entries: list[QuarantineEntry]) -> list[QuarantineEntry]:
    undecided = [
        acceptance.Held(one.form, _assigned(session, one), one.verdict is None)
        for one in entries
        if one.verdict is not Verdict.ACCEPTED and one.form.reason != "seal"
    ]
    also = acceptance.also(session, undecided)
    return [replace(one, also=also.get(one.form.digest, ())) for one in entries]


def newest(session: Session) -> dict[str, QuarantineDecision]:
    """The decision that holds, by the digest of the form."""
    return {
        row.quarantined: row for row in session.scalars(select(QuarantineDecision).order_by(QuarantineDecision.id))
    }


def decide(
    session: Session,
    wave: str,
    forms: Collection[str],
    verdict: Verdict,
    reason: str,
    person: str,
    day: date | None = None,
) -> int:
    """Accepts or declines forms, all of them or none; says how many. Call inside `writing()`.

    forms   their digests
    reason  needed: who reads it later knows nothing of this day
    day     on which forms were answered whose own day can't be

    What is accepted is counted from now on as if it had come in time, and stays so; a response that should not
    count after all is rejected in the review. What is declined stays, sealed, and may be accepted later.
    """
    reason = " ".join(reason.split())[:LONGEST]
    if not forms:
        raise Refusal("Tick the forms that you have decided on.")
    if len(forms) > MOST:
        raise Refusal("Decide on at most %(most)s forms at once.", most=MOST)
    if not reason:
        raise Refusal("Say why, for whoever reads this next year.")
    here = {one.form.digest: one for one in listed(session, wave)}
    if set(forms) - here.keys():
        raise NotFound("One of these forms does not belong to this wave. Open the list again.")
    decided = 0
    for digest in sorted(set(forms)):
        one = here[digest]
        if one.verdict is Verdict.ACCEPTED:
            raise Conflict("Form %(number)s is counted already. Reject it in the review instead.", number=one.name)
        if one.verdict is verdict:
            continue
        if verdict is Verdict.ACCEPTED and spelling(_sender(session, one) or "") == spelling(person):
            raise Conflict(
                "You sent form %(number)s yourself: somebody else decides whether it counts.", number=one.name
            )
        if verdict is Verdict.ACCEPTED:
            _count(session, one.form, day)
        session.add(
            QuarantineDecision(
                quarantined=digest, verdict=verdict, reason=reason, person=person, day=dates.today()
            )
        )
        decided += 1
    session.flush()
    return decided


def _sender(session: Session, one: QuarantineEntry) -> str | None:
    """The account that sent a form for another person: openly, by its tablet, or by its program; None of a
    kiosk's."""
    name = _assigned(session, one)
    if name is not None and name.startswith(lots.OF_TOKENS):
        return session.scalar(select(Token.owner).where(Token.name == name.removeprefix(lots.OF_TOKENS)))
    return name


def _assigned(session: Session, one: QuarantineEntry) -> str | None:
    """The name under which whoever sent a form is assigned: of an account, or of a program's token."""
    device = one.device
    if device is None or one.form.mode is not Mode.INTERVIEWER:
        return one.form.account
    if one.form.reason == "revoked" and device.follows is not None:  # whoever had the tablet before
        device = session.get_one(Device, device.follows)
    return device.owner


def _decrypted(form: QuarantinedResponse) -> tuple[object, tuple[str, ...], int | None]:
    sent = {"id": str(form.id), "wave": form.wave, "unit": form.unit, "mode": form.mode.value, "day": form.day}
    sent |= {"key": form.key, "sealed": form.sealed} | ({"psu": form.psu} if form.psu else {})
    answers, marks, adults, fault = sealed_responses.decrypted(sent)
    if fault == "key":
        raise Refusal(
            "Form %(number)s needs a key that is not here. Put the file *-%(key)s.key back into the folder "
            "sealing/ of the data, then decide again.",
            number=short(form),
            key=form.key,
        )
    if fault:
        raise Refusal("Form %(number)s can only be declined: it does not open.", number=short(form))
    return answers, marks, adults


def _count(session: Session, form: QuarantinedResponse, day: date | None) -> None:
    """Keeps what is under the seal as a response."""
    answers, marks, adults = _decrypted(form)
    on = _day(session, form, day)
    place = waves.place(session, form.wave, form.unit, on)
    checked = check(place.questionnaire, answers)
    if checked.problems and not checked.answers:
        raise Refusal("Form %(number)s can only be declined: no answer in it fits.", number=short(form))
    about: dict[str, Any] = {"marks": marks, "psu": form.psu, "day": on, "adults": adults}
    about["lot"] = _lot(session, form, on)
    try:
        submission.submit(session.connection(), place, form.id, form.mode, checked.answers, **about)
    except Conflict:
        # Two that accept the same form at once give it the same number, and count it once.
        own = UUID(bytes=hashlib.sha256(b"held" + form.digest.encode()).digest()[:16], version=4)
        submission.submit(session.connection(), place, own, form.mode, checked.answers, **about)


def _lot(session: Session, form: QuarantinedResponse, day: date) -> int:
    """The lot of what its device or account sent of that place and day."""
    by_account = LotKind.KEYER if form.mode is Mode.PAPER else LotKind.INTERVIEWER
    by_device = LotKind.KIOSK if form.mode is Mode.KIOSK else LotKind.TABLET
    sender = form.account if form.device is None else lots.of_device(form.device)
    kind = by_account if form.device is None else by_device
    about = {"unit": form.unit, "psu": form.psu, "sender": sender}
    return lots.number(session, form.wave, kind, day, mode=form.mode, **about)


def _day(session: Session, form: QuarantinedResponse, given: date | None) -> date:
    """The day on which a form counts: its own if that can be, else the one that was given."""
    wave = session.get(Wave, form.wave)
    if wave is None:
        raise Refusal("Form %(number)s can only be declined: there is no wave of its name.", number=short(form))
    last = waves.counting_day(wave)
    for day in (_calendar(form.day), given):
        if day is not None and wave.opens <= day <= last:
            return day
    raise Refusal(
        "Give the day on which form %(number)s was answered, from %(first)s to %(last)s.",
        number=short(form),
        first=in_words(wave.opens),
        last=in_words(last),
    )


def _calendar(day: str) -> date | None:
    try:
        return date.fromisoformat(day)
    except ValueError:
        return None
