"""Columns that hold a document, a file or a number: as it is, or sealed under the master key."""

from __future__ import annotations

import json
from abc import abstractmethod
from base64 import b64decode, b64encode
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import JSON, Dialect, LargeBinary, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB

from survey import master_key, settings
from translations import Refusal

Document = JSON().with_variant(JSONB(), "postgresql")


class Sealed(TypeDecorator[Any]):
    """What the program sees as it is, and what lies in the database sealed; `impl` is the type of what lies there.

    name  of the column, to which each value is bound
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Seals a value."""
        return None if value is None else self.sealed(master_key.read(), value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Opens it; refused where the key file is another one."""
        if value is None:
            return None
        try:
            return self.opened(master_key.read(), value)
        except InvalidTag:
            raise Refusal(
                "The key file %(file)s does not open what lies sealed. Put back the one that belongs to this "
                "database, or name it: HAILONG_TEXT_KEY=…",
                file=settings.text_key_file(),
            ) from None

    def anew(self, kept: Any, old: bytes, new: bytes) -> Any:
        """What lies there, sealed under a new master key; as it is where the old one does not open it."""
        try:
            return self.sealed(new, self.opened(old, kept))
        except InvalidTag:
            return kept

    @abstractmethod
    def sealed(self, key: bytes, value: Any) -> Any:
        """A value as it lies there."""

    @abstractmethod
    def opened(self, key: bytes, kept: Any) -> Any:
        """What `sealed` sealed; InvalidTag where it was another key."""

    def _seal(self, key: bytes, said: bytes) -> bytes:
        return master_key.seal(key, self.name.encode(), said)

    def _open(self, key: bytes, kept: bytes) -> bytes:
        return master_key.opened(key, self.name.encode(), kept)


class SealedDocument(Sealed):
    """A document that lies in the database as {"sealed": …}.

    What an older version left there unsealed is read as it is, and sealed when it is written again.
    """

    impl = Document
    cache_ok = True

    def sealed(self, key: bytes, value: dict[str, Any]) -> dict[str, Any]:
        return {"sealed": b64encode(self._seal(key, json.dumps(value).encode())).decode()}

    def opened(self, key: bytes, kept: dict[str, Any]) -> dict[str, Any]:
        if set(kept) != {"sealed"}:
            return kept
        found: dict[str, Any] = json.loads(self._open(key, b64decode(kept["sealed"])))
        return found


class SealedFile(Sealed):
    """The bytes of a file."""

    impl = LargeBinary
    cache_ok = True

    def sealed(self, key: bytes, value: bytes) -> bytes:
        return self._seal(key, value)

    def opened(self, key: bytes, kept: bytes) -> bytes:
        return self._open(key, kept)


class SealedNumber(Sealed):
    """A whole number from 0 on; how many digits it has is not to be seen."""

    impl = LargeBinary
    cache_ok = True

    def sealed(self, key: bytes, value: int) -> bytes:
        return self._seal(key, value.to_bytes(8))

    def opened(self, key: bytes, kept: bytes) -> int:
        return int.from_bytes(self._open(key, kept))


def lying(kind: Any) -> Any:
    """The type of what lies in a column of this type, sealed or not."""
    return kind.impl if isinstance(kind, Sealed) else kind
