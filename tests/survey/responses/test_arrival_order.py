"""Whoever reads the files of the database learns not in which order forms came, nor which code opened which."""

import random
import re
import threading
import uuid
from contextlib import closing
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import inspect, select, text

from survey.fieldwork import invitations
from survey.responses import submission
from survey.responses.arrival_order import AGAIN, EVERY, TABLES, Arrival, by_the_clock
from survey.storage import audit
from survey.storage.database import Database
from survey.storage.models import Mode, Response, ResponseText, Unit
from survey.waves import waves

pytestmark = pytest.mark.both_databases

FORMS, CODES = 90, 12
KEY = "tests"
PAGE = 8192  # of both databases
DICE = random.Random(7)
# Ids as they come; their order has nothing to do with it.
IDS = [uuid.UUID(int=DICE.getrandbits(128), version=4) for _number in range(FORMS)]


def send(province: Database, id: uuid.UUID) -> None:
    place = waves.current_place(province, "gop-y", "06652")
    answers = {"hl_chung": 4} | ({"gop_y": "Cám ơn"} if id.int % 3 == 0 else {})
    assert province.group(lambda connection: submission.submit(connection, place, id, Mode.PHONE, answers))


def answer_letters(province: Database) -> dict[str, uuid.UUID]:
    """Twelve people of two villages answer by their codes: the digest of each, and the id of its form."""
    with province.writing() as session:
        letters = invitations.make(session, KEY, "ho-mau", ["V1", "V3"], CODES // 2)
    DICE.shuffle(letters)
    sent = {
        invitations.digest(KEY, letter.code): uuid.UUID(int=DICE.getrandbits(128), version=4) for letter in letters
    }
    for digest, id in sent.items():
        with province.writing() as session:
            place, _used = invitations.place(session, digest)
            assert invitations.submit(session, place, digest, id, {"C5": 1})
    return sent


def act(province: Database) -> None:
    """Somebody of the staff writes, which stands in the trail with its second."""
    with audit.acting("admin", "Set targets", "wave=gop-y"), province.writing() as session:
        session.get_one(Unit, "06652").kind = "phường"


def take_away(province: Database) -> bool:
    with closing(Arrival(province)) as arrival:
        return arrival.take_away()


class Disk:
    """The files of a database as they lie on the disk now."""

    def __init__(self, province: Database, request: pytest.FixtureRequest) -> None:
        self.province = province
        if province.is_sqlite:
            self.folder = Path(str(province.engine.url.database)).parent
            return
        server = request.getfixturevalue("postgresql")
        with province.engine.connect() as connection:
            number = connection.scalar(text("SELECT oid FROM pg_database WHERE datname = current_database()"))
        self.folder, self.write = server.folder / "data" / "base" / str(number), server.order

    def files(self) -> dict[str, bytes]:
        if not self.province.is_sqlite:
            self.write("CHECKPOINT")
        return {path.name: path.read_bytes() for path in self.folder.iterdir() if path.is_file()}

    def spelled(self, name: uuid.UUID | str) -> bytes:
        if isinstance(name, str):
            return name.encode()
        return name.hex.encode() if self.province.is_sqlite else name.bytes

    def hits(self, ids: list[uuid.UUID]) -> dict[str, list[tuple[int, int]]]:
        """Where these lie in each file that has most of them: place in the file, and in `ids`."""
        numbers = {self.spelled(id): number for number, id in enumerate(ids)}
        any_of_them = re.compile(b"|".join(map(re.escape, numbers)))
        found = {
            name: [(hit.start(), numbers[hit[0]]) for hit in any_of_them.finditer(content)]
            for name, content in self.files().items()
        }
        return {name: places for name, places in found.items() if len(places) > len(ids) / 2}

    def orders(self, ids: list[uuid.UUID]) -> dict[str, float]:
        """How far each order that can be read here agrees with that of coming: 0 tells nothing, 1 all."""
        orders: dict[str, list[int]] = {}
        agreeing: dict[str, float] = {}
        for name, hits in self.hits(ids).items():
            orders[f"first in {name}"] = list(dict.fromkeys(number for _at, number in hits))
            orders[f"last in {name}"] = list(dict.fromkeys(number for _at, number in reversed(hits)))
            same_page = [(x, y) for x, y in combinations(hits, 2) if x[0] // PAGE == y[0] // PAGE and x[1] != y[1]]
            agree = sum((at < its) == (one < other) for (at, one), (its, other) in same_page)
            agreeing[f"within pages of {name}"] = abs(2 * agree / len(same_page) - 1) if same_page else 0.0
        if not self.province.is_sqlite:
            with self.province.engine.connect() as connection:
                for way in ("xmin::text::bigint, id", "ctid"):
                    rows = connection.scalars(text(f"SELECT id FROM response ORDER BY {way}")).all()
                    orders[way] = [ids.index(row) for row in rows if row in ids]
        return agreeing | {  # Spearman's, of places without ties
            where: abs(float(np.corrcoef(np.argsort(np.argsort(order)), range(len(order)))[0, 1]))
            for where, order in orders.items()
        }


@pytest.fixture
def disk(province: Database, request: pytest.FixtureRequest) -> Disk:
    return Disk(province, request)


@pytest.mark.variants(1)
def test_the_files_tell_in_which_order_forms_came_until_it_is_taken_away(province: Database, disk: Disk) -> None:
    for id in IDS:
        send(province, id)
    assert max(disk.orders(IDS).values()) > 0.9  # else this test could not see it
    assert take_away(province)
    assert {where: r for where, r in disk.orders(IDS).items() if r > 0.3} == {}


def test_nothing_is_lost_or_changed(province: Database) -> None:
    for id in IDS[:20]:
        send(province, id)
    answer_letters(province)

    def content() -> list[object]:
        with province.reading() as session:
            rows = [session.execute(text(f"SELECT * FROM {table}")).all() for table in TABLES]
        return [sorted(map(repr, table)) for table in rows]

    before = content()
    assert take_away(province)
    assert content() == before
    with pytest.raises(Exception, match="append-only"), province.writing() as session:
        session.execute(text("UPDATE response SET unit = unit"))
    with pytest.raises(Exception, match="append-only"), province.writing() as session:
        session.execute(text("DELETE FROM response_text"))


def test_the_day_is_all_that_is_left_of_later_hours(province: Database, disk: Disk) -> None:
    for hour in range(6):
        for id in IDS[hour * 15 : hour * 15 + 15]:
            send(province, id)
        assert take_away(province)
    assert {where: r for where, r in disk.orders(IDS).items() if r > 0.3} == {}


def test_a_form_alone_in_its_hour_bears_no_number_of_its_own_time(province: Database, disk: Disk) -> None:
    if province.is_sqlite:
        assert "no transaction is numbered in its rows"
        return
    send(province, IDS[0])
    act(province)
    numbers = text("SELECT (SELECT max(xmin::text::bigint) FROM audit_entry) < xmin::text::bigint FROM response")
    assert take_away(province)
    with province.engine.connect() as connection:
        assert connection.scalars(numbers).all() == [True]


def test_no_file_joins_a_used_code_with_an_answer(province: Database, disk: Disk) -> None:
    sent = answer_letters(province)
    assert take_away(province)
    for name, content in disk.files().items():
        assert not (name.endswith("-wal") and content)
        for id in sent.values():  # one row, one place in each index (these are of villages): no former version
            places = 1 + len(inspect(province.engine).get_indexes("response")) if province.is_sqlite else 1
            assert content.count(disk.spelled(id)) <= places, name
        for digest in sent:
            assert content.count(disk.spelled(digest)) <= (3 if province.is_sqlite else 1), name
    # Codes lie by their own chance: their order says nothing of the order of the forms.
    ids, codes = list(sent.values()), list(sent)
    assert ids != sorted(ids)
    assert codes != sorted(codes)
    if not province.is_sqlite:
        with province.engine.connect() as connection:
            both = text("SELECT count(*) FROM invitation i JOIN response r ON i.xmin::text = r.xmin::text")
            assert connection.scalar(both) == 0
            assert len(set(connection.scalars(text("SELECT xmin::text FROM invitation")))) == 1
            assert connection.scalars(text("SELECT digest FROM invitation ORDER BY ctid")).all() == sorted(codes)


def test_the_trail_stands_in_no_log_among_forms(province: Database, disk: Disk) -> None:
    for id in IDS[:5]:
        send(province, id)
    act(province)
    if province.is_sqlite:
        log = disk.files()["hailong.db-wal"]
        assert log == b""
    for id in IDS[5:10]:
        send(province, id)
    if province.is_sqlite:
        assert b"Set targets" not in disk.files()["hailong.db-wal"]


def test_whoever_reads_what_was_there_before_puts_it_off(province: Database, disk: Disk) -> None:
    with province.reading() as session:
        session.scalars(select(Unit.code)).all()
        for id in IDS[:20]:
            send(province, id)
        assert not take_away(province)
        assert session.scalars(select(Response.id)).all() == []  # and goes on seeing that
    assert take_away(province)
    with province.reading() as session:
        assert set(session.scalars(select(Response.id))) == set(IDS[:20])
    assert {where: r for where, r in disk.orders(IDS[:20]).items() if r > 0.5} == {}


def test_what_was_cut_off_halfway_is_done_the_next_time(province: Database, disk: Disk) -> None:
    for id in IDS[:40]:
        send(province, id)
    with province.reading() as session:  # PostgreSQL has numbered the rows by then, and not laid them
        assert len(session.scalars(select(Response.id)).all()) == 40
        assert not take_away(province)
    assert take_away(province)  # of another process, which knows nothing of it
    assert {where: r for where, r in disk.orders(IDS[:40]).items() if r > 0.4} == {}


def test_where_nothing_was_written_nothing_is_done(province: Database) -> None:
    send(province, IDS[0])

    def files() -> object:
        if province.is_sqlite:
            return Path(str(province.engine.url.database)).stat().st_mtime_ns
        with province.engine.connect() as connection:
            return connection.scalar(text("SELECT pg_relation_filenode('response')"))

    with closing(Arrival(province)) as arrival:
        assert arrival.take_away()
        before = files()
        assert arrival.take_away()
        assert files() == before
        send(province, IDS[1])
        assert arrival.take_away()
        assert files() != before


def test_forms_come_in_meanwhile_each_once(province: Database) -> None:

    def send_some(ids: list[uuid.UUID]) -> None:
        for id in ids:
            send(province, id)

    senders = [threading.Thread(target=send_some, args=(IDS[part::3],)) for part in range(3)]
    for sender in senders:
        sender.start()
    with closing(Arrival(province)) as arrival:
        while any(sender.is_alive() for sender in senders):
            arrival.take_away()
        for sender in senders:
            sender.join()
        assert arrival.take_away()
    with province.reading() as session:
        assert set(session.scalars(select(Response.id))) == set(IDS)
        written = set(session.scalars(select(ResponseText.response)))
    assert written == {id for id in IDS if id.int % 3 == 0}


def test_it_is_taken_away_a_minute_after_the_start_then_each_hour(province: Database, disk: Disk) -> None:
    pauses: list[float] = []

    def wait(seconds: float) -> bool:
        """What happens meanwhile; the server ends after the fourth time."""
        pauses.append(seconds)
        send(province, IDS[len(pauses)])
        return len(pauses) == 4

    by_the_clock(province, wait)
    assert pauses == [AGAIN, EVERY, EVERY, EVERY]


def test_where_somebody_is_in_the_way_it_is_tried_again_in_a_minute(province: Database) -> None:
    pauses: list[float] = []
    send(province, IDS[0])
    reading = province.reading()

    def wait(seconds: float) -> bool:
        pauses.append(seconds)
        if len(pauses) == 1:
            reading.__enter__().scalars(select(Unit.code)).all()
            send(province, IDS[1])
        if len(pauses) == 2:
            reading.__exit__(None, None, None)
        return len(pauses) == 3

    by_the_clock(province, wait)
    assert pauses == [AGAIN, AGAIN, EVERY]


def test_where_the_database_is_away_it_is_put_off_and_the_log_says_so(
    province: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    away = Database(f"sqlite:///{tmp_path / 'gone' / 'a.db'}" if province.is_sqlite else f"{province.url}gone")
    assert not take_away(away)
    assert "the order of arrival is still on the disk" in caplog.text
