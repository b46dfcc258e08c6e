"""What the disk, the database or the rights of an account refuse: which of them it was, and what to do."""

from __future__ import annotations

import errno
import logging

from sqlalchemy.exc import DBAPIError, OperationalError

from translations import N_, Conflict, Refusal, speaking

FULL = N_("The disk is full: nothing more can be kept. Make room on it; what was confirmed is there.")
READ_ONLY = N_("The database can only be read. Give this account the right to write its file and folder.")
LOCKED = N_("Another program has locked the database. Wait until it has finished, or stop it, and try again.")
GONE = N_("The file of the database can't be opened. See that it is there, and that this account may read it.")
DISK = N_("The disk of the database is full, or fails. Make room; if there is some, look at the system's log.")
DAMAGED = N_("The file of the database is damaged. Stop serving, keep the file, and restore the last backup.")
AT_ONCE = N_("Somebody else stored the same at this moment. Look at what is there before you try again.")
# The beginnings of SQLite's codes (sqlite.org/rescode.html), and PostgreSQL's (its manual, appendix A).
KNOWN = {
    "SQLITE_FULL": FULL,
    "SQLITE_READONLY": READ_ONLY,
    "SQLITE_BUSY": LOCKED,
    "SQLITE_CANTOPEN": GONE,
    "SQLITE_IOERR": DISK,
    "SQLITE_CORRUPT": DAMAGED,
    "SQLITE_NOTADB": DAMAGED,
    "SQLITE_CONSTRAINT_UNIQUE": AT_ONCE,
    "SQLITE_CONSTRAINT_PRIMARYKEY": AT_ONCE,
    "53100": FULL,
    "25006": READ_ONLY,
    "55P03": LOCKED,
    "23505": AT_ONCE,
}


class Unavailable(Refusal):
    """Nothing can be kept now; the message is for who looks after the machine, not for who answers."""

    status = 503


def refusal_for(error: BaseException) -> Refusal | None:
    """What an error says of the machine or of others who write; None if it is a fault of the program."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Unavailable(FULL)
    said_by = error.orig if isinstance(error, DBAPIError) else error  # while it is being opened, by the driver
    code = str(getattr(said_by, "sqlite_errorname", None) or getattr(said_by, "sqlstate", None) or "")
    message = next((words for beginning, words in KNOWN.items() if code.startswith(beginning)), None)
    if message == AT_ONCE:
        return Conflict(message)
    if message is not None:
        return Unavailable(message)
    if isinstance(error, OperationalError):
        return Unavailable(
            "The database does not answer: %(reason)s. Start it, or correct HAILONG_DATABASE_URL.",
            reason=reason(error),
        )
    return None


def log(trouble: Refusal, what: str) -> None:
    """Tells who looks after the machine, in Vietnamese whatever language a page was in."""
    with speaking("vi"):
        logging.getLogger("hailong").error("%s: %s", what, trouble)


def reason(error: DBAPIError) -> str:
    """The first line of what the database says."""
    return (str(error.orig).splitlines() or [""])[0]
