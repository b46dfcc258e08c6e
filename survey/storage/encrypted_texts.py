"""What people wrote in their own words: encrypted at rest, and destroyed for good by destroying a key.

Each wave has a key of its own for its texts (AES-256-GCM, bound to wave and response). That key is in the
database, wrapped by the master key in its file (`master_key.py`): neither the database nor a backup without that
file can be read. No row of texts is ever changed or deleted; once the key of its wave is gone, it says nothing any
more. A rotation of the master key (`key_rotation.py`) wraps the keys that are left again, so an older backup's
wrapped keys open to nothing either. If the master key itself is lost for good, `survey/operations/lost_key.py`
discards the keys that it wrapped, and its waves get others.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from uuid import UUID

from cryptography.exceptions import InvalidTag
from sqlalchemy import Connection, select, update

from survey.storage import master_key
from survey.storage.database import insert_once
from survey.storage.models import Response, ResponseText, TextKey
from survey.system import settings
from translations import Refusal

MARK = 4  # bytes before a text, of the key that encrypted it


class TextKeys:
    """The keys of the waves within one transaction, each read once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._keys: dict[str, bytes | None] = {}

    def encrypt(self, wave: str, response: UUID, texts: Mapping[str, str]) -> dict[str, str]:
        """The texts of a response as they are stored. The wave's key is made with its first text. RuntimeError if
        the wave's key was destroyed: its time is over, and nothing is written then."""
        key = self.key(wave)
        if key is None:
            insert_once(self._connection, TextKey, {"wave": wave, "wrapped": new_key(wave)})
            del self._keys[wave]
            key = self.key(wave)
            if key is None:
                raise RuntimeError(f"the texts of {wave} are destroyed")
        encoded = json.dumps(dict(texts), ensure_ascii=False, sort_keys=True).encode()
        encrypted = _mark(key) + master_key.encrypt(key, _bound(wave, response), encoded)
        return {"sealed": b64encode(encrypted).decode()}

    def decrypt(self, wave: str, response: UUID, stored: Mapping[str, str] | None) -> dict[str, str] | None:
        """What was written: empty if nothing was, None if it can't be read: its key is destroyed or lost.
        InvalidTag if it was changed, or belongs to another response."""
        if stored is None:
            return {}
        key, encrypted = self.key(wave), b64decode(stored["sealed"])
        if key is None or encrypted[:MARK] != _mark(key):  # the wave lost that key, and may have another one since
            return None
        texts: dict[str, str] = json.loads(master_key.decrypt(key, _bound(wave, response), encrypted[MARK:]))
        return texts

    def key(self, wave: str) -> bytes | None:
        """The key of a wave; None if nothing was written yet, or it is destroyed."""
        if wave not in self._keys:
            wrapped = self._connection.scalar(select(TextKey.wrapped).where(TextKey.wave == wave))
            self._keys[wave] = unwrapped(wave, wrapped) if wrapped else None
        return self._keys[wave]


def texts_of(connection: Connection, response: UUID) -> dict[str, str] | None:
    """What was written with a stored response: empty if nothing was, None if it is destroyed or lost."""
    wave = connection.execute(select(Response.wave).where(Response.id == response)).scalar_one()
    stored = connection.scalar(select(ResponseText.texts).where(ResponseText.response == response))
    return TextKeys(connection).decrypt(wave, response, stored)


def destroy(connection: Connection, wave: str) -> bool:
    """Destroys the key of a wave's texts; False if that is done already or nothing was written. The row stays,
    empty: a wave whose texts are destroyed gets no other key."""
    emptied = update(TextKey).where(TextKey.wave == wave, TextKey.wrapped != b"").values(wrapped=b"")
    return bool(connection.execute(emptied).rowcount)


def new_key(wave: str) -> bytes:
    """A key for the texts of a wave, wrapped by the master key."""
    return master_key.encrypt(master_key.read_or_make(), wave.encode(), secrets.token_bytes(master_key.SIZE))


def unwrapped(wave: str, wrapped: bytes) -> bytes:
    """The key of a wave; refused if the master key is another one."""
    try:
        return master_key.decrypt(master_key.read(), wave.encode(), wrapped)
    except InvalidTag:
        raise Refusal(
            "The key file %(file)s does not open the texts of wave %(wave)s. Put back the one that belongs to "
            "this database, or name it: HAILONG_TEXT_KEY=… If no copy is left anywhere: hailong key lost",
            file=settings.text_key_file(),
            wave=wave,
        ) from None


def factor_of(account: str) -> str:
    """What the secret of an account's second factor is bound to."""
    return f"second factor/{account}"


def encrypt_for(bound: str, value: bytes) -> bytes:
    """A short secret of another table under the master key, bound to what it belongs to."""
    return master_key.encrypt(master_key.read_or_make(), bound.encode(), value)


def decrypt_for(bound: str, encrypted: bytes) -> bytes:
    """What `encrypt_for` encrypted; InvalidTag if it was another key or belongs to something else."""
    return master_key.decrypt(master_key.read(), bound.encode(), encrypted)


def _mark(key: bytes) -> bytes:
    """By what a text says which of its wave's keys encrypted it; of a random key it tells nothing."""
    return hashlib.sha256(key).digest()[:MARK]


def _bound(wave: str, response: UUID) -> bytes:
    return f"{wave}/{response}".encode()
