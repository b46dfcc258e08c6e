"""The master key: a file (`HAILONG_TEXT_KEY`, best outside the data folder) under which all lies sealed that the
database alone must not tell.

AES-256-GCM; what is sealed is bound to what it belongs to, so no row can be passed off as another.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from base64 import b64decode, urlsafe_b64encode
from binascii import Error
from pathlib import Path
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from survey.system import settings
from translations import Refusal

NONCE = 12  # bytes
SIZE = 32


class NoKey(Refusal):
    """The master key is not there, or damaged; the message is for who looks after the machine."""

    status = 503


_there: set[Path] = set()  # where this process has read a key


def read_or_make() -> bytes:
    """The master key, for who seals: made once, where there is none. Refused if its file holds no key, and where
    it was there before and is gone: what another one sealed meanwhile would be lost as soon as it is back."""
    if settings.text_key_file() not in _there:
        make()
    return read()


def make() -> None:
    """Makes a master key where there is none."""
    place = settings.text_key_file()
    if not place.exists():
        draft = place.with_suffix(f".{secrets.token_hex(4)}")
        _write(draft, secrets.token_bytes(SIZE))
        try:
            os.link(draft, place)  # of two that start at once, one makes it
        except FileExistsError:
            pass
        finally:
            draft.unlink()


def read() -> bytes:
    """The master key, for who opens: none is made, for a new one opens nothing. Refused if there is none."""
    place = settings.text_key_file()
    try:
        content = place.read_bytes()
    except FileNotFoundError:
        raise NoKey(
            "The key file %(file)s is gone. Bring it back from the backup of the keys (docs/administrators.md), "
            "or say where it is: HAILONG_TEXT_KEY=… If no copy is left anywhere: hailong key lost",
            file=place,
        ) from None
    key = key_in(content)
    if key is None:
        raise NoKey(
            "The key file %(file)s is damaged. "
            "Bring it back from the backup of the keys (docs/administrators.md).",
            file=place,
        )
    _there.add(place)
    return key


def key_in(content: bytes) -> bytes | None:
    """The key in a key file of this content; None if there is none in it."""
    try:
        key = b64decode(content, altchars=b"-_")
    except Error:
        return None
    return key if len(key) == SIZE else None


def write_new(key: bytes) -> IO[bytes]:
    """Writes a new master key into a file beside the old one's, whose place it takes by `take_place`. Keep what it
    gives until then: while it is open, the change is somebody's work and no broken-off one."""
    file = os.fdopen(os.open(new_file(), os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "r+b")
    fcntl.flock(file, fcntl.LOCK_EX)
    file.write(urlsafe_b64encode(key))
    file.flush()
    os.fsync(file.fileno())
    return file


def new_file() -> Path:
    """Where a new master key lies until what is sealed is sealed by it."""
    return settings.text_key_file().with_suffix(".new")


def old_file() -> Path:
    """Where the old master key lies until nothing is sealed by it any more."""
    return settings.text_key_file().with_suffix(".old")


def take_place() -> None:
    """Puts the new master key in the place of the old one, which stays beside it."""
    place = settings.text_key_file()
    if place.exists():
        old_file().unlink(missing_ok=True)
        os.link(place, old_file())
    new_file().replace(place)


def destroy_old() -> None:
    """Writes over the old master key, and removes it."""
    with old_file().open("r+b") as old:
        old.write(secrets.token_bytes(old_file().stat().st_size))
        old.flush()
        os.fsync(old.fileno())
    old_file().unlink()


def encrypt(key: bytes, bound: bytes, value: bytes) -> bytes:
    """Seals under a key, which may be the master key or one that it wraps."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, value, bound)


def decrypt(key: bytes, bound: bytes, sealed: bytes) -> bytes:
    """What `encrypt` sealed; InvalidTag if it was another key or belongs to something else."""
    return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], bound)


def can_decrypt(key: bytes, bound: bytes, sealed: bytes) -> bool:
    """Whether a key opens what is sealed."""
    try:
        decrypt(key, bound, sealed)
    except InvalidTag:
        return False
    return True


def _write(path: Path, key: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(urlsafe_b64encode(key))
        file.flush()
        os.fsync(file.fileno())
