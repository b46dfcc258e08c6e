"""Columns that hold a document: as it is, or sealed under the master key."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import JSON, Dialect, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB

from survey import master_key, settings
from translations import Refusal

Document = JSON().with_variant(JSONB(), "postgresql")


class SealedDocument(TypeDecorator[dict[str, Any]]):
    """A document that the program sees as it is, and that lies in the database as {"sealed": …}.

    What an older version left there unsealed is read as it is, and sealed when it is written again.

    name  of the column, to which the document is bound
    """

    impl = Document
    cache_ok = True

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> dict[str, Any] | None:
        """Seals a document."""
        return None if value is None else self._sealed(master_key.read(), json.dumps(value).encode())

    def process_result_value(self, value: dict[str, Any] | None, dialect: Dialect) -> dict[str, Any] | None:
        """Opens it; refused where the key file is another one."""
        if value is None or set(value) != {"sealed"}:
            return value
        try:
            found: dict[str, Any] = json.loads(self._opened(master_key.read(), value))
        except InvalidTag:
            raise Refusal(
                "The key file %(file)s does not open what is being keyed. Put back the one that belongs to this "
                "database, or name it: HAILONG_TEXT_KEY=…",
                file=settings.text_key_file(),
            ) from None
        return found

    def anew(self, kept: dict[str, Any], old: bytes, new: bytes) -> dict[str, Any]:
        """What lies there, sealed under a new master key; as it is where the old one does not open it."""
        try:
            said = self._opened(old, kept) if set(kept) == {"sealed"} else json.dumps(kept).encode()
        except InvalidTag:
            return kept
        return self._sealed(new, said)

    def _sealed(self, key: bytes, said: bytes) -> dict[str, Any]:
        return {"sealed": b64encode(master_key.seal(key, self.name.encode(), said)).decode()}

    def _opened(self, key: bytes, kept: dict[str, Any]) -> bytes:
        return master_key.opened(key, self.name.encode(), b64decode(kept["sealed"]))
