"""Waves: opening one, finding one, and the place where a person answers."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import cachetools
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import ForUpdateParameter

from forms import Questionnaire
from survey.storage import audit
from survey.storage.database import Database
from survey.storage.models import AuditEntry, LeaderGroup, Response, Unit, Village, Wave, WaveKind
from survey.system.cache import cached, database_key
from survey.system.dates import today
from survey.waves import questionnaires, units
from translations import Conflict, Gone, NotFound, Refusal
from translations.formats import day, nfc

CODE = re.compile(r"[a-z0-9-]{1,40}")
RESERVED = frozenset({"nam", "bo-phieu", "da-cong-bo", "dot-moi"})  # pages of staff that stand beside the waves
SINGLE_PSU_RULES = ("refuse", "centered", "average", "certainty")
TITLE_LENGTH = 120
LONGEST_CONTACT = 120
KEPT = timedelta(days=365)  # what people wrote, after the last day: the consent promises that it goes then
LONGEST = timedelta(days=366)  # of asking: more is mostly a slip of the year
FORM_HOLDS = timedelta(days=2)  # a form may stay open over night, or wait a day for the network


@dataclass(frozen=True)
class Place:
    """Where a person answers: a wave, a unit, the questionnaire asked there, and the province that asks."""

    wave: Wave
    unit: Unit
    questionnaire: Questionnaire
    province: Unit


Opened = Callable[[Place], date | None]


def create(
    session: Session,
    code: str,
    questionnaire: Questionnaire,
    kind: WaveKind,
    opens: date,
    closes: date,
    *,
    title: str = "",
    contact: str = "",
    public: bool = False,
    single_psu: str = "centered",
    villages: str = "new",
    simulated: bool = False,
) -> Wave:
    """Opens a wave; refused if its code or title is taken or badly written, or the days run backwards.

    title    what people read; without one what the questionnaire is called, and the year
    contact  whom they can call, if anybody
    """
    if not CODE.fullmatch(code):
        raise Refusal("The code of a wave has 1 to 40 lower-case letters, digits and hyphens: dot-1-2026")
    if code in RESERVED:
        raise Refusal("%(code)s is the address of a page. Choose another code for the wave.", code=code)
    if closes < opens:
        raise Refusal("The wave would end before it begins. Give a later day after --to.")
    if public and kind is not WaveKind.OPEN:
        raise Refusal("Only an open wave can be public: a sample wave is reached by its link or code.")
    if questionnaire.population.by_code and kind is not WaveKind.SAMPLE:
        raise Refusal("Leaders are asked in a sample wave, group by group: choose the kind sample.")
    if session.get(Wave, code) is not None:
        raise Conflict("There is a wave %(code)s already. Choose another code.", code=code)
    wave = Wave(
        code=code,
        title=titled(session, title) if title.strip() else default_title(session, code, questionnaire, opens),
        questionnaire=questionnaire.digest,
        contact=whom_to_ask(contact) if contact.strip() else None,
        kind=kind,
        public=public,
        opens=opens,
        closes=closes,
        single_psu=single_psu,
        villages=villages,
        simulated=simulated,
    )
    audit.annotate(wave=code)
    session.add(wave)
    session.flush()
    for group in questionnaire.groups:
        named = {"stratum": group.code, "people": group.size, "name": str(group.name.vi)}
        session.add(LeaderGroup(wave=code, **named))
    session.flush()
    return wave


def titled(session: Session, title: str, own: str | None = None) -> str:
    """The title as it is stored; refused if it is no single line of text, or another wave than `own` bears it."""
    title = " ".join(nfc(title).split())
    if not 1 <= len(title) <= TITLE_LENGTH or not title.isprintable():
        raise Refusal("Give the wave a name of 1 to %(most)s characters in one line.", most=TITLE_LENGTH)
    for other in session.scalars(select(Wave).where(Wave.code != (own or ""))):
        if other.title.casefold() == title.casefold():
            raise SameTitle("The wave %(code)s has this name already. Choose another one.", code=other.code)
    return title


def whom_to_ask(contact: str) -> str:
    """The line that names an office and its number, as it is stored and printed; refused if it is blank or too
    long."""
    contact = " ".join(nfc(contact).split())
    if not 1 <= len(contact) <= LONGEST_CONTACT or not contact.isprintable():
        raise Refusal(
            "Say in 1 to %(most)d characters whom people can ask: the office and its telephone number.",
            most=LONGEST_CONTACT,
        )
    return contact


def default_title(session: Session, code: str, questionnaire: Questionnaire, opens: date) -> str:
    """What a wave is called that was given no name; in Vietnamese, as people who give names do."""
    title = f"{questionnaire.title.vi}, năm {opens.year}"
    taken = set(session.scalars(select(Wave.title)))
    return f"{title} ({code})" if title in taken else title


class SameTitle(Conflict):
    """Another wave has this title."""


class NoWave(NotFound):
    """No wave has this code."""

    listed_by = "hailong wave list"


def find(session: Session, code: str, *, lock: ForUpdateParameter = None) -> Wave:
    """The wave of this code; refused if there is none.

    lock  held until the transaction ends: True against who writes it, {"read": True} against who closes it
    """
    wave = session.get(Wave, code, with_for_update=lock) if CODE.fullmatch(code) else None
    if wave is None:
        raise NoWave(
            "There is no wave “%(code)s”. Look at the link again, or choose on the first page.", code=code
        )
    return wave


def in_time(wave: Wave) -> tuple[date, date, str]:
    """Where a wave stands among others: by its first day, then its last, then its code. No two stand alike."""
    return wave.opens, wave.closes, wave.code


def list_all(session: Session) -> list[Wave]:
    """All waves, the newest first."""
    return sorted(session.scalars(select(Wave)), key=in_time, reverse=True)


def codes(session: Session) -> list[str]:
    """The codes of all waves, which can be read whatever else was put into their rows past the program."""
    return list(session.scalars(select(Wave.code).order_by(Wave.code)))


def in_field(session: Session) -> list[Wave]:
    """Those that have sheets and interviewers; the newest first."""
    return [
        wave
        for wave in list_all(session)
        if questionnaires.by_digest(session, wave.questionnaire).population.in_field
    ]


def titles(session: Session) -> dict[str, str]:
    """The title of each wave, by its code, for lists that know the code alone."""
    return {row.code: row.title for row in session.execute(select(Wave.code, Wave.title))}


def any_made_up(session: Session) -> bool:
    """Whether the waves to look around in are here, which a real wave should not stand beside."""
    return session.scalars(select(Wave.code).where(Wave.simulated)).first() is not None


def public(session: Session, on: date) -> list[Wave]:
    """The waves that anybody may answer from the first page on this day."""
    return list(
        session.scalars(
            select(Wave)
            .where(
                Wave.public, Wave.opens <= on, Wave.closes >= on, or_(Wave.stopped.is_(None), Wave.stopped > on)
            )
            .order_by(Wave.opens, Wave.code)
        )
    )


def place(
    session: Session, wave: str, unit: str, on: date | None = None, *, opened: Opened | None = None
) -> Place:
    """Where a person answers; refused if the wave or the unit is unknown, or the wave is not running.

    on      the day of answering; the present day unless given
    opened  gives the day on which this server opened the form that is sent now, by its own signature

    A form counts on the day on which it was answered. One that comes after the wave's end counts by itself only
    where this server signed that it was opened before, and until the fieldwork is closed; where a device alone
    says so, a person decides (`survey.responses.quarantine`).
    """
    return _running(_place(session, wave, unit), on, opened)


def place_of_groups(session: Session, wave: str, opened: Opened | None = None) -> Place:
    """Where somebody of a group answers whose code was found: as `place`, about the province."""
    row = find(session, wave)
    asked = questionnaires.by_digest(session, row.questionnaire)
    province = units.province(session)
    return _running(Place(row, province, asked, province), None, opened)


def current_place(database: Database, wave: str, unit: str, opened: Opened | None = None) -> Place:
    """Like `place`, for today and for what strangers ask by the thousand: held in memory until somebody changes
    waves or units, which each process sees a second later at most."""
    return _running(_held_place(database, wave, unit), None, opened)


def asks_until(wave: Wave) -> date:
    """The last day on which anybody is asked: the wave's last one, or the one before it was closed early."""
    return wave.closes if wave.stopped is None else min(wave.closes, wave.stopped - timedelta(1))


