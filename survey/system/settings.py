"""Where the data lies and how the server is set: environment first, then the data folder.

Secrets may come from the system's own store besides: each is read from a file of its variable's name in
`$CREDENTIALS_DIRECTORY`, where systemd puts what it decrypts for this service alone (systemd.exec, "Credentials").
"""

from __future__ import annotations

import math
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from translations import Refusal

CHECKOUT = Path(__file__).resolve().parents[2]
SHORTEST_KEY = 32  # characters of a key that signs cookies and codes


def given_secret(name: str) -> str | None:
    """A secret by the name of its variable: from the environment, else from the system's store; None if it is
    in neither."""
    stored = _stored(name)
    return os.environ.get(name) or (stored.read_text().strip() if stored else None) or None


def data_folder() -> Path:
    """Where the data folder is or would be: `HAILONG_DATA`, else `var/` of the checkout; refused if there is
    neither. `hailong init` and `restore` alone make it (`survey/operations/installation.py`)."""
    given = os.environ.get("HAILONG_DATA")
    if not given and not (CHECKOUT / "setup.cfg").is_file():
        raise Refusal("Name the folder of the data: HAILONG_DATA=/var/lib/hai-long")
    return Path(given or CHECKOUT / "var").absolute()


def database_url() -> str:
    """`HAILONG_DATABASE_URL`, else a SQLite file in the data folder."""
    return given_secret("HAILONG_DATABASE_URL") or f"sqlite:///{data_folder() / 'hailong.db'}"


def secret_key() -> str:
    """`HAILONG_SECRET_KEY`, else one that is made once and stored in the data folder; refused where what is stored
    is shorter than `SHORTEST_KEY`: with a part of a key, or none, anybody could sign in as anybody."""
    if given := given_secret("HAILONG_SECRET_KEY"):
        return given
    path = data_folder() / "secret.key"
    if not path.exists():
        _make_key(path)
    key = path.read_text()
    if len(key) < SHORTEST_KEY:
        raise Refusal(
            "The key file %(file)s is damaged. "
            "Bring it back from the backup of the keys (docs/administrators.md).",
            file=path,
        )
    return key


def _make_key(path: Path) -> None:
    """Puts a new key in its place, whole at once: two processes that start together read the same one."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)


def text_key_file() -> Path:
    """The master key of what people wrote: `HAILONG_TEXT_KEY`, else a file in the data folder."""
    given = os.environ.get("HAILONG_TEXT_KEY")
    return Path(given).absolute() if given else data_folder() / "texts.key"


def _number(name: str, default: float) -> float:
    """A setting that is a number above 0; refused if it is none."""
    text = os.environ.get(name) or str(default)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise Refusal("Write %(name)s as a number above 0: it is “%(text)s” now.", name=name, text=text)
    return value


def _count(name: str, default: int) -> int:
    """A setting that is a whole number; refused if it is none."""
    text = os.environ.get(name) or str(default)
    if not (text.isascii() and text.isdecimal()):
        raise Refusal("Write %(name)s as a whole number: it is “%(text)s” now.", name=name, text=text)
    return int(text)


def refuse_wrong_numbers() -> None:
    """Reads each number, so that a wrong one is reported when the server starts, not where it is first needed."""
    for read in (rate, kiosk_idle, session_idle, session_life, proxies, mail_server):
        read()


def rate() -> float:
    """Submissions a second that one address may send, after the first twenty: `HAILONG_RATE`, one in five seconds
    unless given."""
    return _number("HAILONG_RATE", 0.2)


def kiosk_idle() -> float:
    """Seconds without a touch after which a kiosk asks whether somebody is there: `HAILONG_KIOSK_IDLE`, 60."""
    return _number("HAILONG_KIOSK_IDLE", 60)


def session_idle() -> float:
    """Hours without use after which a sign-in ends: `HAILONG_SESSION_IDLE`, 12."""
    return _number("HAILONG_SESSION_IDLE", 12)


def session_life() -> float:
    """Hours after which a sign-in ends in any case: `HAILONG_SESSION_LIFE`, 168 (seven days)."""
    return _number("HAILONG_SESSION_LIFE", 168)


def second_factor() -> frozenset[str]:
    """`HAILONG_SECOND_FACTOR`: the roles that need a second factor, such as `admin,home_affairs`; none unless
    given."""
    return _listed("HAILONG_SECOND_FACTOR")


def base_url() -> str | None:
    """`HAILONG_BASE_URL`: the address that people outside see, where a proxy stands in front."""
    return os.environ.get("HAILONG_BASE_URL") or None


def hsts_subdomains() -> bool:
    """`HAILONG_HSTS_SUBDOMAINS=1`: browsers keep to https for every name below this one too; off unless given, for
    such a name may be somebody else's and served by http."""
    return os.environ.get("HAILONG_HSTS_SUBDOMAINS") == "1"


