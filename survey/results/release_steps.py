"""The steps that every release goes, a wave's or a year's: frozen, checked by one person, approved by another; and
that a wave's is withdrawn."""

from __future__ import annotations

from datetime import date

from survey.results import public_reasons
from survey.storage import audit
from survey.storage.models import Release, YearRelease
from survey.system import dates
from translations import Conflict, Refusal
from translations import gettext as _
from translations.formats import nfc
from translations.unicode import spelling

Frozen = Release | YearRelease
LONGEST_REASON = 500
STEPS = ("frozen", "checked", "approved", "withdrawn")  # as its columns are called


def hands(release: Frozen) -> list[tuple[date, str]]:
    """Through whose hands it went, and when: frozen, checked, approved, withdrawn."""
    days = ((getattr(release, step, None), step) for step in STEPS)
    return [(day, named(release, step)) for day, step in days if day is not None]


def named(release: Frozen, step: str) -> str:
    """Who took a step, as everybody reads it: of a step taken by a command, that the operator told the name."""
    return written(getattr(release, f"{step}_by") or "", step in (release.by_operator or ()))


def written(person: str, told: bool) -> str:
    """A name, marked where whoever works on the server told it."""
    return _("%(person)s (as told by the operator)", person=person) if told else person


def mark_operator(release: Frozen, step: str) -> None:
    """Notes of a step that a command takes that the name is what whoever works on the server told."""
    if audit.by_operator():
        release.by_operator = [*(release.by_operator or ()), step]


def refuse_check(release: Frozen) -> None:
    """Refuses to check a release that is checked."""
    if release.checked is not None:
        raise Conflict("Release %(number)s is checked already, by %(person)s.", **_by(release.checked_by, release))


def check(release: Frozen, person: str) -> None:
    """Notes that somebody checked the figures of a release; refused where that is done."""
    refuse_check(release)
    release.checked, release.checked_by = dates.today(), person
    mark_operator(release, "checked")
    audit.annotate(release=release.number, step="check")


def refuse_approval(release: Frozen, last: Frozen, person: str) -> None:
    """Refuses a release that is not checked, or by the one who approves it, that is approved, or passed over.

    last  the newest one of its wave or year
    """
    if release.approved is not None:
        by = _by(release.approved_by, release)
        raise Conflict("Release %(number)s is approved already, by %(person)s.", **by)
    if release.checked is None:
        raise Conflict(
            "Release %(number)s is not checked yet. Home Affairs checks its figures first, then somebody else "
            "approves it.",
            number=release.number,
        )
    if spelling(release.checked_by or "") == spelling(person):
        raise Conflict("%(person)s checked release %(number)s: somebody else approves it.", **_by(person, release))
    if last.number > release.number:  # it was frozen beside what was shown then; both may be another by now
        raise Conflict(
            "Release %(newer)s is newer than release %(number)s. Approve that one, or freeze a new one.",
            newer=last.number,
            number=release.number,
        )


def approve(release: Frozen, last: Frozen, person: str) -> None:
    """Lets a release be seen; refused as `refuse_approval` says."""
    refuse_approval(release, last, person)
    release.approved, release.approved_by = dates.today(), person
    mark_operator(release, "approved")
    audit.annotate(release=release.number, step="approve")


def refuse_withdrawal(release: Release, shown: Release | None) -> None:
    """Refuses to withdraw another release than the one that is `shown`."""
    if release.withdrawn is not None:
        by = _by(release.withdrawn_by, release)
        raise Conflict("Release %(number)s is withdrawn already, by %(person)s.", **by)
    if shown is None or shown.id != release.id:
        raise Conflict(
            "Release %(number)s is not the one that is shown: there is nothing to withdraw.", number=release.number
        )


def withdraw(release: Release, shown: Release | None, reason: str, person: str, sure: bool = False) -> None:
    """Takes back the release that is `shown`. Its reason stands instead of figures until a newer one is approved;
    none of before comes back, and this one is not approved again.

    sure  its writer says that it may stand though it seems to name a person
    """
    refuse_withdrawal(release, shown)
    reason = _public(reason, sure)
    release.withdrawn, release.withdrawn_by, release.withdrawal = dates.today(), person, reason
    mark_operator(release, "withdrawn")
    audit.annotate(release=release.number, step="withdraw")


def refuse_rewording(release: Release) -> None:
    """Refuses to correct the reason of a release that was not withdrawn."""
    if release.withdrawn is None:
        raise Conflict("Release %(number)s is not withdrawn: it has no reason to correct.", number=release.number)


def reword(release: Release, reason: str, person: str, sure: bool = False) -> None:
    """Puts another reason in the place of that for which a release was withdrawn; those of before are kept, and
    shown to staff alone."""
    refuse_rewording(release)
    reason = _public(reason, sure)
    if reason == release.withdrawal:
        raise Refusal("That is the reason as it stands. Nothing was changed.")
    by_operator = "withdrawn" in (release.by_operator or ())
    first = _wording(release.withdrawal or "", release.withdrawn_by or "", release.withdrawn, by_operator)
    now = _wording(reason, person, dates.today(), audit.by_operator())
    release.wordings = [*(release.wordings or [first]), now]
    release.withdrawal = reason
    audit.annotate(release=release.number, step="reword")


def _public(reason: str, sure: bool) -> str:
    reason = nfc(reason).strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise Refusal(
            "Say in 1 to %(most)s characters why it is withdrawn: everybody reads it.", most=LONGEST_REASON
        )
    public_reasons.refuse_names(reason, sure)
    return reason


def _wording(reason: str, person: str, day: date | None, by_operator: bool) -> dict[str, object]:
    return {
        "reason": reason,
        "person": person,
        "day": day.isoformat() if day else "",
        "by_operator": by_operator,
    }


def former_reasons(release: Frozen) -> list[tuple[str, str, date]]:
    """The reasons that a corrected one took the place of, with who wrote each and when; for staff alone."""
    wordings = (isinstance(release, Release) and release.wordings) or []
    return [
        (one["reason"], written(one["person"], one["by_operator"]), date.fromisoformat(one["day"]))
        for one in wordings[:-1]
    ]


def reworded(release: Frozen) -> tuple[str, date] | None:
    """Who wrote the reason that stands, and when, where it isn't who withdrew the release."""
    wordings = (isinstance(release, Release) and release.wordings) or []
    if not wordings:
        return None
    last = wordings[-1]
    return written(last["person"], last["by_operator"]), date.fromisoformat(last["day"])


def state(release: Frozen, shown: Frozen | None, last: Frozen) -> str:
    """What its list calls it: `frozen`, `checked`, `approved`, `shown`, `withdrawn`, `passed` by a newer one."""
    if isinstance(release, Release) and release.withdrawn is not None:
        return "withdrawn"
    if release.approved is not None:
        return "shown" if shown is not None and shown.id == release.id else "approved"
    if release.id != last.id:
        return "passed"
    return "frozen" if release.checked is None else "checked"


def _by(person: str | None, release: Frozen) -> dict[str, object]:
    return {"number": release.number, "person": person}
