"""Issuing a report: the one that goes out is kept byte for byte, and a correction is a new one that names it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from survey.integrity import account, unusual
from survey.reports import report
from survey.results import since
from survey.results.summary import Issue
from survey.storage.models import IssuedReport, Release
from survey.system import dates
from survey.waves import waves
from translations import Conflict, NotFound, Refusal

NUMBER = re.compile(r"\d[\w./ -]*")  # a digit first, then letters, digits and what stands between them


def list_all(session: Session, wave: str) -> list[IssuedReport]:
    """The issued reports of a wave without their files, the newest first."""
    query = select(IssuedReport).where(IssuedReport.wave == wave).order_by(IssuedReport.id.desc())
    return list(session.scalars(query.options(defer(IssuedReport.word), defer(IssuedReport.pdf))))


def find(session: Session, wave: str, id: int) -> IssuedReport:
    """An issued report of a wave."""
    report = session.get(IssuedReport, id)
    if report is None or report.wave != wave:
        title = waves.find(session, wave).title
        raise NotFound("There is no such report in wave %(wave)s. Look at its list.", wave=title)
    return report


def refuse(release: Release, number: str, day: date) -> None:
    """Refuses a release that is not approved, what can't be a number of the register, and a day before the
    approval or in the future."""
    if not NUMBER.fullmatch(number) or len(number) > 60:
        raise Refusal("Give the report its number, as it stands in the register: 123/BC-SNV")
    if release.approved is None:
        raise Conflict("Release %(number)s is not approved yet. Have it approved first.", number=release.number)
    if day > dates.today() or day < release.approved:
        raise Refusal("A report bears a day from the approval of its figures up to today.")


def issue(
    session: Session, release: Release, number: str, day: date, person: str, replaces: int | None = None
) -> IssuedReport:
    """Makes the report of an approved release under its number (Số) and day, as Word and PDF, and keeps both.

    replaces  the report that this one corrects: it must be the newest one, and stays readable
    Refused as `refuse` says, and: a number that is taken, a first report that replaces something, and a later one
    that doesn't say what it replaces.
    """
    number = number.strip()
    refuse(release, number, day)
    before = list_all(session, release.wave)
    if any(one.number == number for one in before):
        raise Conflict("There is a report %(number)s already. Give it the next number.", number=number)
    old = before[0] if before else None
    if replaces != (old.id if old else None):
        if old is None:
            raise Conflict("No report of this wave was issued yet: this one can't replace any.")
        raise Conflict(
            "Report %(number)s is the last one issued. A new one replaces it and says so.", number=old.number
        )
    wave = waves.find(session, release.wave)
    gathered = replace(
        unusual.gather(session, release.wave, release=release),
        since=since.of_release(session, release),
        issue=Issue(number, day, old.number if old else None),
    )
    told = account.gather(session, wave, release)
    issued = IssuedReport(
        wave=release.wave,
        release=release.id,
        number=number,
        day=day,
        issued_by=person,
        replaces=replaces,
        word=report.write(gathered, "docx", account=told),
        pdf=report.write(gathered, "pdf", account=told),
    )
    session.add(issued)
    session.flush()
    return issued
