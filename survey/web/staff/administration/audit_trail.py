"""Page: the audit trail, the newest entries first, and whether its chain holds."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, select

from survey.accounts.accounts import Right
from survey.storage import audit
from survey.storage.models import AuditEntry
from survey.web import integers
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.sign_in import failed_attempts
from survey.web.staff.blueprint import pages
from translations import N_

EACH_PAGE = 100


@pages.page("/nhat-ky", Right.AUDIT, tab=Tab(8, N_("Audit trail"), "main"))
def audit_trail() -> ResponseReturnValue:
    """`ai` shows one person's entries alone; `den` is the number of the newest entry of the page."""
    who, until = request.args.get("ai", ""), request.args.get("den", None, integers.bounded_int)
    with database().reading() as session:
        entries = list(session.scalars(_entries(who, until)))
        people = sorted(session.scalars(select(AuditEntry.who).distinct()))
        verified = audit.verify(session)
        wrong = failed_attempts.lately(session)
    return render_template(
        "staff/audit_trail.html",
        entries=entries[:EACH_PAGE],
        older=entries[EACH_PAGE].number if len(entries) > EACH_PAGE else None,
        until=until,
        who=who,
        people=people,
        verified=verified,
        wrong=wrong,
    )


def _entries(who: str, until: int | None) -> Select[AuditEntry]:
    query = select(AuditEntry).order_by(AuditEntry.number.desc()).limit(EACH_PAGE + 1)
    query = query.where(AuditEntry.who == who) if who else query
    return query if until is None else query.where(AuditEntry.number <= until)
