"""What is well with an installation and what is not; of what isn't, it is said what to do.

Nothing here changes anything: no folder is made, no table migrated. Each check looks at one thing and can be read
by itself; one that can't be made, because something before it failed, is left out.
"""

from __future__ import annotations

import io
import os
import shutil
import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError

from survey.accounts.openid import Provider
from survey.operations import certificate, database_findings, installation
from survey.operations.doctor_findings import Finding, look, mend, well
from survey.pdf import typeface
from survey.storage import faults
from survey.storage.database import Database
from survey.system import settings, virus_scanner
from survey.system.dates import today
from survey.system.version import version
from translations import Refusal, formats
from translations import gettext as _

LEAST_SPACE, LITTLE_SPACE = 1_000_000_000, 5_000_000_000  # bytes free on the disk of the data
SOON = timedelta(days=14)  # in which a certificate that renews itself would have done so
HERE = frozenset({"localhost", "127.0.0.1", "::1"})


def examine() -> list[Finding]:
    """Everything, in the order in which it would be mended, in the language of the moment."""
    findings = [*program(), *clock(), *address(), *encryption(), *mail(), *sign_on(), *scanner()]
    folder = settings.data_folder()
    if not folder.is_dir():
        what = _("There is no data folder %(folder)s.", folder=folder)
        return [*findings, mend(what, _("Name it in HAILONG_DATA, or make it: hailong init"))]
    if not os.access(folder, os.R_OK | os.X_OK):
        what = _("This account may not read the data folder %(folder)s.", folder=folder)
        return [*findings, mend(what, _("Run hailong as the account that serves."))]
    findings += [*rights(folder), *secret(folder), *space(folder)]
    try:
        database = Database(settings.database_url())
    except Refusal as refusal:
        return [*findings, mend(str(refusal), _("Correct HAILONG_DATABASE_URL."))]
    findings += line(database.engine.url)
    place = installation.file(database)
    try:
        if (backup := installation.half(database, folder)) is not None:
            what = _("A restore was cut off here: what is in this folder is not whole.")
            return [*findings, mend(what, _("Run it again: %(command)s", command=f"hailong restore {backup}"))]
        if place is not None and not place.is_file():
            return [*findings, mend(_("There is no database yet."), _("Make it: hailong init"))]
        findings += database_findings.examine(database, folder)
    except SQLAlchemyError as error:
        what = _("The database does not answer: %(reason)s", reason=database_findings.reason_of(error))
        findings.append(
            mend(what, str(faults.refusal_for(error) or _("Start it, or correct HAILONG_DATABASE_URL.")))
        )
    finally:
        database.engine.dispose()
    return findings


def program() -> Iterator[Finding]:
    """What belongs to the program itself: its version, the typeface of reports."""
    yield well(_("This is Hài Lòng %(version)s.", version=version()))
    try:
        family, _folder = typeface.typeface()
    except Refusal:
        yield mend(_("The typeface of reports is not there: no PDF can be made."), _("Run: make setup"))
    else:
        yield well(_("Reports are set in %(family)s.", family=family))


def clock() -> Iterator[Finding]:
    """The time in Việt Nam, by which a response gets its day."""
    now = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh"))
    yield well(_("In Việt Nam it is %(time)s on %(day)s.", time=f"{now:%H:%M}", day=formats.day(now.date())))


