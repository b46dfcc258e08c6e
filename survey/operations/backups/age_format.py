"""Files that only a passphrase opens, in the format of age (C2SP, "The age file encryption format", v1).

The program `age` opens them too. Written here because the library at hand measures the machine to choose how hard
a passphrase is to guess: it took a gigabyte, and refused the right passphrase on a slower or busier machine; nor
could it write in pieces. What is written takes 64 KB of memory, and what is read can be read from any place, so
nothing lies open on a disk.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import io
import os
import secrets
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

BEGIN = b"age-encryption.org/v1\n"
WORK, MOST_WORK = 18, 22  # the logarithm of scrypt's N: 18 takes 256 MB and half a second
PIECE, TAG = 65_536, 16  # bytes
LONGEST_LINE = 200


class WrongPassphraseError(Exception):
    """The passphrase is not the one that the file was written with."""


class DamagedError(ValueError):
    """The file is not as it was written, or was cut off."""


class Writer(io.RawIOBase):
    """Encrypts what is written into a file; close it, or the file is as one that was cut off."""

    def __init__(self, file: IO[bytes], passphrase: str) -> None:
        key, salt, nonce = (secrets.token_bytes(16) for _part in range(3))
        wrapped = ChaCha20Poly1305(_guarding(passphrase, salt, WORK)).encrypt(bytes(12), key, None)
        header = BEGIN + b"-> scrypt %s %d\n%s\n---" % (_text(salt), WORK, _text(wrapped))
        file.write(header + b" %s\n" % _text(_seal_of(header, key)) + nonce)
        self._file, self._cipher = file, ChaCha20Poly1305(_derived(key, nonce, b"payload"))
        self._waiting, self._number = bytearray(), 0

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, content: Any) -> int:
        """Takes all of the content; a whole piece goes on once it is known that it is not the last."""
        self._waiting += content
        while len(self._waiting) > PIECE:
            self._put(bytes(self._waiting[:PIECE]), last=False)
            del self._waiting[:PIECE]
        return len(content)

    def close(self) -> None:
        """Writes the last piece; the file below stays open."""
        if not self.closed:
            super().close()
            self._put(bytes(self._waiting), last=True)

    def _put(self, piece: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, last), piece, None))
        self._number += 1


class Reader(io.RawIOBase):
    """What lies encrypted in a file, to be read from any place of it. `WrongPassphraseError` where it was written
    with another one; `DamagedError`, here or while reading, where it is not as it was written."""

    def __init__(self, file: IO[bytes], passphrase: str) -> None:
        key = _key(file, passphrase)
        self._file, self._begin = file, file.tell() + 16
        self._cipher = ChaCha20Poly1305(_derived(key, file.read(16), b"payload"))
        length = file.seek(0, os.SEEK_END) - self._begin
        self._pieces = max(-(-length // (PIECE + TAG)), 1)
        self._length = length - TAG * self._pieces
        self._place, self._number, self._piece = 0, -1, b""
        self._take(self._pieces - 1)  # a file that was cut off has no last piece

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Goes to a place, as in any file."""
        self._place = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._length}[whence]
        if self._place < 0:
            raise DamagedError("a place before the beginning")
        return self._place

    def tell(self) -> int:
        """The place."""
        return self._place

    def readinto(self, into: Any) -> int:
        """Reads on from the place, at most to the end of its piece."""
        if self._place >= self._length:
            return 0
        number, within = divmod(self._place, PIECE)
        self._take(number)
        piece = self._piece[within : within + len(into)]
        into[: len(piece)] = piece
        self._place += len(piece)
        return len(piece)

    def _take(self, number: int) -> None:
        if number == self._number:
            return
        self._file.seek(self._begin + number * (PIECE + TAG))
        sealed, last = self._file.read(PIECE + TAG), number == self._pieces - 1
        try:
            self._piece, self._number = self._cipher.decrypt(_nonce(number, last), sealed, None), number
        except InvalidTag:
            raise DamagedError(f"piece {number}") from None


def begins(file: IO[bytes]) -> bool:
    """Whether a file begins as one of age does; it stands at its beginning again after that."""
    is_age = file.read(len(BEGIN)) == BEGIN
    file.seek(0)
    return is_age


def _key(file: IO[bytes], passphrase: str) -> bytes:
    """The key of a file, from its header."""
    lines = [file.readline(LONGEST_LINE) for _line in range(4)]
    try:
        begin, wrapped = lines[0], lines[2].strip()
        (arrow, kind, salt, work), (dashes, seal) = lines[1].split(), lines[3].split()
        if (begin, arrow, kind, dashes) != (BEGIN, b"->", b"scrypt", b"---") or not 0 < int(work) <= MOST_WORK:
            raise DamagedError("header")
        guarding = ChaCha20Poly1305(_guarding(passphrase, _bytes(salt), int(work)))
        key, given = guarding.decrypt(bytes(12), _bytes(wrapped), None), _bytes(seal)
    except InvalidTag:
        raise WrongPassphraseError from None
    except (ValueError, binascii.Error) as error:
        raise DamagedError("header") from error
    if not hmac.compare_digest(given, _seal_of(b"".join(lines[:3]) + b"---", key)):
        raise DamagedError("header")
    return key


def _guarding(passphrase: str, salt: bytes, work: int) -> bytes:
    return Scrypt(BEGIN.strip() + b"/scrypt" + salt, 32, 1 << work, 8, 1).derive(passphrase.encode())


def _seal_of(header: bytes, key: bytes) -> bytes:
    return hmac.digest(_derived(key, b"", b"header"), header, "sha256")


def _derived(key: bytes, salt: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt or None, purpose).derive(key)


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11) + bytes([last])


def _text(content: bytes) -> bytes:
    return base64.b64encode(content).rstrip(b"=")


def _bytes(text: bytes) -> bytes:
    return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
