"""What is well with an installation and what is not; of what isn't, it is said what to do.

Nothing here changes anything: no folder is made, no table migrated. Each check looks at one thing and can be read
by itself; one that can't be made, because something before it failed, is left out.
"""

from __future__ import annotations

import io
import os
import shutil
import ssl
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import URL, Connection, func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

import translations
from survey.accounts import second_factors
from survey.accounts.openid import Provider
from survey.operations import certificate, installation
from survey.operations.backups import latest
from survey.pdf import typeface
from survey.storage import audit, faults, master_key
from survey.storage import encrypted_texts as texts
from survey.storage.database import Database, is_unreleased, knows, newest
from survey.storage.encrypted_columns import SealedDocument
from survey.storage.models import SEALED, Account, Response, Role
from survey.system import settings, virus_scanner
from survey.system.version import version
from translations import Refusal, formats
from translations import gettext as _

LEAST_SPACE, LITTLE_SPACE = 1_000_000_000, 5_000_000_000  # bytes free on the disk of the data
SHORTEST_KEY = 32  # characters of a secret key that somebody chose
OLDEST_BACKUP = timedelta(days=2)
SOON = timedelta(days=14)  # in which a certificate that renews itself would have done so
OLDEST_POSTGRESQL = 140_000  # 14.0; the oldest that is still looked after
ASTRAY = 60  # seconds by which the clock of the database may differ from ours
HERE = frozenset({"localhost", "127.0.0.1", "::1"})
# SQLite's log is shared memory: on a disk of another machine it destroys the file (sqlite.org/wal.html).
FAR = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "ceph", "glusterfs", "fuse.glusterfs"}
)


