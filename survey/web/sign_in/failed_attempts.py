"""Wrong sign-ins: each a line of the log, a count of /metrics, and one more in the count of its day and account.

Neither address nor browser is kept, and no name that no account has: somebody may have typed a password there.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from survey.storage.models import Account, FailedAttempt
from survey.system.dates import today
from survey.web.current import database
from survey.web.server import metrics
from translations.formats import nfc

NOBODY = ""  # stands for every name that no account has
KEPT = timedelta(days=365)
SHOWN = timedelta(days=30)
# Of two at the same moment both count.
ONE_MORE = {
    name: inserted(FailedAttempt).on_conflict_do_update(
        index_elements=["day", "account"], set_={"count": FailedAttempt.count + 1}
    )
    for name, inserted in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}


def note(name: str, step: str) -> None:
    """Somebody gave a wrong password, code or passkey of this account; call it outside any transaction.

    step  one of `metrics.STEPS`
    """
    count_only(step)
    with database().writing() as session:
        account = session.get(Account, nfc(name).strip())
        session.execute(delete(FailedAttempt).where(FailedAttempt.day < today() - KEPT))
        session.execute(
            ONE_MORE[session.get_bind().dialect.name],
            {"day": today(), "account": account.name if account else NOBODY, "count": 1},
        )


def count_only(step: str) -> None:
    """Somebody has to wait before the next try, or has a passkey that nobody knows: whoever goes on fills no
    table."""
    logging.getLogger("hailong").warning("wrong sign-in: %s", step)
    metrics.here().wrong.labels(step).inc()


def lately(session: Session) -> list[FailedAttempt]:
    """The counts of the last 30 days, the newest first; the account is `NOBODY` for names that no account has."""
    rows = select(FailedAttempt).where(FailedAttempt.day > today() - SHOWN)
    return list(session.scalars(rows.order_by(FailedAttempt.day.desc(), FailedAttempt.account)))