def is_asking(wave: Wave) -> bool:
    """Whether people are asked today."""
    return wave.opens <= today() <= asks_until(wave)


def counting_day(wave: Wave) -> date:
    """The day on which a form counts that comes now: today, after the wave's end its last day."""
    return min(today(), wave.closes)


def accepted_until(wave: Wave) -> date | None:
    """Until when forms may come that were opened by the wave's last day; None if none is taken any more."""
    last = wave.closes + FORM_HOLDS
    return last if today() <= last and wave.closed is None else None


def is_complete(wave: Wave) -> bool:
    """Whether it has ended and takes no form any more."""
    return today() > asks_until(wave) and accepted_until(wave) is None


def _place(session: Session, wave: str, unit: str) -> Place:
    row = find(session, wave)
    refuse_without_code(session, row)
    asked = questionnaires.by_digest(session, row.questionnaire)
    return Place(row, units.answered_at(session, unit), asked, units.province(session))


def refuse_without_code(session: Session, wave: Wave) -> None:
    """Refuses a way of answering without a code where people answer by one alone."""
    if questionnaires.by_digest(session, wave.questionnaire).population.by_code:
        raise NotFound("This survey is answered with the code of a letter only. Type it on the page for codes.")


@cachetools.cached(cachetools.TTLCache(16, ttl=1), key=lambda database: database.url, lock=threading.Lock())
def _last_entry(database: Database) -> int | None:
    """Whoever changes a wave or a unit leaves an entry in the audit trail, which all processes share."""
    with database.reading() as session:
        return session.scalar(select(func.max(AuditEntry.number)))