class State(StrEnum):
    """How a thing is: well, worth a look, or to be mended before people are let in."""

    WELL = "well"
    LOOK = "look"
    MEND = "mend"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    what  the thing and how it is
    do    what to do about it; empty where it is well
    """

    state: State
    what: str
    do: str = ""


def examine() -> list[Finding]:
    """Everything, in the order in which it would be mended, in the language of the moment."""
    found = [*program(), *clock(), *address(), *encryption(), *mail(), *sign_on(), *scanner()]
    folder = settings.data_folder()
    if not folder.is_dir():
        what = _("There is no data folder %(folder)s.", folder=folder)
        return [*found, _mend(what, _("Name it in HAILONG_DATA, or make it: hailong init"))]
    if not os.access(folder, os.R_OK | os.X_OK):
        what = _("This account may not read the data folder %(folder)s.", folder=folder)
        return [*found, _mend(what, _("Run hailong as the account that serves."))]
    found += [*rights(folder), *secret(folder), *space(folder)]
    try:
        database = Database(settings.database_url())
    except Refusal as refusal:
        return [*found, _mend(str(refusal), _("Correct HAILONG_DATABASE_URL."))]
    found += line(database.engine.url)
    place = installation.file(database)
    try:
        if (backup := installation.half(database, folder)) is not None:
            what = _("A restore was cut off here: what is in this folder is not whole.")
            return [*found, _mend(what, _("Run it again: %(command)s", command=f"hailong restore {backup}"))]
        if place is not None and not place.is_file():
            return [*found, _mend(_("There is no database yet."), _("Make it: hailong init"))]
        found += contents(database, folder)
    except SQLAlchemyError as error:
        what = _("The database does not answer: %(reason)s", reason=_reason(error))
        found.append(_mend(what, str(faults.told(error) or _("Start it, or correct HAILONG_DATABASE_URL."))))
    finally:
        database.engine.dispose()
    return found


def program() -> Iterator[Finding]:
    """What belongs to the program itself: its version, the compiled catalogue, the typeface of reports."""
    yield _well(_("This is Hài Lòng %(version)s.", version=version()))
    stale = [
        path.parent.parent.name
        for path in sorted(translations.FOLDER.glob("*/LC_MESSAGES/messages.po"))
        if not path.with_suffix(".mo").is_file()
        or path.with_suffix(".mo").stat().st_mtime < path.stat().st_mtime - 1
    ]
    if stale:
        what = _(
            "The catalogue of %(languages)s is not compiled, or older than its texts.", languages=", ".join(stale)
        )
        yield _mend(what, _("Run: make setup"))
    else:
        yield _well(_("The texts of every language are compiled."))
    try:
        family, _folder = typeface.typeface()
    except Refusal:
        yield _mend(_("The typeface of reports is not there: no PDF can be made."), _("Run: make setup"))
    else:
        yield _well(_("Reports are set in %(family)s.", family=family))


def clock() -> Iterator[Finding]:
    """The time zone of Việt Nam, by which a response gets its day."""
    try:
        off = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).utcoffset()
    except ZoneInfoNotFoundError:
        off = None
    if off != timedelta(hours=7):
        yield _mend(_("The time zone of Việt Nam is not known here."), _("Run: make setup"))
        return
    now = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh"))
    yield _well(_("In Việt Nam it is %(time)s on %(day)s.", time=f"{now:%H:%M}", day=formats.day(now.date())))


def address() -> Iterator[Finding]:
    """The address that people see."""
    url = settings.base_url()
    if url is None:
        yield _look(
            _("HAILONG_BASE_URL is not set: posters, letters and kiosks carry no address."),
            _("Set it to the address that people see, https://… where they come from outside."),
        )
        return
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        what = _("HAILONG_BASE_URL is no address: %(url)s", url=url)
        yield _mend(what, _("Write it whole: https://hailong.example.gov.vn"))
    elif parts.scheme == "http" and parts.hostname not in HERE:
        what = _("People reach %(url)s without encryption: who is on the way reads what they answer.", url=url)
        yield _mend(what, _("Put Caddy or nginx with TLS in front (docs/deployment.md) and write https:// there."))
    elif parts.path.strip("/"):
        what = _("People reach the platform at a host that it shares: %(url)s", url=url)
        yield _mend(what, _("Give it a host name of its own: a browser shares cookies and rights within a host."))
    else:
        yield _well(_("People reach the platform at %(url)s.", url=url))
    if parts.hostname and parts.hostname not in HERE and not settings.proxies():
        yield _look(
            _("HAILONG_PROXIES is not set: behind a proxy everybody counts as one address, and shares one limit."),
            _("Set HAILONG_PROXIES=1 where one proxy stands in front and sends X-Forwarded-For."),
        )


def encryption() -> Iterator[Finding]:
    """The certificate at the address that people see; left out where that can't be reached from here."""
    parts = urlsplit(settings.base_url() or "")
    if parts.scheme != "https" or not parts.hostname or parts.hostname in HERE:
        return
    host = parts.hostname
    try:
        last = certificate.last_day(host, parts.port or 443)
    except ssl.SSLCertVerificationError as error:
        what = _(
            "Browsers do not trust the certificate of %(host)s: %(reason)s", host=host, reason=error.verify_message
        )
        yield _mend(what, _("Take one of a public authority; Caddy does so by itself (docs/deployment.md)."))
    except (OSError, ValueError):  # nobody answers, or what is set is no address
        return
    else:
        what = _("The certificate of %(host)s is valid until %(day)s.", host=host, day=formats.day(last))
        if last < _day_before(-SOON):
            yield _look(what, _("Renew it now, and see why that does not happen by itself."))
        else:
            yield _well(what)


def mail() -> Iterator[Finding]:
    """The mail server, where one is set."""
    if not os.environ.get("HAILONG_SMTP_HOST"):
        return
    server = settings.mail_server()
    if server is None:
        yield _mend(
            _("HAILONG_SMTP_FROM is not set: no letter can be sent."), _("Set it to the address of the sender.")
        )
    elif server.user and not os.access(server.password_file or "", os.R_OK):
        yield _mend(
            _("The password of the mail server can't be read."),
            _("Name its file in HAILONG_SMTP_PASSWORD_FILE, for the account that serves alone (chmod 600)."),
        )
    else:
        yield _well(_("Letters with links go by %(host)s, over TLS.", host=server.host))


def sign_on() -> Iterator[Finding]:
    """Single sign-on, where it is set up: what it needs here, and whether its provider answers."""
    names = ("HAILONG_OIDC_ISSUER", "HAILONG_OIDC_CLIENT")
    configured = settings.single_sign_on()
    if configured is None:
        if any(os.environ.get(name) for name in names):
            what = _("Of %(names)s only one is set: nobody is led to single sign-on.", names=", ".join(names))
            yield _mend(what, _("Set both, or neither (docs/deployment-options.md)."))
        return
    if settings.base_url() is None:
        what = _("Single sign-on does not know our address: its provider sends nobody back to another one.")
        yield _mend(what, _("Set HAILONG_BASE_URL to the address that is registered there."))
    secret = configured.secret
    if secret is not None and not os.access(secret, os.R_OK):
        what = _("The secret of single sign-on can't be read: %(file)s", file=secret)
        yield _mend(what, _("Write it there, for the account that serves alone (docs/deployment-options.md)."))
        return
    if secret is not None and secret.stat().st_mode & 0o077:
        what = _("Other accounts of this machine may read or write %(path)s.", path=secret)
        yield _mend(what, _("Run: %(command)s", command=f"chmod 600 {secret}"))
    try:
        Provider(configured, back="").begin()
    except Refusal as refusal:
        what = _(
            "The provider of single sign-on does not answer as it should: %(issuer)s %(reason)s",
            issuer=configured.issuer,
            reason=refusal.__cause__ or "",
        )
        yield _mend(what, _("It must call itself so, letter for letter, and be reached by https."))
    else:
        yield _well(_("Single sign-on answers: %(issuer)s", issuer=configured.issuer))


