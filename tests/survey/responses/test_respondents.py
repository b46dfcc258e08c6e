"""The responses of a wave as arrays: what stands in the columns is what was answered, whenever it was read."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event

from forms import crosswalk, load
from survey.responses import crosswalks, respondents, submission
from survey.responses.respondents import Respondents
from survey.storage.database import Database
from survey.storage.models import Mode, Review, ReviewState, Wave, WaveKind
from survey.system import cache, dates
from survey.waves import questionnaires, waves

WRITTEN = """\
code: thu
version: 1
title: {vi: Phiếu thử, en: Trial}
purpose: {vi: Để thử, en: To try}
consent: {vi: Gửi là đồng ý, en: Sending is consent}
pages:
  - code: viec
    title: {vi: Việc, en: Business}
    items:
      - code: viec_gi
        kind: single
        label: {vi: Làm thủ tục gì?, en: What was it?}
        choices:
          1: {vi: Đất đai, en: Land}
          2: {vi: Hộ tịch, en: Records}
          300: {vi: Khác, en: Other}
      - code: kenh
        kind: multiple
        label: {vi: Biết qua đâu?, en: How did you know?}
        choices:
          1: {vi: Loa, en: Loudspeaker}
          10: {vi: Mạng, en: Internet}
      - code: lan
        kind: number
        label: {vi: Mấy lần?, en: How often?}
        minimum: 0
        maximum: 50
        show_if: {all: [{item: viec_gi, any: [1, 300]}, {not: {item: kenh, any: [10]}}]}
"""
DOCUMENTS: list[dict[str, Any]] = [
    {},
    {"viec_gi": 300, "kenh": [1], "lan": 2.5},
    {"viec_gi": 2, "kenh": [1, 10]},
    {"viec_gi": 1, "kenh": [10], "lan": 4},
    {"lan": 0},
]


@pytest.fixture
def wave(province: Database, tmp_path: Path) -> Wave:
    path = tmp_path / "thu.yaml"
    path.write_text(WRITTEN, encoding="utf-8")
    with province.writing() as session:
        questionnaires.publish(session, load(path), dates.today())
        asked = questionnaires.find(session, "thu@1")
        return waves.create(session, "thu", asked, WaveKind.OPEN, date(2026, 1, 1), dates.today())


LATER = """\
from: thu@1
to: thu@2
items:
  - {item: viec, was: viec_gi, choices: {1: 5, 2: 5, 300: 6}}
  - {item: qua, was: kenh, choices: {1: 2, 10: 2}}
"""


def answer(province: Database, documents: list[dict[str, Any]]) -> dict[UUID, dict[str, Any]]:
    told = {uuid4(): document for document in documents}
    with province.writing() as session:
        place = waves.place(session, "thu", "06652")
        for id, document in told.items():
            marks = ("quick",) if document else ()
            submission.submit(session.connection(), place, id, Mode.PHONE, document, marks=marks)
    return told


def said(people: Respondents) -> dict[UUID, dict[str, Any]]:
    """The answers of each response, as the columns say them."""
    found: dict[UUID, dict[str, Any]] = {id: {} for id in people.ids}
    for item in people.questionnaire.items.values():
        column = people.answers(item)
        for row, id in enumerate(people.ids):
            if column.chosen is not None:
                value: Any = [code for code, there in zip(item.choices, column.chosen[row], strict=True) if there]
            else:
                value = column.codes[row]
            if column.told[row]:
                found[id][item.code] = value
            assert column.given[row] == (column.told[row] and column.asked[row])
    return found


def read(province: Database) -> Respondents:
    with province.reading() as session:
        return respondents.sample(session, waves.find(session, "thu"))


@pytest.mark.both_databases
def test_the_columns_say_what_was_answered_and_asked(province: Database, wave: Wave) -> None:
    told = answer(province, DOCUMENTS)
    people = read(province)
    assert said(people) == told
    items = people.questionnaire.items
    asked = people.answers(items["lan"]).asked
    assert [items["lan"].show_if.holds(told[id]) for id in people.ids] == asked.tolist()  # type: ignore[union-attr]
    silent = people.without(["quick"])
    assert all(document == {} for document in said(silent).values())
    assert not silent.answers(items["lan"]).asked.any()


def test_what_comes_later_is_added_and_all_is_as_if_read_at_once(
    province: Database, wave: Wave, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = answer(province, DOCUMENTS)
    before = read(province)
    later = answer(province, [{"viec_gi": 2}, *DOCUMENTS])
    gone = min(later)
    with province.writing() as session:
        state = ReviewState.REJECTED
        session.add(Review(wave="thu", response=gone, state=state, reason="", person="Lan", day=dates.today()))
    asked: list[str] = []
    event.listen(province.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    after = read(province)
    documents = [sql for sql in asked if "response.answers" in sql]
    assert ["response.id IN" in sql for sql in documents] == [True], "only the new ones are read"
    assert len(after.responses) == len(told) + len(later)
    assert said(before) == told, "an older sample stays what it was"
    del later[gone]
    assert said(after) == told | later
    monkeypatch.setattr(cache, "_values", cache.Values())
    anew = read(province)
    assert said(anew) == said(after)
    assert anew.ids == after.ids == sorted(told | later)
    assert anew.version == after.version != before.version


@pytest.mark.both_databases
def test_who_began_to_read_before_sees_no_more_than_was_there(province: Database, wave: Wave) -> None:
    told = answer(province, DOCUMENTS)
    with province.reading() as session:
        found = waves.find(session, "thu")
        later = answer(province, DOCUMENTS)
        assert read(province).ids == sorted(told | later)
        assert respondents.sample(session, found).ids == sorted(told)


def test_answers_stand_under_the_codes_and_choices_of_a_later_version(
    province: Database, wave: Wave, tmp_path: Path
) -> None:
    told = answer(province, DOCUMENTS)
    later = WRITTEN.replace("version: 1", "version: 2").replace("code: viec_gi", "code: viec")
    later = later.replace("code: kenh", "code: qua").replace(
        "item: viec_gi, any: [1, 300]", "item: viec, any: [5]"
    )
    later = later.replace("item: kenh, any: [10]", "item: qua, any: [2]").replace(
        "          1: {vi: Loa", "          2: {vi: Loa"
    )
    later = later.replace("          1: {vi: Đất", "          5: {vi: Đất").replace(
        "          300:", "          6:"
    )
    later = later.replace("          10: {vi: Mạng", "          11: {vi: Mạng").replace(
        "          2: {vi: Hộ tịch, en: Records}\n", ""
    )
    for name, content in (("thu-2.yaml", later), ("way.yaml", LATER)):
        (tmp_path / name).write_text(content, encoding="utf-8")
    with province.writing() as session:
        questionnaires.publish(session, load(tmp_path / "thu-2.yaml"), dates.today())
        way = crosswalk.load(tmp_path / "way.yaml", lambda name: questionnaires.find(session, name))
        crosswalks.publish(session, way, dates.today())
    with province.reading() as session:
        people = respondents.sample(session, waves.find(session, "thu"))
        found = crosswalks.translated(session, people, questionnaires.find(session, "thu@2"))
    by_place = said(found.people)
    assert [by_place[id] for id in told] == [
        {},
        {"viec": 6, "qua": [2], "lan": 2.5},
        {"viec": 5, "qua": [2]},
        {"viec": 5, "qua": [2]},  # the condition of its own version hid how often
        {},
    ]
