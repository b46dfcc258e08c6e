"""Whoever has the whole database but not its key, every public page and every file of digests, narrows no form to
fewer than five, nor below who brought it on which day (docs/decisions/0047-lots.md)."""

from __future__ import annotations

import itertools
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask, url_for
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from survey.integrity import contents, digest_file, digests, kept_account
from survey.operations import purge
from survey.responses import lot_joining, lot_list, lot_steps, lots
from survey.responses.arrival_order import Arrival
from survey.results import release_steps, releases
from survey.storage.database import Database
from survey.storage.models import Lot, LotKind, Response, Wave
from survey.waves import waves
from tests.survey.integrity.attacker import ABOUT_ONE, Attacker, naming_tables
from tests.survey.integrity.chain_rows import night
from tests.survey.integrity.week import INTERVIEWERS, KEYERS, TODAY, WAVE, Week, week


@pytest.fixture(scope="module")
def chance() -> Iterator[None]:
    """Numbers of lots that come out the same each time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("survey.responses.lots.secrets.randbelow", random.Random(4).randrange)
        yield


@pytest.fixture(scope="module")
def whole(chance: None, sqlite_templates: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Week:
    """A week, only to be read."""
    file = shutil.copy(sqlite_templates["province"], tmp_path_factory.mktemp("week") / "hailong.db")
    return week(Database(f"sqlite:///{file}"))


@pytest.fixture
def province(whole: Week, tmp_path: Path) -> Iterator[Database]:
    """A copy of it."""
    attack(whole.province)  # the log is empty then
    file = shutil.copy(str(whole.province.engine.url.database), tmp_path / "hailong.db")
    made = Database(f"sqlite:///{file}")
    yield made
    made.engine.dispose()


def attack(province: Database) -> Attacker:
    """Takes the file as the hourly work leaves it."""
    with closing(Arrival(province)) as arrival:
        assert arrival.take_away()
    return Attacker(Path(str(province.engine.url.database)), WAVE)


def test_no_traces_together_leave_fewer_than_five_forms(whole: Week) -> None:
    attacker = attack(whole.province)
    assert len(whole.closed) > 250
    assert {row["kind"] for row in attacker.table("lot")} >= {"interviewer", "keyer", "kiosk", "link", "joined"}
    assert max(Counter(row["count"] for row in attacker.table("sender_count"))) > 5
    assert attacker.narrowed(whole.closed) == []


def only_closed(session: Any, wave: str, today: date) -> None:
    over = Lot.wave == wave, Lot.closed.is_(None), Lot.day < today
    session.execute(update(Lot).where(*over).values(closed=today))


def growing_too(session: Any, wave: Wave, before: Any, today: date) -> Any:
    ids, _lots = contents.members(session, wave.code)
    return ids[~np.isin(ids, np.concatenate([np.zeros(0, "S16"), *map(digests.ids_of, before)]))], True


BROKEN: dict[str, tuple[Any, str, Any]] = {
    "small lots stay": (lot_joining, "join_small", only_closed),
    "few forms of a cell stay": (lot_joining, "_into_the_largest_of_each_cell", lambda heaps: ()),
    "digests take lots that grow": (digests, "_new_responses", growing_too),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_the_attacker_succeeds_where_something_is_broken(
    chance: None, sqlite_templates: dict[str, Path], tmp_path: Path, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*BROKEN[broken])
    database = Database(f"sqlite:///{shutil.copy(sqlite_templates['province'], tmp_path / 'hailong.db')}")
    made = week(database, days=3)
    assert attack(database).narrowed(made.closed) != []
    database.engine.dispose()


def test_the_number_of_a_lot_says_nothing_of_when_it_began(
    whole: Week, province: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert agreement(whole.began) < 0.2
    numbers = itertools.count(1)
    monkeypatch.setattr("survey.responses.lots.secrets.randbelow", lambda _most: next(numbers))
    with province.writing() as session:
        assert agreement([lots.begin(session, WAVE, kind, TODAY) for kind in LotKind]) > 0.9


def agreement(began: list[int]) -> float:
    """Spearman's correlation of the numbers of lots with the order in which they began, without its sign."""
    return abs(float(np.corrcoef(np.argsort(np.argsort(began)), range(len(began)))[0, 1]))


def test_the_file_has_forgotten_the_lots_that_were_joined(whole: Week) -> None:
    attacker = attack(whole.province)
    left = {row["number"] for row in attacker.table("lot")}
    gone = [number for number in whole.began if number not in left]
    assert len(gone) > 30
    assert all(map(attacker.spells, left))  # else it would find none
    assert [number for number in gone if attacker.spells(number)] == []