def scanner() -> Iterator[Finding]:
    """The virus scanner of what staff send, where one is named."""
    place = settings.clamd()
    if place is None:
        return
    try:
        virus_scanner.harm(place, io.BytesIO(b"harmless"))
    except Refusal:
        what = _("The virus scanner at %(place)s does not answer: no file of the staff is taken.", place=place)
        yield _mend(what, _("Start it: systemctl start clamav-daemon, or take HAILONG_CLAMD away."))
    else:
        yield _well(_("The virus scanner at %(place)s looks at each file that staff send.", place=place))


def rights(folder: Path) -> Iterator[Finding]:
    """Who may read the data folder and the keys in it."""
    open_to_others = [
        (path, right)
        for path, right in [(folder, "700"), *((key, "600") for key in sorted(_keys(folder)))]
        if path.stat().st_mode & 0o077
    ]
    for path, right in open_to_others:
        what = _("Other accounts of this machine may read or write %(path)s.", path=path)
        yield _mend(what, _("Run: %(command)s", command=f"chmod {right} {path}"))
    if not open_to_others:
        yield _well(_("The data folder %(folder)s and its keys are for their owner alone.", folder=folder))
    if folder.stat().st_uid != os.getuid():
        what = _("The data folder %(folder)s belongs to another account.", folder=folder)
        yield _look(what, _("Run hailong as the account that serves, or the files it makes can't be read there."))
    elif not os.access(folder, os.W_OK | os.X_OK):
        what = _("The data folder %(folder)s can't be written.", folder=folder)
        yield _mend(what, _("Run: %(command)s", command=f"chmod 700 {folder}"))


def secret(folder: Path) -> Iterator[Finding]:
    """The key that signs cookies, receipts and invitation codes."""
    given, kept = settings.given_secret("HAILONG_SECRET_KEY"), folder / "secret.key"
    if given and len(given) < SHORTEST_KEY:
        yield _mend(
            _("HAILONG_SECRET_KEY is short: who guesses it signs in as anybody."),
            _("Take it away, and one is made; or give at least %(least)d random characters.", least=SHORTEST_KEY),
        )
    elif given and not os.environ.get("HAILONG_SECRET_KEY"):
        yield _well(_("The secret key comes from the system's store of secrets."))
        if kept.is_file():
            what = _("The file %(file)s is no longer used, and is still there.", file=kept)
            yield _look(what, _("Once it is the key in the store: shred -u %(file)s", file=kept))
    elif given:
        yield _well(_("The secret key comes from HAILONG_SECRET_KEY."))
    elif not kept.is_file():
        what = _("There is no secret key yet.")
        yield _look(
            what, _("It is created when the platform is first served. After a restore: put secret.key back.")
        )
    elif kept.stat().st_size < SHORTEST_KEY:
        what = _("The file %(file)s is damaged.", file=kept)
        yield _mend(what, _("Bring it back from the backup of the keys; a new one makes printed codes worthless."))
    else:
        yield _well(_("The secret key is there."))


def space(folder: Path) -> Iterator[Finding]:
    """What is free on the disk of the data folder."""
    free = shutil.disk_usage(folder).free
    what = _("%(size)s GB are free for the data folder.", size=formats.number(free / 1e9, 1))
    if free < LEAST_SPACE:
        yield _mend(what, _("Make room now: on a full disk no form can be kept."))
    elif free < LITTLE_SPACE:
        yield _look(what, _("Make room before it is needed: old backups elsewhere, a larger disk."))
    else:
        yield _well(what)