@cachetools.cached(
    cachetools.LRUCache(1_000),
    lambda database, *codes: (database.url, _last_entry(database), *codes),
    threading.Lock(),
)
def _held_place(database: Database, wave: str, unit: str) -> Place:
    with database.reading() as session:
        return _place(session, wave, unit)


def _running(place: Place, day_given: date | None, opened: Opened | None) -> Place:
    wave, on = place.wave, day_given or today()
    last = asks_until(wave) if day_given is None else wave.closes
    first = None if opened is None or on <= last else opened(place)
    if on < wave.opens:
        raise NotFound("The survey opens on %(day)s. Please come back then.", day=day(wave.opens))
    if on <= last or (first is not None and first <= wave.closes and wave.closed is None):
        return place
    if accepted_until(wave):
        raise Gone(
            "The survey closed on %(day)s. A form that was open before is still taken, for %(days)s days after it "
            "was opened: send it from the page on which it is. Thank you for your interest.",
            day=day(wave.closes),
            days=FORM_HOLDS.days,
        )
    raise Gone("The survey closed on %(day)s. Thank you for your interest.", day=day(wave.closes))


def villages(session: Session, wave: str, unit: str | None = None) -> list[Village]:
    """The villages of a wave, or of one of its communes, by code."""
    chosen = select(Village).where(Village.wave == wave).order_by(Village.psu)
    return list(session.scalars(chosen.where(Village.unit == unit) if unit else chosen))


def collected(session: Session, wave: str) -> int:
    """How many responses a wave has: as they never change, this number names the state that they are in."""
    return session.scalar(select(func.count()).where(Response.wave == wave)) or 0


@cached(lambda session, wave: (database_key(session), wave, collected(session, wave)), lambda _days: 200)
def days(session: Session, wave: str) -> tuple[date, date] | None:
    """The first and the last day of a wave's responses; None as long as there is none."""
    first, last = session.execute(
        select(func.min(Response.day), func.max(Response.day)).where(Response.wave == wave)
    ).one()
    return None if first is None else (first, last)
