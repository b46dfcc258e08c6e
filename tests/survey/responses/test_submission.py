import random
import threading
from collections import Counter
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from survey.responses import submission
from survey.storage.database import Database
from survey.storage.encrypted_texts import texts_of
from survey.storage.models import Mode, Response, ResponseText
from survey.system import dates
from survey.waves import waves
from translations import Conflict, Refusal

pytestmark = pytest.mark.both_databases

ANSWERS = {"C2": [1, 6], "C2_khac": "Loa xã", "C5": 1}


def submit(database: Database, id: UUID, answers: dict[str, Any] | None = None, **more: Any) -> bool:
    with database.writing() as session:
        place = waves.place(session, more.pop("wave", "ho-mau"), more.pop("unit", "06652"))
        mode = more.pop("mode", Mode.PHONE)
        return submission.submit(
            session.connection(), place, id, mode, ANSWERS if answers is None else answers, **more
        )


def send(database: Database, id: UUID, answers: dict[str, Any], **more: Any) -> bool:
    """As a stranger does."""
    place = waves.current_place(database, "ho-mo", "06652")
    return database.group(lambda connection: submission.submit(connection, place, id, Mode.PHONE, answers, **more))


def count(database: Database, table: type = Response) -> int | None:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


def test_a_form_that_is_sent_is_kept(province: Database) -> None:
    id = uuid4()
    assert submit(province, id, marks=("quick", "lang-vi", "quick"), day=date(2026, 1, 2))
    with province.reading() as session:
        kept = session.get_one(Response, id)
        assert (kept.wave, kept.unit, kept.psu, kept.mode) == ("ho-mau", "06652", None, Mode.PHONE)
        assert (kept.day, kept.marks) == (date(2026, 1, 2), ["lang-vi", "quick"])
        assert kept.questionnaire == waves.find(session, "ho-mau").questionnaire


def test_words_stand_apart_from_the_other_answers(province: Database) -> None:
    id = uuid4()
    submit(province, id)
    with province.reading() as session:
        assert session.get_one(Response, id).answers == {"C2": [1, 6], "C5": 1}
        assert texts_of(session.connection(), id) == {"C2_khac": "Loa xã"}
    submit(province, uuid4(), {"C5": 1})
    assert count(province, ResponseText) == 1


def test_a_form_without_an_answer_is_kept_too(province: Database) -> None:
    assert submit(province, uuid4(), {})
    assert count(province) == 1


def test_the_day_is_the_one_in_viet_nam(province: Database) -> None:
    id = uuid4()
    submit(province, id)
    with province.reading() as session:
        assert session.get_one(Response, id).day == dates.today()


def test_a_strangers_form_is_kept_as_any_other_with_its_words_and_once(province: Database) -> None:
    marks = ("quick", "lang-vi", "quick")
    one, other, third = uuid4(), uuid4(), uuid4()
    assert submit(province, one, wave="ho-mo", marks=marks)
    assert send(province, other, ANSWERS, marks=marks)
    assert send(province, third, {"C5": 1})
    assert not send(province, other, ANSWERS)
    for different in ({**ANSWERS, "C5": 2}, {**ANSWERS, "C2_khac": "Loa"}):
        with pytest.raises(Conflict):
            send(province, other, different)
    assert (count(province), count(province, ResponseText)) == (3, 2)
    with province.reading() as session:
        rows = [
            [getattr(session.get_one(Response, id), column.key) for column in Response.__table__.columns[1:]]
            for id in (one, other)
        ]
        assert rows[0] == rows[1]
        assert (
            texts_of(session.connection(), other) == texts_of(session.connection(), one) == {"C2_khac": "Loa xã"}
        )


def test_whoever_was_helped_was_not_alone(province: Database) -> None:
    sent, alone = uuid4(), uuid4()
    assert send(province, sent, {}, marks=("helped-none", "helped-family", "lang-vi"))
    assert submit(province, alone, marks=("helped-none",))
    with province.reading() as session:
        assert session.get_one(Response, sent).marks == ["helped-family", "lang-vi"]
        assert session.get_one(Response, alone).marks == ["helped-none"]