def line(url: URL) -> Iterator[Finding]:
    """Whether what goes to a database on another machine is encrypted, and to that machine alone."""
    host = url.host or str(url.query.get("host", ""))
    if host in {"", *HERE} or host.startswith("/") or url.query.get("sslmode") == "verify-full":
        return
    what = _("The certificate of the database on another machine is not checked: who is on the way may read all.")
    yield _mend(what, _("Add ?sslmode=verify-full to HAILONG_DATABASE_URL, and a certificate to the server."))


def contents(database: Database, folder: Path) -> Iterator[Finding]:
    """The database: its form, whether it can be written, its settings, and what stands in it."""
    with database.engine.connect() as connection:
        present = installation.form(connection)
    if present is None:
        yield _mend(_("The database is empty."), _("Make it: hailong init"))
        return
    if is_unreleased(present):
        what = _("The database was made before the first release (form %(form)s).", form=present)
        yield _mend(what, _("It can't be migrated: name a new data folder or database, then run: hailong init"))
        return
    if not knows(present):
        what = _("The database has the newer form %(form)s, which this version does not know.", form=present)
        yield _mend(what, _("Install the newer version again, or restore the backup from before it."))
        return
    if present != newest():
        what = _("The database has the older form %(form)s.", form=present)
        yield _mend(what, _("Stop serving, then run: hailong init"))
        return
    yield _well(_("The database answers and has the newest form."))
    yield from writable(database)
    yield from sqlite(database) if database.is_sqlite else postgresql(database)
    with database.reading() as session:
        yield from seal(session.connection())
        yield from trail(session)
        yield from people(session)
    yield from backup(folder)


def writable(database: Database) -> Iterator[Finding]:
    """Whether a table could be made now; it is taken back at once."""
    try:
        with database.engine.connect().execution_options(writing=True) as connection:
            connection.execute(text("CREATE TABLE doctor_tries_to_write (number INTEGER)"))
            connection.rollback()
    except SQLAlchemyError as error:
        what = _("The database can't be written: %(reason)s", reason=_reason(error))
        yield _mend(what, _("Give the account that serves the right to write it and to make tables."))
    else:
        yield _well(_("The database can be written."))


def sqlite(database: Database) -> Iterator[Finding]:
    """The file of SQLite: sound, with a log, on a disk of this machine."""
    path = Path(database.engine.url.database or "")
    with database.engine.connect() as connection:
        sound = connection.scalar(text("PRAGMA quick_check(1)"))
        journal = connection.scalar(text("PRAGMA journal_mode"))
    if sound != "ok":
        what = _("The file of the database is damaged: %(reason)s", reason=sound)
        yield _mend(what, _("Stop serving, keep the file, and restore the last backup (docs/administrators.md)."))
    kind = _file_system(path)
    if journal != "wal" or kind in FAR:
        yield _mend(
            _("SQLite lies on %(kind)s, where its log is not safe.", kind=kind or "?"),
            _("Put HAILONG_DATA on a disk of this machine, or use PostgreSQL."),
        )
    elif sound == "ok":
        yield _well(_("SQLite is sound, with a log, on a disk of this machine."))


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
        yield _mend(what, _("Run in psql, then restart: %(command)s", command=f"ALTER SYSTEM SET {name} = on"))
    if setting["server_encoding"] != "UTF8":
        what = _("The database stores %(encoding)s, not Unicode.", encoding=setting["server_encoding"])
        yield _mend(what, _("Create it again with ENCODING 'UTF8' and restore the backup into it."))
    if int(setting["server_version_num"]) < OLDEST_POSTGRESQL:
        what = _("PostgreSQL %(version)s is no longer looked after.", version=setting["server_version"])
        yield _look(what, _("Move to a newer one."))
    elif not lost:
        yield _well(_("PostgreSQL %(version)s keeps what it confirms.", version=setting["server_version"]))
    if setting["archive_mode"] == "off":
        what = _("PostgreSQL archives no log: after a loss there is only the last backup.")
        yield _look(what, _("Set up point-in-time recovery (docs/deployment-options.md)."))
    if mighty:
        what = _("The account of the database may do everything on that server.")
        yield _look(what, _("Give the platform an account of its own that owns its database and nothing else."))
    if abs(theirs - datetime.now(UTC).timestamp()) > ASTRAY:
        what = _("The clocks of this machine and of the database differ by more than a minute.")
        yield _mend(what, _("Let both take the time from the network (NTP)."))


