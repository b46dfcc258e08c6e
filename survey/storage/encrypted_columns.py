"""Columns that hold a document, a file or a number: as it is, or sealed under the master key."""

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
    """What the program sees as it is, and what lies in the database sealed; `impl` is the type of what lies there.

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
        """Seals a value."""
        return None if value is None else self.sealed(master_key.read_or_make(), value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Opens it; refused where the key file is another one."""
        if value is None:
            return None
        sealed = self.within(value)
        if sealed is None:
            return value
        try:
            return self.meant(master_key.decrypt(master_key.read(), self.bound, sealed))
        except InvalidTag:
            raise Refusal(
                "The key file %(file)s does not open what is encrypted. Put back the one that belongs to "
                "this database, or name it: HAILONG_TEXT_KEY=…",
                file=settings.text_key_file(),
            ) from None

    def sealed(self, key: bytes, value: Any) -> Any:
        """A value as it lies there."""
        return self.around(master_key.encrypt(key, self.bound, self.said(value)))

    def within(self, kept: Any) -> bytes | None:
        """The sealed bytes in what lies there; None where an older version left it as it is."""
        return bytes(kept)

    def around(self, sealed: bytes) -> Any:
        """What lies there, of sealed bytes."""
        return sealed

    def anew(self, kept: Any, old: bytes, new: bytes) -> Any:
        """What lies there, sealed under a new master key; as it is where the old one does not open it."""
        sealed = self.within(kept)
        if sealed is None:
            return self.sealed(new, kept)
        try:
            return self.around(master_key.encrypt(new, self.bound, master_key.decrypt(old, self.bound, sealed)))
        except InvalidTag:
            return kept

    @abstractmethod
    def said(self, value: Any) -> bytes:
        """A value in bytes."""

    @abstractmethod
    def meant(self, said: bytes) -> Any:
        """The value in what `said` gave."""


class EncryptedJSON(EncryptedColumn):
    """A document that lies in the database as {"sealed": …}.

    What an older version left there unsealed is read as it is, and sealed when it is written again.
    """

    impl = Document
    cache_ok = True

    def within(self, kept: dict[str, Any]) -> bytes | None:
        return b64decode(kept["sealed"]) if set(kept) == {"sealed"} else None

    def around(self, sealed: bytes) -> dict[str, Any]:
        return {"sealed": b64encode(sealed).decode()}

    def said(self, value: dict[str, Any]) -> bytes:
        return json.dumps(value).encode()

    def meant(self, said: bytes) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(said)
        return found


class EncryptedBytes(EncryptedColumn):
    """The bytes of a file."""

    impl = LargeBinary
    cache_ok = True

    def said(self, value: bytes) -> bytes:
        return value

    def meant(self, said: bytes) -> bytes:
        return said


class EncryptedInteger(EncryptedColumn):
    """A whole number from 0 on; how many digits it has is not to be seen."""

    impl = LargeBinary
    cache_ok = True

    def said(self, value: int) -> bytes:
        return value.to_bytes(8)

    def meant(self, said: bytes) -> int:
        return int.from_bytes(said)


def stored_type(kind: Any) -> Any:
    """The type of what lies in a column of this type, sealed or not."""
    return kind.impl if isinstance(kind, EncryptedColumn) else kind