def test_words_that_cannot_be_kept_take_their_answers_along(province: Database) -> None:
    for _time in range(2):  # the first makes the wave's key
        assert send(province, uuid4(), ANSWERS)
    with province.writing() as session:
        session.execute(text("DROP TABLE response_text"))
    with pytest.raises(DBAPIError):
        send(province, uuid4(), ANSWERS)
    assert count(province) == 2


def test_sent_twice_is_kept_once(province: Database) -> None:
    id = uuid4()
    assert submit(province, id)
    assert not submit(province, id, dict(reversed(ANSWERS.items())))
    assert (count(province), count(province, ResponseText)) == (1, 1)


@pytest.mark.parametrize(
    "other",
    [
        {"answers": {**ANSWERS, "C5": 2}},
        {"answers": {**ANSWERS, "C6": 1}},
        {"answers": {"C2": [1, 6], "C5": 1}},
        {"answers": {**ANSWERS, "C2_khac": "Loa"}},
        {"wave": "ho-mo"},
        {"unit": "06658"},
        {"mode": Mode.INTERVIEWER},
        {"psu": "V1"},
    ],
    ids=str,
)
def test_other_content_under_the_same_id_is_refused(province: Database, other: dict[str, Any]) -> None:
    id = uuid4()
    submit(province, id)
    with pytest.raises(Conflict):
        submit(province, id, **other)
    with province.reading() as session:
        kept = session.get_one(Response, id)
        assert (kept.wave, kept.unit, kept.psu, kept.answers) == ("ho-mau", "06652", None, {"C2": [1, 6], "C5": 1})
        assert texts_of(session.connection(), id) == {"C2_khac": "Loa xã"}


def test_a_village_belongs_to_its_commune(province: Database) -> None:
    assert submit(province, uuid4(), psu="V1")
    for psu, unit in (("V3", "06652"), ("V9", "06652")):
        with pytest.raises(Refusal):
            submit(province, uuid4(), psu=psu, unit=unit)
    assert count(province) == 1


@pytest.mark.variants(1)
def test_many_phones_send_many_times_at_once(province: Database) -> None:
    forms = [(uuid4(), {"C5": 1 + number % 3, "C2_khac": f"ý {number}"}) for number in range(40)]
    outcomes: Counter[bool] = Counter()
    lock = threading.Lock()

    def send(seed: int) -> None:
        for id, answers in random.Random(seed).sample(forms, len(forms)):
            is_new = submit(province, id, answers)
            with lock:
                outcomes[is_new] += 1

    phones = [threading.Thread(target=send, args=(seed,)) for seed in range(8)]
    for phone in phones:
        phone.start()
    for phone in phones:
        phone.join()
    assert outcomes == {True: 40, False: 280}
    assert (count(province), count(province, ResponseText)) == (40, 40)


def test_strangers_who_send_together_are_each_kept_and_of_one_id_the_first_counts(province: Database) -> None:
    """The writer is held up until all of them wait, so that SQLite writes them in one commit."""
    ids = [uuid4() for _number in range(6)]
    sent = [(id, {"C5": 1, "C2": [1, 6], "C2_khac": f"ý {n}"} if n % 2 else {"C5": 2}) for n, id in enumerate(ids)]
    sent += [(ids[1], {"C5": 3, "C2": [6], "C2_khac": "khác"}), sent[2]]  # others' ids, once with other words
    outcomes: list[Any] = [None] * len(sent)

    def phone(number: int) -> None:
        try:
            outcomes[number] = send(province, *sent[number])
        except Conflict as conflict:
            outcomes[number] = conflict

    phones = [threading.Thread(target=phone, args=(number,)) for number in range(len(sent))]
    with province.alone():
        for number, one in enumerate(phones):
            one.start()
            while province._group and len(province._group._waiting) <= number:  # so the first is the first
                one.join(0.001)
            if not province._group:
                one.join()
    for one in phones:
        one.join()
    assert outcomes[:6] == [True] * 6
    assert isinstance(outcomes[6], Conflict)
    assert outcomes[7] is False
    with province.reading() as session:
        for id, answers in sent[:6]:
            kept = session.get_one(Response, id)
            assert (kept.answers | (texts_of(session.connection(), id) or {})) == answers
    assert (count(province), count(province, ResponseText)) == (6, 3)
