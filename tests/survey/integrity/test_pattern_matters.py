"""A pattern that passes the corrected test is a matter: told, decided, kept, and never in the way of a release."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from survey.integrity import matter_words, matters, pattern_list, pattern_words, patterns, releasing, unusual
from survey.integrity.matters import Matter, MatterKind
from survey.integrity.patterns import Pattern
from survey.responses import lot_steps
from survey.results import release_steps, releases
from survey.storage.database import Database
from survey.storage.models import MatterState, Response
from survey.waves import waves
from tests.survey.patterned import WAVE, Patterned
from translations import Conflict, speaking


def found(database: Database) -> list[Matter]:
    with database.reading() as session:
        every = matters.matters(session, waves.find(session, WAVE))
    return [one for one in every if one.kind is MatterKind.PATTERN]


def decide(database: Database, subject: str, state: MatterState, reason: str = "Cả xóm cùng điền") -> None:
    with database.writing() as session:
        matters.decide(session, waves.find(session, WAVE), subject, state, reason, "An")


def test_an_honest_wave_has_no_pattern_to_decide(patterned: Patterned) -> None:
    assert found(patterned(0)) == []


def test_copies_in_a_village_are_a_matter_that_blocks_nothing(patterned: Patterned) -> None:
    database = patterned()
    [one, *_more] = found(database)
    assert isinstance(one.about, Pattern)
    assert (one.about.check, one.about.group_kind, one.about.sign) == ("alike", "village", "passes")
    assert one.subject == f"pattern:alike:village:{one.about.group}"
    assert (one.is_open, one.blocks_release, one.unit) == (True, False, None)
    with database.reading() as session:
        wave = waves.find(session, WAVE)
        names = pattern_words.names(session, wave)
        title, words = matter_words.title(one, names), matter_words.explanation(one)
        assert unusual.gather(session, WAVE).unusual == ()
        assert matters.blocking(session, wave) == []
    assert "cặp phiếu gần như giống nhau ở mọi câu, thường là" in title
    assert names[f"village:{one.about.group}"] in title
    assert words.startswith("Khác thường; có thể do hàng xóm")
    assert "nên xem lại bằng phúc tra" in words
    with database.writing() as session:
        release = releases.freeze(session, waves.find(session, WAVE), "An")
        release_steps.check(release, "Bình")
        releasing.approve(session, release, "Cường")


def test_its_decision_is_kept_when_it_is_seen_no_more(patterned: Patterned) -> None:
    database = patterned()
    [first, *_more] = found(database)
    decide(database, first.subject, MatterState.EXPLAINED)
    [again, *_more] = found(database)
    assert (again.subject, again.state, again.is_open) == (first.subject, MatterState.EXPLAINED, False)
    with pytest.raises(Conflict, match="Không có gì thay đổi"):
        decide(database, first.subject, MatterState.EXPLAINED)
    with database.reading() as session:
        wave = waves.find(session, WAVE)
        [gone] = [one for one in matters.matters(session, wave, ()) if one.kind is MatterKind.PATTERN]
    assert gone.decision is not None
    assert (gone.subject, gone.is_open, gone.decision.reason) == (first.subject, False, "Cả xóm cùng điền")
    assert matter_words.title(gone, {}).endswith(": Phiếu gần như giống nhau")
    decide(database, first.subject, MatterState.REINTERVIEW)
    assert found(database)[0].is_open


def test_its_lots_are_set_aside_by_two_people_and_it_stays_in_the_list(patterned: Patterned) -> None:
    database = patterned()
    [first, *_more] = found(database)
    assert first.lots
    decide(database, first.subject, MatterState.SET_ASIDE)
    assert found(database)[0].is_open  # till another person confirms
    with database.writing() as session:
        for lot in first.lots:
            lot_steps.confirm(session, WAVE, lot, "Bình")
    [aside] = [one for one in found(database) if one.subject == first.subject]
    assert (aside.state, aside.is_open) == (MatterState.SET_ASIDE, False)


def test_a_lot_of_which_it_has_less_than_half_is_not_offered(patterned: Patterned) -> None:
    database = patterned()
    with database.reading() as session:
        rows = session.execute(select(Response.lot, Response.psu).where(Response.wave == WAVE)).all()
        for one in patterns.patterns(session, waves.find(session, WAVE)):
            if one.group_kind == "village" and one.sign:
                own = [lot for lot, psu in rows if psu == one.group]
                every = [lot for lot, _psu in rows]
                assert set(one.lots) == {lot for lot in own if 2 * own.count(lot) > every.count(lot)}


def test_a_subject_names_its_pattern_even_with_signs_in_the_name() -> None:
    one = Pattern("digits:A2", "device", "device:3:x", 1, 1, 1, 1, 1, "")
    gone = pattern_list.named(one.subject)
    assert gone is not None
    assert (gone.check, gone.group_kind, gone.group) == (one.check, one.group_kind, one.group)
    assert pattern_list.named("flood:1:phone:2026-01-01") is None


def test_a_page_of_a_large_wave_is_told_that_they_are_being_counted(
    patterned: Patterned, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = patterned()
    monkeypatch.setattr(pattern_list, "LARGE", 100)
    monkeypatch.setattr(pattern_list, "PATIENCE", 0.0)
    assert pattern_list.ready(database, WAVE) is None
    with database.reading() as session:  # who asks for itself waits
        looked = pattern_list.look(session, waves.find(session, WAVE))
    monkeypatch.setattr(pattern_list, "PATIENCE", 60.0)
    told = pattern_list.ready(database, WAVE)
    assert told is not None
    assert told.value.having("passes") == looked.having("passes") != []


def test_every_check_reads_in_both_languages_and_names_nobody_guilty() -> None:
    kinds = ("village", "commune", "interviewer", "keyer", "device", "mode")
    for language in ("vi", "en"):
        with speaking(language):
            for check in pattern_words.CHECKS:
                for seen in (0.1, 0.9):
                    for kind in kinds:
                        group = "phone" if kind == "mode" else "x"
                        one = Pattern(check, kind, group, 40, 0.5, seen, 0.00002, 0.012, "passes")
                        told = f"{pattern_words.title(one, {})} {pattern_words.explanation(one)}"
                        assert "%" not in told
                        assert ("có thể do" if language == "vi" else "may") in told.replace("Much may", "may")
            assert [words[0] for words in re.findall("p ([<=])", pattern_words.surety(one))] == ["<", "="]


def test_p_reads_as_people_write_it_and_few_cases_stay_untold() -> None:
    assert pattern_words.p_value(0.00099) == "p < 0,001"
    assert pattern_words.p_value(0.0123) == "p = 0,012"
    few = Pattern("cases:C6", "mode", "interviewer", 400, 0.1, 0.005, 0.0001, 0.01, "passes")
    assert "có ít hơn 5 người nêu trường hợp" in pattern_words.title(few, {})
    assert "thường là 40" in pattern_words.title(few, {})