def test_every_table_that_names_a_form_is_known() -> None:
    assert naming_tables() <= ABOUT_ONE.keys()


def test_what_is_known_after_lots_were_set_aside_and_all_was_destroyed_narrows_no_form(
    whole: Week, province: Database, key: Path
) -> None:
    with province.writing() as session:
        for one in lot_list.lines(session, WAVE)[::2]:
            set_aside(session, one.lot.number)
        wave = waves.find(session, WAVE)
        released(session, wave)
        wave.closes = wave.closed = TODAY - timedelta(1)
    whole_now = Week(province, whole.dice, whole.questionnaire, dict(whole.closed), closings=whole.closings)
    whole_now.close(night(TODAY))
    purge.purge(province, WAVE, early=True)
    attacker = attack(province)
    assert len(attacker.table("release")) == 1
    assert attacker.narrowed(whole_now.closed) == []


def test_digests_of_following_days_differ_by_whole_lots_and_at_least_five_forms(whole: Week) -> None:
    with whole.province.reading() as session:
        chain = digests.whole_chain(session, WAVE)
        inside = {id.bytes: lot for id, lot in session.execute(select(Response.id, Response.lot))}
    added = [{inside[bytes(id).ljust(16, b"\0")] for id in digests.ids_of(one).tolist()} for one in chain]
    assert sum(map(bool, added)) >= 5
    assert all(digests.forms(one) >= 5 for one, lots_of_it in zip(chain, added, strict=True) if lots_of_it)
    assert max(Counter(itertools.chain.from_iterable(added)).values()) == 1


def test_releases_before_and_after_setting_aside_differ_by_thirty_forms_of_a_commune(province: Database) -> None:
    with province.writing() as session:
        wave = waves.find(session, WAVE)
        first = released(session, wave)
        held = lot_list.lines(session, WAVE)
        chosen = min(held, key=lambda one: min(one.units.values()))  # a joined one, with few forms of a commune
        assert min(chosen.units.values()) < 5
        set_aside(session, chosen.lot.number)
        second = released(session, wave)
        assert changed(session, first, second) == {}
        for one in held[: len(held) * 3 // 4]:
            if one is not chosen:
                set_aside(session, one.lot.number)
        differences = changed(session, second, released(session, wave))
        assert differences
        assert min(differences.values()) >= 30


def set_aside(session: Session, number: int) -> None:
    lot_steps.propose(session, WAVE, number, True, "vì", "An")
    lot_steps.confirm(session, WAVE, number, "Bình")


def released(session: Session, wave: Wave) -> bytes:
    one = releases.freeze(session, wave, "An")
    release_steps.check(one, "Bình")
    releases.approve(session, one, "Chi")
    return one.responses


def changed(session: Session, one: bytes, other: bytes) -> Counter[str]:
    """By commune, how many forms are in one of two releases alone."""
    ids = [{held[at : at + 16] for at in range(0, len(held), 16)} for held in (one, other)]
    units = {id.bytes: unit for id, unit in session.execute(select(Response.id, Response.unit))}
    return Counter(units[id] for id in ids[0] ^ ids[1])


def test_no_public_page_nor_file_names_a_form_a_lot_or_who_brought_it(app: Flask, province: Database) -> None:
    with province.writing() as session:
        wave = waves.find(session, WAVE)
        wave.public, wave.closes = True, TODAY - timedelta(1)  # all is told once it is over
        released(session, wave)
        set_aside(session, lot_list.lines(session, WAVE)[0].lot.number)
    kept_account.make(province)
    with province.reading() as session:
        names = {str(number) for number in session.scalars(select(Lot.number))} | {*INTERVIEWERS, *KEYERS}
        names |= {"device:", "phieu-"}
        for id in session.scalars(select(Response.id)):
            names |= {str(id), id.hex}
        said = {"ma.txt": digest_file.text(session, WAVE)}
    stranger = app.test_client()
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.arguments <= {"wave", "unit"}:
            values = {name: {"wave": WAVE, "unit": "06652"}[name] for name in rule.arguments}
            with app.test_request_context():
                address = url_for(rule.endpoint, **values)
            found = stranger.get(address)
            if found.status_code == 200:
                said[address] = found.text
    assert said.keys() >= {f"/toan-ven/{WAVE}", f"/toan-ven/{WAVE}/ma.txt"}
    assert [(where, name) for where, text in said.items() for name in names if name in text] == []