def address() -> Iterator[Finding]:
    """The address that people see."""
    url = settings.base_url()
    if url is None:
        yield look(
            _("HAILONG_BASE_URL is not set: posters, letters and kiosks carry no address."),
            _("Set it to the address that people see, https://… where they come from outside."),
        )
        return
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        what = _("HAILONG_BASE_URL is no address: %(url)s", url=url)
        yield mend(what, _("Write it whole: https://hailong.example.gov.vn"))
    elif parts.scheme == "http" and parts.hostname not in HERE:
        what = _("People reach %(url)s without encryption: who is on the way reads what they answer.", url=url)
        yield mend(what, _("Put Caddy or nginx with TLS in front (docs/deployment.md) and write https:// there."))
    elif parts.path.strip("/"):
        what = _("People reach the platform at a host that it shares: %(url)s", url=url)
        yield mend(what, _("Give it a host name of its own: a browser shares cookies and rights within a host."))
    else:
        yield well(_("People reach the platform at %(url)s.", url=url))
    if parts.hostname and parts.hostname not in HERE and not settings.proxies():
        yield look(
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
        why = error.verify_message
        what = _("Browsers do not trust the certificate of %(host)s: %(reason)s", host=host, reason=why)
        yield mend(what, _("Take one of a public authority; Caddy does so by itself (docs/deployment.md)."))
    except (OSError, ValueError):  # nobody answers, or what is set is no address
        return
    else:
        what = _("The certificate of %(host)s is valid until %(day)s.", host=host, day=formats.day(last))
        if last < today() + SOON:
            yield look(what, _("Renew it now, and see why that does not happen by itself."))
        else:
            yield well(what)


def mail() -> Iterator[Finding]:
    """The mail server, where one is set."""
    if not os.environ.get("HAILONG_SMTP_HOST"):
        return
    server = settings.mail_server()
    if server is None:
        yield mend(
            _("HAILONG_SMTP_FROM is not set: no letter can be sent."), _("Set it to the address of the sender.")
        )
    elif server.user and not os.access(server.password_file or "", os.R_OK):
        yield mend(
            _("The password of the mail server can't be read."),
            _("Name its file in HAILONG_SMTP_PASSWORD_FILE, for the account that serves alone (chmod 600)."),
        )
    else:
        yield well(_("Letters with links go by %(host)s, over TLS.", host=server.host))


def sign_on() -> Iterator[Finding]:
    """Single sign-on, where it is set up: what it needs here, and whether its provider answers."""
    names = ("HAILONG_OIDC_ISSUER", "HAILONG_OIDC_CLIENT")
    configured = settings.single_sign_on()
    if configured is None:
        if any(os.environ.get(name) for name in names):
            what = _("Of %(names)s only one is set: nobody is led to single sign-on.", names=", ".join(names))
            yield mend(what, _("Set both, or neither (docs/deployment-options.md)."))
        return
    if settings.base_url() is None:
        what = _("Single sign-on does not know our address: its provider sends nobody back to another one.")
        yield mend(what, _("Set HAILONG_BASE_URL to the address that is registered there."))
    secret = configured.secret
    if secret is not None and not os.access(secret, os.R_OK):
        what = _("The secret of single sign-on can't be read: %(file)s", file=secret)
        yield mend(what, _("Write it there, for the account that serves alone (docs/deployment-options.md)."))
        return
    if secret is not None and secret.stat().st_mode & 0o077:
        what = _("Other accounts of this machine may read or write %(path)s.", path=secret)
        yield mend(what, _("Run: %(command)s", command=f"chmod 600 {secret}"))
    try:
        Provider(configured, back="").begin()
    except Refusal as refusal:
        what = _(
            "The provider of single sign-on does not answer as it should: %(issuer)s %(reason)s",
            issuer=configured.issuer,
            reason=refusal.__cause__ or "",
        )
        yield mend(what, _("It must call itself so, letter for letter, and be reached by https."))
    else:
        yield well(_("Single sign-on answers: %(issuer)s", issuer=configured.issuer))


def scanner() -> Iterator[Finding]:
    """The virus scanner of what staff send, where one is named."""
    place = settings.clamd()
    if place is None:
        return
    try:
        virus_scanner.harm(place, io.BytesIO(b"harmless"))
    except Refusal:
        what = _("The virus scanner at %(place)s does not answer: no file of the staff is taken.", place=place)
        yield mend(what, _("Start it: systemctl start clamav-daemon, or take HAILONG_CLAMD away."))
    else:
        yield well(_("The virus scanner at %(place)s looks at each file that staff send.", place=place))


def rights(folder: Path) -> Iterator[Finding]:
    """Who may read the data folder and the keys in it."""
    open_to_others = [
        (path, right)
        for path, right in [(folder, "700"), *((key, "600") for key in sorted(_keys(folder)))]
        if path.stat().st_mode & 0o077
    ]
    for path, right in open_to_others:
        what = _("Other accounts of this machine may read or write %(path)s.", path=path)
        yield mend(what, _("Run: %(command)s", command=f"chmod {right} {path}"))
    if not open_to_others:
        yield well(_("The data folder %(folder)s and its keys are for their owner alone.", folder=folder))
    if folder.stat().st_uid != os.getuid():
        what = _("The data folder %(folder)s belongs to another account.", folder=folder)
        yield look(what, _("Run hailong as the account that serves, or the files it makes can't be read there."))
    elif not os.access(folder, os.W_OK | os.X_OK):
        what = _("The data folder %(folder)s can't be written.", folder=folder)
        yield mend(what, _("Run: %(command)s", command=f"chmod 700 {folder}"))


def secret(folder: Path) -> Iterator[Finding]:
    """The key that signs cookies, receipts and invitation codes."""
    given, kept = settings.given_secret("HAILONG_SECRET_KEY"), folder / "secret.key"
    if given and len(given) < settings.SHORTEST_KEY:
        yield mend(
            _("HAILONG_SECRET_KEY is short: who guesses it signs in as anybody."),
            _(
                "Take it away, and one is made; or give at least %(least)d random characters.",
                least=settings.SHORTEST_KEY,
            ),
        )
    elif given and not os.environ.get("HAILONG_SECRET_KEY"):
        yield well(_("The secret key comes from the system's store of secrets."))
        if kept.is_file():
            what = _("The file %(file)s is no longer used, and is still there.", file=kept)
            yield look(what, _("Once it is the key in the store: shred -u %(file)s", file=kept))
    elif given:
        yield well(_("The secret key comes from HAILONG_SECRET_KEY."))
    elif not kept.is_file():
        what = _("There is no secret key yet.")
        yield look(
            what, _("It is created when the platform is first served. After a restore: put secret.key back.")
        )
    elif kept.stat().st_size < settings.SHORTEST_KEY:
        what = _("The file %(file)s is damaged.", file=kept)
        yield mend(what, _("Bring it back from the backup of the keys; a new one makes printed codes worthless."))
    else:
        yield well(_("The secret key is there."))


def space(folder: Path) -> Iterator[Finding]:
    """What is free on the disk of the data folder."""
    free = shutil.disk_usage(folder).free
    what = _("%(size)s GB are free for the data folder.", size=formats.number(free / 1e9, 1))
    if free < LEAST_SPACE:
        yield mend(what, _("Make room now: on a full disk no form can be kept."))
    elif free < LITTLE_SPACE:
        yield look(what, _("Make room before it is needed: old backups elsewhere, a larger disk."))
    else:
        yield well(what)


def line(url: URL) -> Iterator[Finding]:
    """Whether what goes to a database on another machine is encrypted, and to that machine alone."""
    host = url.host or str(url.query.get("host", ""))
    if host in {"", *HERE} or host.startswith("/") or url.query.get("sslmode") == "verify-full":
        return
    what = _("The certificate of the database on another machine is not checked: who is on the way may read all.")
    yield mend(what, _("Add ?sslmode=verify-full to HAILONG_DATABASE_URL, and a certificate to the server."))


def _keys(folder: Path) -> Iterator[Path]:
    if (folder / "secret.key").is_file():
        yield folder / "secret.key"
    yield from (folder / "sealing").glob("*.key")
    given = os.environ.get("HAILONG_TEXT_KEY")
    texts = Path(given).absolute() if given else folder / "texts.key"
    if texts.is_file():
        yield texts
