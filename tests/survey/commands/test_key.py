"""`hailong key`: a new master key, and one that is called lost only by who says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from survey.operations import database_findings
from survey.operations.doctor_findings import State
from survey.responses import submission
from survey.storage.database import Database
from survey.storage.encrypted_texts import texts_of
from survey.storage.models import AuditEntry, Mode
from survey.waves import waves
from translations import Refusal


@pytest.fixture
def remark(province: Database, key: Path) -> UUID:
    """A response with a remark, sealed under the master key."""
    id = uuid4()
    with province.writing() as session:
        submission.submit(
            session.connection(), waves.place(session, "gop-y", "06652"), id, Mode.PHONE, {"gop_y": "xin chào"}
        )
    return id


def test_a_renewed_key_opens_everything_and_the_old_one_nothing(
    hailong: Callable[..., Any], province: Database, key: Path, remark: UUID
) -> None:
    old = key.read_bytes()
    assert hailong("key", "renew").code == 0
    with province.reading() as session:
        assert texts_of(session.connection(), remark) == {"gop_y": "xin chào"}
        newest = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc())).first()
        assert newest is not None
        assert newest.subject == "hailong key renew"
    key.write_bytes(old)
    with province.reading() as session, pytest.raises(Refusal):
        texts_of(session.connection(), remark)
    key.unlink()
    assert hailong("key", "renew").code == 1
    assert not key.exists()


def test_a_lost_key_is_shown_asked_for_and_noted(
    hailong: Callable[..., Any], province: Database, key: Path, remark: UUID, tmp_path: Path
) -> None:
    assert hailong("key", "lost").code == 1  # nothing is
    key.write_bytes(b"damaged")
    asked = hailong("key", "lost")
    assert asked.code == 1
    assert "what people wrote in the waves gop-y.\n" in asked.err
    assert "--yes" in asked.err
    assert key.read_bytes() == b"damaged"
    assert hailong("key", "lost", "--yes").code == 0
    assert [path.read_bytes() for path in key.parent.glob("texts.key.*")] == [b"damaged"]
    with province.reading() as session:
        newest = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc())).first()
        assert newest is not None
        assert newest.subject == "hailong key lost --yes text_key=1"
        assert [one.state for one in database_findings.seal(session.connection())] == [State.WELL]
        assert texts_of(session.connection(), remark) is None
    out = tmp_path / "data.csv"
    assert hailong("data", "--wave", "gop-y", "--out", out).code == 0
    assert str(remark) in out.read_text()
