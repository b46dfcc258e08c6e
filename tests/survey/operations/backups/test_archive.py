"""A backup gives back every row, from either database into either; what is damaged is refused before use."""

from __future__ import annotations

import fcntl
import json
import random
import stat
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Table, func, select, text

from survey.operations import demo
from survey.operations.backups import age_format, archive, rows
from survey.responses import submission as responses
from survey.storage.database import Database
from survey.storage.models import (
    Mode,
    Response,
    ResponseText,
    Unit,
    WeightVersion,
)
from survey.storage.schema import newest
from survey.system import dates
from survey.waves import waves
from translations import Conflict, Refusal, speaking


def quietly(_table: str, _done: int, _count: int) -> None:
    """No word on the way."""


def contents(database: Database) -> dict[str, list[str]]:
    with database.reading() as session:
        connection = session.connection()
        return {table.name: sorted(rows.lines(connection, table)) for table in rows.tables(connection)}


def answer(province: Database) -> None:
    """One more person answers, with a word beside a choice."""
    with province.writing() as session:
        place = waves.place(session, "ho-mo", "06652")
        responses.submit(session.connection(), place, uuid4(), Mode.PHONE, {"C5": 1, "C2": [6], "C2_khac": "khác"})


@pytest.fixture
def new(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """An empty database beside an empty data folder, as of an installation that was lost."""
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path / "new"))
    (tmp_path / "new").mkdir()
    if getattr(request, "param", "sqlite") == "sqlite":
        made = Database(f"sqlite:///{tmp_path / 'new' / 'hailong.db'}")
        yield made
        made.engine.dispose()
        return
    server = request.getfixturevalue("postgresql")
    name = f"new_{next(server.numbers)}"
    server.order(f"CREATE DATABASE {name}")
    made = Database(server.url(name))
    yield made
    made.engine.dispose()
    server.order(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.variants(2)
@pytest.mark.both_databases
@pytest.mark.parametrize("new", ["sqlite", "postgresql"], indirect=True)
def test_every_row_comes_back_whichever_database_it_was_in(
    database: Database, new: Database, tmp_path: Path
) -> None:
    with database.writing() as session:
        demo.make(session, responses=540)
        session.add(Unit(code="1-con", name="Tổ 1", kind="tổ", parent="06652"))  # its parent comes behind it
    made = archive.write(database, tmp_path / "b", quietly)
    assert made.tables["response"][0] > 2 * 540
    archive.restore(new, tmp_path / "b", archive.check(tmp_path / "b"), quietly)
    assert contents(new) == contents(database)
    if not new.is_sqlite:  # nothing tells any more in which order they came
        with new.reading() as session:
            assert session.scalar(text("SELECT count(DISTINCT xmin::text) FROM response")) == 1
    with new.writing() as session:  # the numbers of rows to come don't run into those that were put in
        session.add(WeightVersion(wave="thu-nghiem", version=9, source="x", made=dates.today()))


@pytest.mark.both_databases
def test_the_order_of_the_lines_tells_nothing_of_when_a_form_came(province: Database) -> None:
    for _person in range(8):
        answer(province)
    with province.reading() as session:
        for table in (Response.__table__, ResponseText.__table__):
            assert isinstance(table, Table)
            [key] = table.primary_key
            found = [json.loads(line)[key.name] for line in rows.lines(session.connection(), table)]
            assert found == sorted(found)


@pytest.mark.both_databases
def test_a_backup_is_of_one_moment_while_people_answer(province: Database, tmp_path: Path) -> None:
    answer(province)

    def answer_meanwhile(table: str, _done: int, _count: int) -> None:
        if table == "response":  # its text would come into a table that is still to be read
            answer(province)

    made = archive.write(province, tmp_path / "b", answer_meanwhile)
    assert (made.tables["response"][0], made.tables["response_text"][0]) == (1, 1)
    with province.reading() as session:
        assert session.scalar(select(func.count()).select_from(Response)) == 2


def test_what_an_older_version_backed_up_is_restored_and_migrated(
    database: Database, new: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    archive.write(database, tmp_path / "b", quietly)
    before, after = newest(), request.getfixturevalue("next_version")
    made = archive.check(tmp_path / "b")
    assert made.revision == before
    archive.restore(new, tmp_path / "b", made, quietly)
    with new.reading() as session:
        assert session.scalar(text("SELECT version_num FROM alembic_version")) == after
        assert session.scalars(text("SELECT DISTINCT later FROM unit")).all() == [7]


def test_a_backup_from_before_the_first_release_is_refused(database: Database, tmp_path: Path) -> None:
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0026'"))
    archive.write(database, tmp_path / "b", quietly)
    with speaking("en"), pytest.raises(Refusal, match="before the first release"):
        archive.check(tmp_path / "b")


def test_a_backup_of_a_newer_version_is_refused(database: Database, tmp_path: Path) -> None:
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    archive.write(database, tmp_path / "b", quietly)
    with speaking("en"), pytest.raises(Refusal, match="made by a newer version"):
        archive.check(tmp_path / "b")


@pytest.mark.parametrize(
    "spoken",
    [
        Path("recordings") / ("0" * 64) / "C5.vi.mp3",
        Path("recordings") / ("0" * 64) / "audio" / "C5.vi.mp3",
        Path("recordings/nhap/12/C5_vi_0.mp3"),
        Path("templates/report.docx"),
    ],
)
def test_recordings_and_the_template_come_along(
    database: Database, new: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoken: Path
) -> None:
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path / "old"))
    (tmp_path / "old" / spoken).parent.mkdir(parents=True)
    (tmp_path / "old" / spoken).write_bytes(b"spoken")
    made = archive.write(database, tmp_path / "b", quietly)
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path / "new"))
    archive.restore(new, tmp_path / "b", made, quietly)
    assert (tmp_path / "new" / spoken).read_bytes() == b"spoken"


