"""Columns that hold a document, bytes or a number encrypted under the master key."""

from __future__ import annotations

import json
from abc import abstractmethod
from base64 import b64decode, b64encode
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import JSON, Dialect, LargeBinary, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB

from survey.storage import master_key
from survey.system import settings
from translations import Refusal

Document = JSON().with_variant(JSONB(), "postgresql")


class EncryptedColumn(TypeDecorator[Any]):
    """A column whose values the program sees as they are and the database encrypted; `impl` is the stored type.

    name  of the column, to which each value is bound
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    @property
    def bound(self) -> bytes:
        """What each value is bound to."""
        return self.name.encode()

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Encrypts a value."""
        if value is None:
            return None
        return self.wrap(master_key.encrypt(master_key.read_or_make(), self.bound, self.encode(value)))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Decrypts it; refused if the key file is another one."""
        if value is None:
            return None
        try:
            return self.decode(master_key.decrypt(master_key.read(), self.bound, self.unwrap(value)))
        except InvalidTag:
            raise Refusal(
                "The key file %(file)s does not open what is encrypted. Put back the one that belongs to "
                "this database, or name it: HAILONG_TEXT_KEY=…",
                file=settings.text_key_file(),
            ) from None

    def reencrypt(self, stored: Any, old: bytes, new: bytes) -> Any:
        """A stored value under a new master key; as it is if the old one does not open it."""
        try:
            value = master_key.decrypt(old, self.bound, self.unwrap(stored))
        except InvalidTag:
            return stored
        return self.wrap(master_key.encrypt(new, self.bound, value))

    def unwrap(self, stored: Any) -> bytes:
        """The encrypted bytes in a stored value."""
        return bytes(stored)

    def wrap(self, encrypted: bytes) -> Any:
        """The stored value of encrypted bytes."""
        return encrypted

    @abstractmethod
    def encode(self, value: Any) -> bytes:
        """A value as bytes."""

    @abstractmethod
    def decode(self, encoded: bytes) -> Any:
        """The value of what `encode` gave."""


class EncryptedJSON(EncryptedColumn):
    """A document, stored as {"sealed": …}."""

    impl = Document
    cache_ok = True

    def unwrap(self, stored: dict[str, str]) -> bytes:
        return b64decode(stored["sealed"])

    def wrap(self, encrypted: bytes) -> dict[str, str]:
        return {"sealed": b64encode(encrypted).decode()}

    def encode(self, value: dict[str, Any]) -> bytes:
        return json.dumps(value).encode()

    def decode(self, encoded: bytes) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(encoded)
        return document


class EncryptedBytes(EncryptedColumn):
    """The bytes of a file."""

    impl = LargeBinary
    cache_ok = True

    def encode(self, value: bytes) -> bytes:
        return value

    def decode(self, encoded: bytes) -> bytes:
        return encoded


class EncryptedInteger(EncryptedColumn):
    """A whole number from 0 on; how many digits it has is not to be seen."""

    impl = LargeBinary
    cache_ok = True

    def encode(self, value: int) -> bytes:
        return value.to_bytes(8)

    def decode(self, encoded: bytes) -> int:
        return int.from_bytes(encoded)


def stored_type(kind: Any) -> Any:
    """The type as which the values of a column of this type are stored."""
    return kind.impl if isinstance(kind, EncryptedColumn) else kind
