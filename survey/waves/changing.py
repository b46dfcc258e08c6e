"""What may still change of a wave, and why the rest may not; closing it early, and removing an empty one."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from survey.storage import audit
from survey.storage.models import Base, IntegrityAccount, Release, Wave, WaveKind
from survey.system import dates
from survey.waves import questionnaires, waves
from translations import N_, Conflict, Refusal
from translations import gettext as _
from translations.formats import day

# What an empty wave may have about it, by the name of its table: where nothing better is said, "other records".
HAS = {
    "response": N_("responses"),
    "batch": N_("printed forms"),
    "village": N_("villages"),
    "leader_group": N_("groups of leaders"),
    "draw": N_("a draw"),
    "device": N_("kiosks"),
    "assignment": N_("assignments"),
    "year_wave": N_("a year whose plan names it"),
    "day_digest": N_("daily digests, which outsiders may keep"),
    "quarantined_response": N_("responses in quarantine"),
}
OTHER = N_("other records")
SAID = {"title", "opens", "closes"}  # what the reports of a release say of its wave


class TooLong(Refusal):
    """The wave would be asked for more than a year, and nobody said yet that this is meant."""

    option = "--sure"


class Fixed(Conflict):
    """It can't be changed any more; the message is a reason of `fixed`, in words already."""

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True)
class Change:
    """What a wave should be from now on; None leaves it as it is."""

    title: str | None = None
    opens: date | None = None
    closes: date | None = None
    public: bool | None = None
    contact: str | None = None


def state(wave: Wave) -> str:
    """What a page shows of a wave, as one line: whoever changes it says which state they saw."""
    return "|".join(str(getattr(wave, field.name)) for field in fields(Change))


def refuse_other(wave: Wave, seen: str | None) -> None:
    """Refuses what was decided on another `state` of a wave than that of now; None if nobody says which."""
    if seen is not None and seen != state(wave):
        raise Conflict("Somebody else changed this wave in the meantime. Look at it as it is now, then decide.")


def fixed(session: Session, wave: Wave) -> dict[str, str]:
    """What can't be changed any more, by the name of the field, and why."""
    why: dict[str, str] = {}
    if (released := _released(session, wave)) is not None:
        why = {"title": released, "opens": released, "closes": released}
    if (days := waves.days(session, wave.code)) is not None:
        why["opens"] = _(
            "The first response is of %(day)s. The first day stays once there is one.", day=day(days[0])
        )
    if wave.closed is not None and "closes" not in why:
        why["closes"] = _(
            "The fieldwork was closed on %(day)s. An administrator can open it again, under Paper forms.",
            day=day(wave.closed),
        )
    if wave.kind is not WaveKind.OPEN:
        why["public"] = _("Only an open wave can be public: a sample wave is reached by its link or code.")
    return why


def frozen(session: Session, wave: Wave) -> Release | None:
    """The release that waits for its approval: once a name or day changes, it is one that nobody has checked."""
    last = session.scalars(
        select(Release).where(Release.wave == wave.code).order_by(Release.number.desc()).limit(1)
    ).first()
    return None if last is None or last.approved is not None else last


def to_check_again(release: Release) -> str:
    """What whoever changes a wave is told while a release waits for its approval."""
    return _(
        "Release %(number)s is not approved yet, and its reports say the wave's name and days as they are. "
        "Whenever one of them changes, the release must be checked again.",
        number=release.number,
    )


def consequences(before: date, wave: Wave) -> str:
    """What another last day than the one `before` means: that the wave opens again, and when what people wrote is
    destroyed; empty where the day is the same."""
    if wave.closes == before:
        return ""
    told = _(
        "What people wrote and their codes are destroyed after %(day)s, where it was to be after %(before)s.",
        day=day(wave.closes + waves.KEPT),
        before=day(before + waves.KEPT),
    )
    if before < dates.today() <= wave.closes:
        told = _("It takes answers again, until %(day)s.", day=day(wave.closes)) + " " + told
    return told


