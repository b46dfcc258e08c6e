"""The master key: a file (`HAILONG_TEXT_KEY`, best outside the data folder) under which all lies sealed that the
database alone must not tell.

AES-256-GCM; what is sealed is bound to what it belongs to, so no row can be passed off as another.
"""

from __future__ import annotations

import os
import secrets
from base64 import b64decode, urlsafe_b64encode
from binascii import Error
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from survey import settings
from translations import Refusal

NONCE = 12  # bytes
SIZE = 32


def read() -> bytes:
    """The master key; made once, where there is none. Refused where its file holds no key."""
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
    try:
        key = b64decode(place.read_bytes(), altchars=b"-_")
    except Error:
        key = b""
    if len(key) != SIZE:
        raise Refusal(
            "The key file %(file)s is damaged. Bring it back from the backup of the keys (docs/quan-tri.md).",
            file=place,
        )
    return key


def draft(key: bytes) -> Path:
    """A new master key in a file beside the old one's, whose place it takes by `settle`."""
    path = settings.text_key_file().with_suffix(".new")
    _write(path, key)
    return path


def settle(draft: Path) -> None:
    """Puts the new master key in the place of the old one, which is written over first."""
    place = settings.text_key_file()
    with open(place, "r+b") as old:
        old.write(secrets.token_bytes(place.stat().st_size))
        old.flush()
        os.fsync(old.fileno())
    draft.replace(place)


def seal(key: bytes, bound: bytes, said: bytes) -> bytes:
    """Seals under a key, which may be the master key or one that it wraps."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, said, bound)


def opened(key: bytes, bound: bytes, sealed: bytes) -> bytes:
    """What `seal` sealed; InvalidTag where it was another key or belongs to something else."""
    return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], bound)


def _write(path: Path, key: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(urlsafe_b64encode(key))
        file.flush()
        os.fsync(file.fileno())
