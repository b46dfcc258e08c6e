"""What is well with the database and what is not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from survey.accounts import second_factors
from survey.integrity import digests
from survey.operations.backups import latest
from survey.operations.doctor_findings import Finding, look, mend, well
from survey.storage import audit, key_rotation, master_key
from survey.storage.database import Database
from survey.storage.encrypted_columns import EncryptedJSON
from survey.storage.models import ENCRYPTED, Account, PublishedQuestionnaire, Response, Role, Wave
from survey.storage.schema import form, is_unreleased, knows, newest
from survey.system import settings
from survey.system.dates import today
from survey.waves import questionnaires
from translations import Refusal, formats
from translations import gettext as _

OLDEST_BACKUP = OLDEST_DIGEST = timedelta(days=2)
OLDEST_POSTGRESQL = 140_000  # 14.0; the oldest that is still looked after
ASTRAY = 60  # seconds by which the clock of the database may differ from ours
# SQLite's log is shared memory: on a disk of another machine it destroys the file (sqlite.org/wal.html).
FAR = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "ceph", "glusterfs", "fuse.glusterfs"}
)


def examine(database: Database, folder: Path) -> Iterator[Finding]:
    """The database: its form, whether it can be written, its settings, and what stands in it."""
    with database.engine.connect() as connection:
        present = form(connection)
    if present is None:
        yield mend(_("The database is empty."), _("Make it: hailong init"))
        return
    if is_unreleased(present):
        what = _("The database was made before the first release (form %(form)s).", form=present)
        yield mend(what, _("It can't be migrated: name a new data folder or database, then run: hailong init"))
        return
    if not knows(present):
        what = _("The database has the newer form %(form)s, which this version does not know.", form=present)
        yield mend(what, _("Install the newer version again, or restore the backup from before it."))
        return
    if present != newest():
        what = _("The database has the older form %(form)s.", form=present)
        yield mend(what, _("Stop serving, then run: hailong init"))
        return
    yield well(_("The database answers and is up to date."))
    yield from writable(database)
    yield from sqlite(database) if database.is_sqlite else postgresql(database)
    with database.reading() as session:
        yield from seal(session.connection())
        yield from trail(session)
        yield from documents(session)
        yield from chains(session)
        yield from people(session)
    yield from backup(folder)


def writable(database: Database) -> Iterator[Finding]:
    """Whether a table could be made now; it is taken back at once."""
    try:
        with database.engine.connect().execution_options(writing=True) as connection:
            connection.execute(text("CREATE TABLE doctor_tries_to_write (number INTEGER)"))
            connection.rollback()
    except SQLAlchemyError as error:
        what = _("The database can't be written: %(reason)s", reason=reason_of(error))
        yield mend(what, _("Give the account that serves the right to write it and to make tables."))
    else:
        yield well(_("This account may write the database."))


def sqlite(database: Database) -> Iterator[Finding]:
    """The file of SQLite: sound, with a log, on a disk of this machine."""
    path = Path(database.engine.url.database or "")
    with database.engine.connect() as connection:
        sound = connection.scalar(text("PRAGMA quick_check(1)"))
        journal = connection.scalar(text("PRAGMA journal_mode"))
    if sound != "ok":
        what = _("The file of the database is damaged: %(reason)s", reason=sound)
        yield mend(what, _("Stop serving, keep the file, and restore the last backup (docs/administrators.md)."))
    kind = _file_system(path)
    if journal != "wal" or kind in FAR:
        yield mend(
            _("SQLite lies on %(kind)s, where its log is not safe.", kind=kind or "?"),
            _("Put HAILONG_DATA on a disk of this machine, or use PostgreSQL."),
        )
    elif sound == "ok":
        yield well(_("SQLite is sound, with a log, on a disk of this machine."))


def postgresql(database: Database) -> Iterator[Finding]:
    """The settings of PostgreSQL on which it depends that what was confirmed is kept."""
    with database.engine.connect() as connection:
        setting = {
            name: str(connection.scalar(text("SELECT current_setting(:name)"), {"name": name}))
            for name in (
                *("fsync", "full_page_writes", "synchronous_commit", "server_encoding", "archive_mode"),
                *("server_version", "server_version_num"),
            )
        }
        mighty = connection.scalar(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"))
        theirs = float(connection.scalar(text("SELECT extract(epoch FROM clock_timestamp())")) or 0)
    lost = [name for name in ("fsync", "full_page_writes", "synchronous_commit") if setting[name] == "off"]
    for name in lost:
        what = _("PostgreSQL runs with %(name)s = off: a power cut may lose what was confirmed.", name=name)
        yield mend(what, _("Run in psql, then restart: %(command)s", command=f"ALTER SYSTEM SET {name} = on"))
    if setting["server_encoding"] != "UTF8":
        what = _("The database stores %(encoding)s, not Unicode.", encoding=setting["server_encoding"])
        yield mend(what, _("Create it again with ENCODING 'UTF8' and restore the backup into it."))
    if int(setting["server_version_num"]) < OLDEST_POSTGRESQL:
        what = _("PostgreSQL %(version)s is no longer looked after.", version=setting["server_version"])
        yield look(what, _("Move to a newer one."))
    elif not lost:
        yield well(_("PostgreSQL %(version)s keeps what it confirms.", version=setting["server_version"]))
    if setting["archive_mode"] == "off":
        what = _("PostgreSQL archives no log: after a loss there is only the last backup.")
        yield look(what, _("Set up point-in-time recovery (docs/deployment-options.md)."))
    if mighty:
        what = _("The account of the database may do everything on that server.")
        yield look(what, _("Give the platform an account of its own that owns its database and nothing else."))
    if abs(theirs - datetime.now(UTC).timestamp()) > ASTRAY:
        what = _("The clocks of this machine and of the database differ by more than a minute.")
        yield mend(what, _("Let both take the time from the network (NTP)."))


def seal(connection: Connection) -> Iterator[Finding]:
    """Whether the master key is there and opens what lies sealed."""
    place = settings.text_key_file()
    if master_key.new_file().exists() or master_key.old_file().exists():
        what = _(
            "A change of the master key was interrupted; it can be completed with the files beside %(file)s.",
            file=place,
        )
        yield mend(what, _("Run: %(command)s", command="hailong key renew"))
        return
    if not place.is_file() and not key_rotation.anything_encrypted(connection):
        return
    wrong = None
    if not place.is_file():
        wrong = _(
            "The key file %(file)s is gone: what people wrote and what was scanned can't be read.", file=place
        )
    else:
        try:
            key_rotation.check(connection)
            for column in ENCRYPTED:  # beyond what was looked at: each row
                if isinstance(column.type, EncryptedJSON):  # a picture is sealed together with its marks
                    for _document in connection.execute(select(column).execution_options(yield_per=1000)):
                        pass
        except Refusal as refusal:
            wrong = str(refusal)
    if wrong is None:
        yield well(_("The key file %(file)s opens what is encrypted.", file=place))
    else:
        do = _(
            "Restore it from the backup of the keys: a new key cannot read anything encrypted earlier. If "
            "no copy is left anywhere: hailong key lost"
        )
        yield mend(wrong, do)


def trail(session: Session) -> Iterator[Finding]:
    """The audit trail, and the clock against what was written before."""
    verified = audit.verify(session)
    if verified.broken is not None:
        what = _("The audit trail is broken at entry %(number)s.", number=formats.number(verified.broken))
        yield mend(
            what, _("Keep the server as it is, restore a backup elsewhere, and compare: hailong audit list")
        )
    else:
        yield well(_("The audit trail is whole: %(entries)s entries.", entries=formats.number(verified.entries)))
    now = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh"))
    entry = audit.newest(session)
    newest = session.scalar(select(func.max(Response.day)))
    ahead = (entry is not None and entry.at > now.isoformat(timespec="seconds")) or (
        newest is not None and newest > now.date()
    )
    if ahead:
        what = _("The clock stands before what was written already.")
        yield mend(what, _("Set the clock right, and let it take the time from the network (NTP)."))


def documents(session: Session) -> Iterator[Finding]:
    """Whether each questionnaire is the one that was published: its digest is the key under which it lies."""
    for stored in session.scalars(select(PublishedQuestionnaire)):
        if not questionnaires.is_as_published(stored):
            name = f"{stored.code}@{stored.version}"
            what = _("The questionnaire %(name)s was changed in the database after it was published.", name=name)
            yield mend(what, _("Stop serving, keep the database as it is, and restore the last backup elsewhere."))


def chains(session: Session) -> Iterator[Finding]:
    """Whether each wave that runs has the digest of a day that is not long over."""
    oldest = today() - OLDEST_DIGEST
    for wave in session.scalars(select(Wave).where(~Wave.simulated, Wave.opens < oldest, Wave.closes >= today())):
        last = digests.newest(session, wave.code)
        if last is None or last.day < oldest:
            what = _("The wave %(wave)s has no daily digest yet.", wave=wave.title)
            if last:
                newest_day = formats.day(last.day)
                what = _("The last daily digest of wave %(wave)s is of %(day)s.", wave=wave.title, day=newest_day)
            yield look(
                what,
                _("The server makes one each night: keep it running, and see its log."),
            )


def people(session: Session) -> Iterator[Finding]:
    """Whether somebody may administer, and by more than a password."""
    if not session.scalar(select(func.count()).select_from(Account).where(Account.role == Role.ADMIN)):
        what = _("There is no administrator.")
        yield look(what, _("Make one: hailong user add NAME --role admin"))
    elif Role.ADMIN not in second_factors.needing(session):
        what = _("Administrators sign in with a password alone.")
        yield look(what, _("Let the role need a second factor: the page “Accounts”, “Who needs a second factor”."))
    else:
        yield well(_("Administrators need a second factor."))


def backup(folder: Path) -> Iterator[Finding]:
    """How old the last backup is that `hailong backup` noted."""
    day = latest.day(folder)
    if day is None:
        yield look(_("No backup was made yet with hailong backup."), _("Run it nightly (docs/deployment.md)."))
    elif today() - OLDEST_BACKUP > day:
        what = _("The last backup is of %(day)s.", day=formats.day(day))
        yield look(what, _("See why the nightly backup did not run: systemctl status hailong-backup"))
    else:
        yield well(_("The last backup is of %(day)s.", day=formats.day(day)))


def _file_system(path: Path) -> str | None:
    """The kind of file system a path lies on, from Linux's own table; None if there is none."""
    mounts = Path("/proc/self/mounts")
    if sys.platform != "linux" or not mounts.is_file():
        return None
    nearest, longest = None, -1
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        _device, place, kind, *_rest = line.split(" ")
        place = place.replace("\\040", " ")
        if path.is_relative_to(place) and len(place) >= longest:
            nearest, longest = kind, len(place)
    return nearest


def reason_of(error: SQLAlchemyError) -> str:
    return (str(getattr(error, "orig", None) or error).splitlines() or [""])[0]