def change(session: Session, code: str, wanted: Change, seen: str | None = None, sure: bool = False) -> Wave:
    """Changes what is wanted of a wave, all or nothing; refused with the reason. Call inside `writing()`.

    seen  the `state` on which the change was decided; refused if somebody else changed it since
    sure  it may be asked for more than a year
    """
    wave = waves.find(session, code, lock=True)
    refuse_other(wave, seen)
    new = {
        field.name: value
        for field in fields(wanted)
        if (value := getattr(wanted, field.name)) is not None and value != getattr(wave, field.name)
    }
    if "title" in new:
        new["title"] = waves.titled(session, new["title"], own=wave.code)
    if "contact" in new:
        new["contact"] = waves.whom_to_ask(new["contact"]) if new["contact"].strip() else None
        if new["contact"] == wave.contact:
            del new["contact"]
    for name, reason in fixed(session, wave).items():
        if name in new and (name, new[name]) != ("public", False):
            raise Fixed(reason)
    opens, closes = new.get("opens", wave.opens), new.get("closes", wave.closes)
    if closes < opens:
        raise Refusal("The wave would end before it begins. Give a later last day.")
    days = waves.days(session, wave.code)
    if "closes" in new and days is not None and closes < days[1]:
        raise Conflict(
            "There are responses of %(day)s: the wave can't have ended before. Give that day or a later one.",
            day=day(days[1]),
        )
    if "closes" in new and closes > max(wave.closes, opens + waves.LONGEST) and not sure:
        raise TooLong(
            "People would be asked for more than a year, until %(day)s, and what they wrote would be kept until "
            "%(until)s. If that is meant, say so.",
            day=day(closes),
            until=day(closes + waves.KEPT),
        )
    if "closes" in new:
        new["stopped"] = None
    return _set(session, wave, new)


def close(session: Session, code: str) -> Wave:
    """Closes a wave early: today is its last day, and nobody is asked any more. Call inside `writing()`.

    A release that stands is no hindrance: what it says of days ends with its own, which is over or today.
    """
    wave, today = waves.find(session, code, lock=True), dates.today()
    if today < wave.opens:
        raise Conflict("It begins on %(day)s. Change its days, or remove it.", day=day(wave.opens))
    if not waves.is_asking(wave):
        raise Conflict("The wave has ended already, on %(day)s.", day=day(wave.closes))
    return _set(session, wave, {"closes": today, "stopped": today})


def remove(session: Session, code: str) -> None:
    """Removes a wave that nothing refers to but what the server itself reckoned of it; refused with what it has.
    Call inside `writing()`."""
    wave = waves.find(session, code, lock=True)
    if found := has(session, wave):
        raise Conflict("Only an empty wave can be removed. This one has: %(what)s.", what="; ".join(found))
    audit.annotate(wave=wave.code, title=wave.title)
    session.execute(delete(IntegrityAccount).where(IntegrityAccount.wave == wave.code))
    session.delete(wave)
    session.flush()


def has(session: Session, wave: Wave) -> list[str]:
    """What refers to a wave, in words: nothing does to one that may be removed."""
    tables = [
        table.name
        for table in Base.metadata.sorted_tables
        if "wave" in table.columns
        and table is not IntegrityAccount.__table__
        and session.scalar(select(table.c.wave).where(table.c.wave == wave.code).limit(1)) is not None
    ]
    return list(dict.fromkeys(_(HAS.get(name, OTHER)) for name in tables))


def _set(session: Session, wave: Wave, new: dict[str, Any]) -> Wave:
    noted = {name: f"{getattr(wave, name)}→{value}" for name, value in new.items() if name != "stopped"}
    audit.annotate(**noted)
    for name, value in new.items():
        setattr(wave, name, value)
    if SAID & new.keys() and (waits := frozen(session, wave)) is not None and waits.checked is not None:
        waits.checked = waits.checked_by = None
        waits.by_operator = [step for step in waits.by_operator or () if step != "checked"] or None
        audit.annotate(unchecked=waits.number)
    if new.get("public") and questionnaires.by_digest(session, wave.questionnaire).population.by_code:
        raise Refusal("Leaders are asked in a sample wave, group by group: choose the kind sample.")
    session.flush()
    return wave


def _released(session: Session, wave: Wave) -> str | None:
    """Why nothing changes that figures and reports say of the wave: a release of it is shown."""
    newest = session.scalars(
        select(Release)
        .where(Release.wave == wave.code, Release.approved.is_not(None))
        .order_by(Release.number.desc())
        .limit(1)
    ).first()
    if newest is None or newest.withdrawn is not None:
        return None
    return _(
        "Release %(number)s is approved, and its figures and reports say this of the wave. It stays while the "
        "release stands.",
        number=newest.number,
    )
