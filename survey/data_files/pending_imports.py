"""A file that waits between the steps of its import: sealed, its key with the browser alone, gone in an hour."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import threading
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from survey.system import settings
from translations import Gone

LASTS = 3600  # seconds
NONCE = bytes(12)  # each key seals one file


def keep(content: bytes) -> str:
    """Seals a file and keeps it; what comes back is its ticket: name and key, kept nowhere here."""
    sweep()
    name, key = secrets.token_hex(16), ChaCha20Poly1305.generate_key()
    path = _folder() / name
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(ChaCha20Poly1305(key).encrypt(NONCE, content, name.encode()))
    _destroy_in(path, LASTS)
    return f"{name}.{urlsafe_b64encode(key).decode()}"


def opened(ticket: str) -> bytes:
    """The file of a ticket; refused where it is gone, or the ticket is none."""
    sweep()
    name, _dot, key = ticket.partition(".")
    try:
        sealed = (_folder() / _checked(name)).read_bytes()
        return ChaCha20Poly1305(urlsafe_b64decode(key)).decrypt(NONCE, sealed, name.encode())
    except (OSError, ValueError, Error, InvalidTag) as error:
        raise Gone("The file is no longer here: it is kept for an hour. Choose it again.") from error


def destroy(ticket: str) -> None:
    """Removes the file of a ticket."""
    name = ticket.partition(".")[0]
    if name.isalnum():
        (_folder() / name).unlink(missing_ok=True)


@contextmanager
def room() -> Iterator[Path]:
    """A folder for a file that is read; gone at the end of the block, in an hour where the process is killed."""
    with tempfile.TemporaryDirectory(dir=_folder()) as folder:
        yield Path(folder)


def sweep() -> None:
    """Removes what has lain for an hour."""
    for path, left in _waiting():
        if left <= 0:
            _remove(path)


def resume() -> None:
    """Sees to what waited when the server was stopped: each file is destroyed at its hour all the same."""
    for path, left in _waiting():
        _destroy_in(path, max(left, 0))


def _waiting() -> Iterator[tuple[Path, float]]:
    for path in _folder().iterdir():
        try:
            yield path, path.stat().st_mtime + LASTS - time.time()
        except FileNotFoundError:  # another process was quicker
            continue


def _destroy_in(path: Path, seconds: float) -> None:
    timer = threading.Timer(seconds, _remove, [path])
    timer.daemon = True
    timer.start()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _checked(name: str) -> str:
    if not (len(name) == 32 and name.isalnum()):
        raise ValueError("no name of a file that waits")
    return name


def _folder() -> Path:
    folder = settings.data_folder() / "cho-nhap"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
