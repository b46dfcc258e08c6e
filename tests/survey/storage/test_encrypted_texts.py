"""What people write in words lies sealed, is read by who holds the key alone, and is gone once the key is."""

from __future__ import annotations

from base64 import b64decode
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import select

from survey.responses import submission
from survey.storage import encrypted_texts, key_rotation, master_key
from survey.storage.database import Database
from survey.storage.encrypted_texts import TextKeys, texts_of
from survey.storage.models import Mode, ResponseText, TextKey, Wave
from survey.waves import waves
from translations import Refusal

MARK = "chị Lan ở xóm Đình"


def write(province: Database, wave: str = "gop-y", said: str = MARK) -> UUID:
    id = uuid4()
    with province.writing() as session:
        submission.submit(
            session.connection(), waves.place(session, wave, "06652"), id, Mode.PHONE, {"gop_y": said}
        )
    return id


def read(province: Database, id: UUID) -> dict[str, str] | None:
    with province.reading() as session:
        return texts_of(session.connection(), id)


@pytest.mark.both_databases
def test_a_text_is_sealed_where_it_lies_and_read_with_the_key(province: Database, key: Path) -> None:
    id = write(province)
    assert read(province, id) == {"gop_y": MARK}
    with province.reading() as session:
        kept = session.get_one(ResponseText, id).texts
        wrapped = session.get_one(TextKey, "gop-y").wrapped
    assert set(kept) == {"sealed"}
    assert MARK not in str(kept)
    assert key.stat().st_mode & 0o077 == 0
    assert key.read_bytes() not in wrapped


def test_the_same_words_are_never_sealed_alike_and_a_seal_fits_its_response_alone(
    province: Database, key: Path
) -> None:
    one, other = write(province), write(province)
    with province.reading() as session:
        kept = [session.get_one(ResponseText, id).texts for id in (one, other)]
        assert kept[0] != kept[1]
        text_keys = TextKeys(session.connection())
        assert text_keys.decrypt("gop-y", one, kept[0]) == {"gop_y": MARK}
        with pytest.raises(InvalidTag):  # taken from another response, it doesn't open
            text_keys.decrypt("gop-y", one, kept[1])


def test_the_same_form_again_is_known_and_with_other_words_refused(province: Database, key: Path) -> None:
    id = write(province)
    for said, known in ((MARK, True), ("khác", False)):
        with province.writing() as session:
            place = waves.place(session, "gop-y", "06652")
            if known:
                assert not submission.submit(session.connection(), place, id, Mode.PHONE, {"gop_y": said})
            else:
                with pytest.raises(Refusal):
                    submission.submit(session.connection(), place, id, Mode.PHONE, {"gop_y": said})


def test_without_its_key_file_a_wave_says_so_and_makes_no_other_key(province: Database, key: Path) -> None:
    id = write(province)
    key.unlink()
    with pytest.raises(Refusal, match="HAILONG_TEXT_KEY"):
        read(province, id)
    with province.reading() as session, pytest.raises(Refusal):
        key_rotation.check(session.connection())


@pytest.mark.both_databases
def test_a_destroyed_key_takes_the_texts_of_its_wave_along_and_no_other(province: Database, key: Path) -> None:
    with province.writing() as session:
        short = waves.find(session, "gop-y").questionnaire
        session.get_one(Wave, "ho-mo").questionnaire = short
    gone, kept = write(province), write(province, "ho-mo")
    with province.writing() as session:
        assert encrypted_texts.destroy(session.connection(), "gop-y")
        assert not encrypted_texts.destroy(session.connection(), "gop-y")
    assert (read(province, gone), read(province, kept)) == (None, {"gop_y": MARK})
    with pytest.raises(RuntimeError, match="destroyed"):
        write(province)
    with province.reading() as session:
        assert session.scalars(select(ResponseText)).all()  # the rows stay


def test_a_renewed_master_key_opens_what_is_there_and_the_old_one_nothing(province: Database, key: Path) -> None:
    id = write(province)
    with province.reading() as session:
        before = session.get_one(TextKey, "gop-y").wrapped
    old = key.read_bytes()
    with province.writing() as session:
        renewal = key_rotation.MasterKeyRotation(session.connection())
    with province.writing() as session:  # by the old key, which is there yet, a wave's first text
        session.add(TextKey(wave="ho-mo", wrapped=master_key.encrypt(b64decode(old, b"-_"), b"ho-mo", bytes(32))))
    renewal.settle(province)
    with province.reading() as session:
        assert TextKeys(session.connection()).key("ho-mo") == bytes(32)
    assert key.read_bytes() != old
    assert read(province, id) == {"gop_y": MARK}
    with province.reading() as session:
        assert session.get_one(TextKey, "gop-y").wrapped != before
    assert [path.name for path in key.parent.iterdir()] == ["texts.key"]
    key.write_bytes(old)
    with pytest.raises(Refusal):
        read(province, id)
    with province.writing() as session, pytest.raises(Refusal):
        key_rotation.MasterKeyRotation(session.connection())  # or no key would open what is there


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("step", "renewed"),
    [
        ("survey.storage.encrypted_texts.master_key.take_place", True),
        ("survey.storage.master_key.destroy_old", True),
        (None, False),
    ],
)
def test_a_change_of_the_master_key_that_is_cut_off_goes_on_from_where_it_was(
    province: Database, key: Path, monkeypatch: pytest.MonkeyPatch, step: str | None, renewed: bool
) -> None:
    id = write(province)
    old = key.read_bytes()
    with suppress(ZeroDivisionError), monkeypatch.context() as cut:  # as if the machine had stopped there
        if step:
            cut.setattr(step, lambda: 1 / 0)
        with province.writing() as session:
            renewal = key_rotation.MasterKeyRotation(session.connection())
            if step is None:
                key_rotation.finish(province)  # another command, while this one works
                raise ZeroDivisionError  # before the commit
        renewal.settle(province)
    renewal._draft.close()
    assert len(list(key.parent.iterdir())) == 2
    for _time in range(2):
        key_rotation.finish(province)
        assert read(province, id) == {"gop_y": MARK}
        assert [path.name for path in key.parent.iterdir()] == ["texts.key"]
        assert (key.read_bytes() != old) is renewed
