"""The next step of a pattern: households of its group that are asked again first, drawn by a seed.

Only forms that were chosen for a re-interview when they were printed lead to a household, and say so to whoever
fills them in. So a sample is drawn from these alone; nothing here makes a link that was not there.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.fieldwork import agreements, reinterviews
from survey.fieldwork.sheet_locks import FIRST
from survey.integrity import matters, pattern_list
from survey.integrity.patterns import Pattern
from survey.storage import audit
from survey.storage.models import (
    Batch,
    Keying,
    MatterState,
    Mode,
    Reinterview,
    ReinterviewSample,
    Sheet,
    Village,
    Wave,
)
from survey.system import dates
from survey.waves import questionnaires
from translations import Conflict, NotFound, Refusal, ngettext
from translations import gettext as _
from translations.formats import number, percent

SHOWS = 0.2  # of the answers: what a sample of the usual size tells from agreement as it is elsewhere
SURE, POWER = 1.96, 0.84  # standard errors: of a 95% interval, and for being found in four cases of five
EQUAL = 0.7  # share of equal answers, between the usual and one 20 points lower: what the error is reckoned at
ALIKE = 0.1  # correlation of the agreement of one household's answers


@dataclass(frozen=True)
class Progress:
    """How far the sample of a pattern is.

    drawn, asked  households; `figures` of the agreement, once it is computed for the whole wave
    """

    samples: tuple[ReinterviewSample, ...]
    asked: int
    figures: dict[str, Any] | None

    @property
    def sheets(self) -> list[str]:
        """The forms of all draws, in the order of the draw."""
        return [serial for one in self.samples for serial in one.sheets]


def items(session: Session, wave: Wave) -> int:
    """How many questions a household is asked again."""
    return len(reinterviews.again(questionnaires.by_digest(session, wave.questionnaire)))


def needed(items: int) -> int:
    """Households from which on agreement that is 20 points lower shows in four cases of five: n = (1.96 + 0.84)²
    p(1 − p) d/(m 0.2²), with m questions a household and d = 1 + 0.1 (m − 1) as they are alike (Kish 1965)."""
    return ceil(((SURE + POWER) / SHOWS) ** 2 * EQUAL * (1 - EQUAL) * _alike(items) / max(items, 1))


def half_width(households: int, items: int) -> float:
    """Half of the 95% interval of the share of equal answers that so many households give."""
    return SURE * sqrt(EQUAL * (1 - EQUAL) * _alike(items) / max(items * households, 1))


def _alike(items: int) -> float:
    return 1 + ALIKE * (items - 1)


def eligible(session: Session, wave: Wave, pattern: Pattern) -> list[str]:
    """Forms of the group that lead to a household, by number."""
    rows = (
        select(Sheet.serial)
        .join(Reinterview, Reinterview.sheet == Sheet.serial)
        .join(Batch, Batch.code == Sheet.batch)
        .where(Batch.wave == wave.code)
        .order_by(Sheet.serial)
    )
    group = pattern.group
    if pattern.group_kind == "village":
        rows = rows.where(Batch.psu == group)
    elif pattern.group_kind == "commune":
        here = (Village.wave == Batch.wave) & (Village.psu == Batch.psu)
        rows = rows.join(Village, here).where(Village.unit == group)
    elif pattern.group_kind == "interviewer":
        rows = rows.where(Batch.interviewer == group)
    elif pattern.group_kind == "keyer":
        by_person = (Keying.turn == FIRST) & (Keying.source == "person") & (Keying.keyer == group)
        rows = rows.join(Keying, Keying.sheet == Sheet.serial).where(by_person)
    elif (pattern.group_kind, group) != ("mode", Mode.PAPER.value):
        return []
    return list(session.scalars(rows))


def left(session: Session, wave: Wave, pattern: Pattern) -> list[str]:
    """Those that were not drawn for it yet."""
    drawn = set(progress(session, wave, pattern.subject).sheets)
    return [serial for serial in eligible(session, wave, pattern) if serial not in drawn]


def draw(session: Session, wave: Wave, subject: str, size: int | None, person: str) -> ReinterviewSample:
    """Draws forms of the group, by a seed that is kept. Call inside `writing()`, after `pattern_list.look`. The
    matter then waits for what comes of it.

    size  at most; as many as show 20 points unless given
    Refused: no pattern; the links are destroyed; no form of the group leads to a household, or all are drawn.
    """
    reinterviews.refuse_when_over(session, wave)
    pattern = find(session, wave, subject)
    if size is not None and size < 1:
        raise Refusal("Draw one household at least.")
    offered = left(session, wave, pattern)
    if not offered:
        if eligible(session, wave, pattern):
            raise Conflict("All forms of this group that lead to a household are drawn already.")
        raise Conflict(
            "No form of this group was chosen for a re-interview when it was printed, and only such a form leads "
            "to a household. Look at its lots and sheets instead, and go along once."
        )
    seed = secrets.token_hex(8)
    sheets = in_order(seed, offered)[: size or needed(items(session, wave))]
    drawn = ReinterviewSample(
        wave=wave.code, subject=subject, seed=seed, sheets=sheets, person=person, day=dates.today()
    )
    session.add(drawn)
    session.flush()
    audit.annotate(matter=subject, size=len(sheets), seed=seed)
    _wait_for(session, wave, subject, drawn, person)
    return drawn


def in_order(seed: str, serials: list[str]) -> list[str]:
    """Forms in the order that a seed gives them: that of SHA-256 of seed and number. Anybody can repeat it."""
    return sorted(serials, key=lambda serial: hashlib.sha256(f"{seed} {serial}".encode()).digest())


def find(session: Session, wave: Wave, subject: str) -> Pattern:
    """A pattern by its subject, in which something is unusual or a sign of it."""
    for one in pattern_list.look(session, wave).patterns:
        if one.subject == subject and one.sign:
            return one
    raise NotFound("There is no such pattern in wave %(wave)s. Look at the list.", wave=wave.title)


def _wait_for(session: Session, wave: Wave, subject: str, drawn: ReinterviewSample, person: str) -> None:
    """The matter is open, and people are asked again; a sign that is no matter stays none."""
    every = matters.matters(session, wave, pattern_list.look(session, wave).patterns)
    matter = next((one for one in every if one.subject == subject), None)
    if matter is None or matter.state is MatterState.REINTERVIEW:
        return
    count = ngettext("%(num)s household drawn", "%(num)s households drawn", len(drawn.sheets))
    reason = _("%(count)s, seed %(seed)s", count=count, seed=drawn.seed)
    matters.decide(session, wave, subject, MatterState.REINTERVIEW, reason, person)


def progress(session: Session, wave: Wave, subject: str) -> Progress:
    """How far the sample of a pattern is; without one, nothing is drawn."""
    return of_wave(session, wave).get(subject, Progress((), 0, None))


def of_wave(session: Session, wave: Wave) -> dict[str, Progress]:
    """By subject, the samples of a wave."""
    rows = select(ReinterviewSample).where(ReinterviewSample.wave == wave.code).order_by(ReinterviewSample.id)
    by_subject: dict[str, list[ReinterviewSample]] = {}
    for one in session.scalars(rows):
        by_subject.setdefault(one.subject, []).append(one)
    if not by_subject:
        return {}
    asked = set(
        session.scalars(
            select(Reinterview.sheet).where(
                Reinterview.wave == wave.code, Reinterview.person.is_not(None), Reinterview.outcome.is_(None)
            )
        )
    )
    computed = agreements.newest(session, wave.code)
    figures = {} if computed is None else {one["subject"]: one for one in computed.figures.get("samples", [])}
    return {
        subject: Progress(
            tuple(some), sum(serial in asked for one in some for serial in one.sheets), figures.get(subject)
        )
        for subject, some in by_subject.items()
    }


def words(drawn: ReinterviewSample, items: int) -> str:
    """What was drawn, by which seed, and how much it can tell."""
    return _(
        "%(count)s, seed %(seed)s: %(precision)s",
        count=ngettext("%(num)s household drawn", "%(num)s households drawn", len(drawn.sheets)),
        seed=drawn.seed,
        precision=precision(len(drawn.sheets), items),
    )


def told(progress: Progress) -> list[str]:
    """What is known of a sample by now, in sentences; none where nothing is drawn."""
    if not progress.samples:
        return []
    count = len(progress.sheets)
    lines = [
        ngettext(
            "Of %(num)s drawn household %(asked)s is asked again (seed %(seed)s).",
            "Of %(num)s drawn households %(asked)s are asked again (seed %(seed)s).",
            count,
            asked=number(progress.asked),
            seed=", ".join(one.seed for one in progress.samples),
        )
    ]
    return [*lines, _agreement(progress.figures)] if progress.figures else lines


def _agreement(figures: dict[str, Any]) -> str:
    if figures.get("equal") is None:
        return _("Fewer than 5 of them have both answers: too few to tell how far these agree.")
    words = _(
        "%(equal)s of %(pairs)s second answers are equal to the first ones (%(low)s to %(high)s; %(forms)s).",
        equal=percent(figures["equal"], 0),
        pairs=number(figures["pairs"]),
        low=percent(figures["equal_low"], 0),
        high=percent(figures["equal_high"], 0),
        forms=ngettext("%(num)s household", "%(num)s households", figures["forms"]),
    )
    if figures.get("others") is None:
        return words
    elsewhere = _("In the other re-interviews: %(equal)s.", equal=percent(figures["others"], 0))
    return f"{words} {elsewhere}"


def precision(households: int, items: int) -> str:
    """How surely the agreement of so many households is known."""
    width = number(100 * half_width(households, items))
    if households >= needed(items):
        return _("agreement known to ±%(width)s points, enough to see that it is 20 points lower", width=width)
    return _(
        "agreement known to ±%(width)s points; to see that it is 20 points lower takes %(needed)s households",
        width=width,
        needed=number(needed(items)),
    )