def test_a_damaged_backup_is_refused_wherever_the_damage_is(database: Database, tmp_path: Path) -> None:
    archive.write(database, tmp_path / "b", quietly)
    whole, found = (tmp_path / "b").read_bytes(), archive.check(tmp_path / "b")
    chance, refused = random.Random(1), 0
    for _time in range(150):
        place = chance.randrange(len(whole))
        (tmp_path / "broken").write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            assert archive.check(tmp_path / "broken") == found  # a byte that says nothing, such as a time
        except Refusal:
            refused += 1
    assert refused > 100
    (tmp_path / "broken").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Refusal):
        archive.check(tmp_path / "broken")


def changed(path: Path, to: Path, change: Callable[[str, bytes], bytes], more: str | None = None) -> Path:
    """A backup that somebody has opened, changed and closed again as a sound ZIP file."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(to, "w") as made:
        for name in old.namelist():
            made.writestr(name, change(name, old.read(name)))
        if more:
            made.writestr(more, b"x")
    return to


def test_a_row_that_was_changed_added_or_taken_out_is_noticed(province: Database, tmp_path: Path) -> None:
    answer(province)
    archive.write(province, tmp_path / "b", quietly)
    responses = "tables/response.jsonl"
    changes: list[Callable[[bytes], bytes]] = [
        lambda content: content.replace(b'"C5":1', b'"C5":2'),
        lambda content: content + content,
        lambda _content: b"",
    ]
    for number, change in enumerate(changes):
        broken = changed(
            tmp_path / "b",
            tmp_path / f"b{number}",
            lambda name, content, change=change: change(content) if name == responses else content,  # type: ignore[misc]
        )
        with pytest.raises(Refusal):
            archive.check(broken)
    with pytest.raises(Refusal):
        archive.check(changed(tmp_path / "b", tmp_path / "more", lambda _name, content: content, "../secret.key"))


def test_nothing_is_restored_over_anything(database: Database, new: Database, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    (tmp_path / "new" / "lost+found").mkdir()  # of a disk of its own
    assert archive.make_room(new, tmp_path / "new")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["lost+found"]  # looking makes nothing
    (tmp_path / "new" / "secret.key").touch()
    with pytest.raises(Conflict):
        archive.make_room(new, tmp_path / "new")
    with pytest.raises(Conflict):
        archive.make_room(database, tmp_path / "bare")


def test_a_restoring_that_fails_leaves_nothing_and_can_be_tried_again(
    database: Database, new: Database, tmp_path: Path
) -> None:
    archive.write(database, tmp_path / "b", quietly)
    whole = archive.check(tmp_path / "b")
    other = replace(whole, tables={**whole.tables, "unit": (whole.tables["unit"][0], "0" * 64)})
    with pytest.raises(RuntimeError, match="unit"):
        archive.restore(new, tmp_path / "b", other, quietly)
    assert list((tmp_path / "new").iterdir()) == []
    archive.restore(new, tmp_path / "b", whole, quietly)
    assert contents(new) == contents(database)


def test_a_backup_is_never_written_over(database: Database, tmp_path: Path) -> None:
    archive.write(database, tmp_path / "b", quietly)
    before = (tmp_path / "b").read_bytes()
    with pytest.raises(Conflict):
        archive.write(database, tmp_path / "b", quietly)
    assert (tmp_path / "b").read_bytes() == before
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o600
    assert len(list(tmp_path.glob("b*"))) == 1


def test_one_that_is_cut_off_leaves_nothing_readable_and_the_next_one_removes_it(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(age_format, "WORK", 10)
    monkeypatch.setattr(age_format, "PIECE", 500)
    (tmp_path / "to").mkdir()
    cut = tmp_path / "to" / archive.DRAFT.format("00000000")
    found: list[bytes] = []

    def look(_table: str, _done: int, _count: int) -> None:
        found.extend(path.read_bytes() for path in (tmp_path / "to").iterdir() if path != cut)

    cut.write_bytes(b"as a process that was killed left it")
    archive.write(database, tmp_path / "to" / "b", look, "một hai ba bốn năm")
    assert sorted(path.name for path in (tmp_path / "to").iterdir()) == ["b", "b.keys"]
    assert max(map(len, found)) > 0
    assert not any(b"PK" in content[:4] or b"tables/" in content for content in found)
    with cut.open("wb") as held:  # somebody else's, who writes it now
        fcntl.flock(held, fcntl.LOCK_EX)
        archive.write(database, tmp_path / "to" / "c", quietly)
        assert cut.exists()
    with pytest.raises(ZeroDivisionError):
        archive.write(database, tmp_path / "to" / "d", lambda *_told: 1 / 0)  # type: ignore[arg-type, return-value]
    assert sorted(path.name for path in (tmp_path / "to").iterdir()) == ["b", "b.keys", "c"]