def seal(connection: Connection) -> Iterator[Finding]:
    """Whether the master key is there and opens what lies sealed."""
    place = settings.text_key_file()
    if master_key.drafted().exists() or master_key.former().exists():
        what = _(
            "A change of the master key was interrupted; it can be completed with the files beside %(file)s.",
            file=place,
        )
        yield _mend(what, _("Run: %(command)s", command="hailong key renew"))
        return
    if not place.is_file() and not texts.anything_sealed(connection):
        return
    wrong = None
    if not place.is_file():
        wrong = _(
            "The key file %(file)s is gone: what people wrote and what was scanned can't be read.", file=place
        )
    else:
        try:
            texts.check(connection)
            for column in SEALED:  # beyond what was looked at: each row
                if isinstance(column.type, SealedDocument):  # a picture is sealed together with its marks
                    for _document in connection.execute(select(column).execution_options(yield_per=1000)):
                        pass
        except Refusal as refusal:
            wrong = str(refusal)
    if wrong is None:
        yield _well(_("The key file %(file)s opens what is encrypted.", file=place))
    else:
        do = _(
            "Restore it from the backup of the keys: a new key cannot read anything encrypted earlier. If "
            "no copy is left anywhere: hailong key lost"
        )
        yield _mend(wrong, do)


def trail(session: Session) -> Iterator[Finding]:
    """The audit trail, and the clock against what was written before."""
    verified = audit.verify(session)
    if verified.broken is not None:
        what = _("The audit trail is broken at entry %(number)s.", number=formats.number(verified.broken))
        yield _mend(
            what, _("Keep the server as it is, restore a backup elsewhere, and compare: hailong audit list")
        )
    else:
        yield _well(_("The audit trail is whole: %(entries)s entries.", entries=formats.number(verified.entries)))
    now = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh"))
    entry = audit.newest(session)
    newest = session.scalar(select(func.max(Response.day)))
    ahead = (entry is not None and entry.at > now.isoformat(timespec="seconds")) or (
        newest is not None and newest > now.date()
    )
    if ahead:
        what = _("The clock stands before what was written already.")
        yield _mend(what, _("Set the clock right, and let it take the time from the network (NTP)."))


def people(session: Session) -> Iterator[Finding]:
    """Whether somebody may administer, and by more than a password."""
    if not session.scalar(select(func.count()).select_from(Account).where(Account.role == Role.ADMIN)):
        what = _("There is no administrator.")
        yield _look(what, _("Make one: hailong user add NAME --role admin"))
    elif Role.ADMIN not in second_factors.needing(session):
        what = _("A password alone makes somebody an administrator.")
        yield _look(
            what, _("Let the role need a second factor: the page “Accounts”, “Who needs a second factor”.")
        )
    else:
        yield _well(_("Administrators need a second factor."))


def backup(folder: Path) -> Iterator[Finding]:
    """How old the last backup is that `hailong backup` noted."""
    day = latest.day(folder)
    if day is None:
        yield _look(_("No backup was made yet with hailong backup."), _("Run it nightly (docs/deployment.md)."))
    elif _day_before(OLDEST_BACKUP) > day:
        what = _("The last backup is of %(day)s.", day=formats.day(day))
        yield _look(what, _("See why the nightly backup did not run: systemctl status hailong-backup"))
    else:
        yield _well(_("The last backup is of %(day)s.", day=formats.day(day)))


def _day_before(age: timedelta) -> date:
    return (datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")) - age).date()


def _keys(folder: Path) -> Iterator[Path]:
    if (folder / "secret.key").is_file():
        yield folder / "secret.key"
    yield from (folder / "sealing").glob("*.key")
    given = os.environ.get("HAILONG_TEXT_KEY")
    texts = Path(given).absolute() if given else folder / "texts.key"
    if texts.is_file():
        yield texts


def _file_system(path: Path) -> str | None:
    """The kind of file system a path lies on, from Linux's own table; None if there is none."""
    mounts = Path("/proc/self/mounts")
    if sys.platform != "linux" or not mounts.is_file():
        return None
    found, longest = None, -1
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        _device, place, kind, *_rest = line.split(" ")
        place = place.replace("\\040", " ")
        if path.is_relative_to(place) and len(place) >= longest:
            found, longest = kind, len(place)
    return found


def _reason(error: SQLAlchemyError) -> str:
    return (str(getattr(error, "orig", None) or error).splitlines() or [""])[0]


def _well(what: str) -> Finding:
    return Finding(State.WELL, what)


def _look(what: str, do: str) -> Finding:
    return Finding(State.LOOK, what, do)


def _mend(what: str, do: str) -> Finding:
    return Finding(State.MEND, what, do)