def password_words() -> Path | None:
    """`HAILONG_PASSWORD_WORDS`: a text file with further words that no password is made of, a word a line."""
    given = os.environ.get("HAILONG_PASSWORD_WORDS")
    return Path(given).absolute() if given else None


def breached_passwords() -> Path | None:
    """`HAILONG_BREACHED_PASSWORDS`: a file with the SHA-1 of passwords of known breaches, one a line, in order;
    none unless given."""
    given = os.environ.get("HAILONG_BREACHED_PASSWORDS")
    return Path(given).absolute() if given else None


def clamd() -> Path | None:
    """`HAILONG_CLAMD`: the socket of ClamAV's scanner, which looks at every file that staff send; none unless
    given."""
    given = os.environ.get("HAILONG_CLAMD")
    return Path(given).absolute() if given else None


def proxies() -> int:
    """`HAILONG_PROXIES`: how many proxies stand in front and say for whom they ask (X-Forwarded-For); 0 believes
    none, for anybody could write that header."""
    return _count("HAILONG_PROXIES", 0)


@dataclass(frozen=True)
class MailServer:
    """Who takes letters: `HAILONG_SMTP_HOST`, `_PORT` (587), `_FROM`, `_USER`, `_PASSWORD_FILE`, `_CA_FILE`."""

    host: str
    port: int
    sender: str
    user: str | None
    password_file: str | None
    ca_file: str | None


def mail_server() -> MailServer | None:
    """The mail server; None unless both its host and the sender's address are given."""
    given = {name: os.environ.get(f"HAILONG_SMTP_{name}") or None for name in ("HOST", "FROM", "USER", "CA_FILE")}
    host, sender = given["HOST"], given["FROM"]
    if host is None or sender is None:
        return None
    return MailServer(
        host,
        _count("HAILONG_SMTP_PORT", 587),
        sender,
        given["USER"],
        _secret_file("HAILONG_SMTP_PASSWORD"),
        given["CA_FILE"],
    )


def metrics_token() -> str | None:
    """`HAILONG_METRICS_TOKEN`: what a program sends to read /metrics from another machine."""
    return given_secret("HAILONG_METRICS_TOKEN")


@dataclass(frozen=True)
class SingleSignOn:
    """How staff sign in at a provider of OpenID Connect.

    issuer   its address, as it names itself
    client   as which it knows this platform
    secret   the file with the secret that goes with that; None if the provider asks for none
    name     what the button calls it; None for words of ours
    claim    what an administrator enters of a person beforehand
    vouches  values of `amr` or `acr` that stand for a second factor given there
    """

    issuer: str
    client: str
    secret: Path | None
    name: str | None
    claim: str
    vouches: frozenset[str]


def single_sign_on() -> SingleSignOn | None:
    """`HAILONG_OIDC_ISSUER` and `HAILONG_OIDC_CLIENT`, both or there is none; `HAILONG_OIDC_SECRET_FILE`,
    `HAILONG_OIDC_NAME`, `HAILONG_OIDC_CLAIM` (`preferred_username`), `HAILONG_OIDC_SECOND_FACTOR` (such as
    `mfa,otp`; none unless given)."""
    issuer, client = os.environ.get("HAILONG_OIDC_ISSUER"), os.environ.get("HAILONG_OIDC_CLIENT")
    if not issuer or not client:
        return None
    secret = _secret_file("HAILONG_OIDC_SECRET")
    return SingleSignOn(
        issuer,
        client,
        Path(secret).absolute() if secret else None,
        os.environ.get("HAILONG_OIDC_NAME") or None,
        os.environ.get("HAILONG_OIDC_CLAIM") or "preferred_username",
        _listed("HAILONG_OIDC_SECOND_FACTOR"),
    )


def _secret_file(name: str) -> str | None:
    """The file of a secret: as `name`_FILE says, else where the system's store gave it."""
    stored = _stored(name)
    return os.environ.get(f"{name}_FILE") or (str(stored) if stored else None)


def _stored(name: str) -> Path | None:
    """Where the system's store gave a secret."""
    path = Path(os.environ.get("CREDENTIALS_DIRECTORY") or "/nowhere") / name
    return path if path.is_file() else None


def _listed(name: str) -> frozenset[str]:
    """What a variable lists, apart by commas."""
    return frozenset(word.strip() for word in (os.environ.get(name) or "").split(",") if word.strip())
