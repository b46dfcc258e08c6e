"""`hailong lot`: two people set a lot aside or take it back; what can't be done says why and changes nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from survey.accounts import accounts
from survey.integrity import account_lots, account_words, contents
from survey.storage.database import Database
from survey.storage.models import AuditEntry, LotStep, Role
from survey.waves import waves
from tests.survey.integrity.chain_rows import TODAY, WAVE, forms, lot

Program = Callable[..., Any]
YESTERDAY = TODAY - timedelta(1)
BECAUSE = ("--reason", "Three households say that nobody came.")


@pytest.fixture
def number(province: Database) -> int:
    """A closed lot of seven forms."""
    with province.writing() as session:
        made = lot(session, YESTERDAY, TODAY)
        forms(session, 7, YESTERDAY, made)
    return made


def steps(province: Database) -> tuple[int, int]:
    """How many steps are stored, and how many entries of the trail."""
    with province.reading() as session:
        found = [session.scalar(select(func.count()).select_from(table)) for table in (LotStep, AuditEntry)]
    return found[0] or 0, found[1] or 0


def listed(hailong: Program, *choice: str) -> list[dict[str, str]]:
    return list(
        csv.DictReader(io.StringIO(hailong("lot", "list", "--wave", WAVE, "--output", "csv", *choice).out))
    )


def test_two_people_set_it_aside_and_take_it_back(hailong: Program, number: int) -> None:
    of = (number, "--wave", WAVE)
    assert hailong("lot", "aside", *of, *BECAUSE, "--by", "An").code == 0
    assert [(one["forms"], one["state"]) for one in listed(hailong)] == [("7", "proposed_aside")]
    assert "out of every figure: 7 forms" in hailong("lot", "confirm", *of, "--by", "Bình").err
    assert [one["lot"] for one in listed(hailong, "--aside")] == [str(number)]
    assert hailong("lot", "back", *of, *BECAUSE, "--by", "Bình").code == 0
    assert "given up" in hailong("lot", "confirm", *of, "--by", "An", "--refuse", "Not enough.").err
    assert hailong("lot", "back", *of, *BECAUSE, "--by", "Bình").code == 0
    assert "counts again: 7 forms" in hailong("lot", "confirm", *of, "--by", "An").err
    assert listed(hailong, "--aside") == []


def test_what_cant_be_done_is_told_and_changes_nothing(hailong: Program, province: Database, number: int) -> None:
    with province.writing() as session:
        growing, small = lot(session, TODAY, None), lot(session, YESTERDAY, TODAY)
        forms(session, 9, TODAY, growing)
        forms(session, 4, YESTERDAY, small)
        elsewhere = lot(session, YESTERDAY, TODAY, wave="ho-mo")
        title = waves.find(session, "ho-mo").title

    def refused(words: str, act: str, lot: int, *rest: str, by: str = "An") -> None:
        before = steps(province)
        ended = hailong("lot", act, lot, "--wave", WAVE, *rest, "--by", by)
        assert (ended.code, ended.out, words in ended.err, "Traceback" in ended.err) == (1, "", True, False), ended
        assert steps(province) == before

    refused("1 to 400 characters", "aside", number, "--reason", "  ")
    refused("1 to 400 characters", "aside", number, "--reason", "x" * 401)
    refused("may still grow", "aside", growing, *BECAUSE)
    refused("fewer than 5 forms", "aside", small, *BECAUSE)
    refused(f"belongs to wave {title}, not to", "aside", elsewhere, *BECAUSE)
    for wrong in (12, 0, 2**63, 10**30):
        refused(f"has no lot {wrong}", "aside", wrong, *BECAUSE)
    refused("nothing to take back", "back", number, *BECAUSE)
    refused("Nothing is proposed", "confirm", number)
    assert hailong("lot", "aside", number, "--wave", WAVE, *BECAUSE, "--by", "An").code == 0
    refused("proposed something for lot", "aside", number, *BECAUSE, by="Bình")
    refused("somebody else confirms it", "confirm", number)
    refused("1 to 400 characters", "confirm", number, "--refuse", " ", by="Bình")
    refused("1 to 400 characters", "confirm", number, "--refuse", "x" * 401, by="Bình")
    assert hailong("lot", "confirm", number, "--wave", WAVE, "--by", "Bình").code == 0
    refused("set aside already", "aside", number, *BECAUSE)
    assert hailong("lot", "back", number, "--wave", WAVE, *BECAUSE, "--by", "Bình").code == 0
    refused("somebody else confirms it", "confirm", number, by="BÌNH")


def test_two_names_told_to_commands_are_not_called_two_people(
    hailong: Program, province: Database, number: int
) -> None:
    with province.writing() as session:
        for name, role in (("ha-lan", Role.HOME_AFFAIRS), ("com-tu", Role.COMMUNE)):
            accounts.add(session, name, role, None, "06652" if role is Role.COMMUNE else None)
    of = (number, "--wave", WAVE)
    refused = hailong("lot", "aside", *of, *BECAUSE, "--by", "Com-Tu")
    assert (refused.code, "com-tu may not do this" in refused.err) == (1, True)
    assert hailong("lot", "aside", *of, *BECAUSE, "--by", "ha-lan").code == 0
    assert listed(hailong)[0]["person"] == "ha-lan (as told by the operator)"
    assert hailong("lot", "confirm", *of, "--by", "com-tu").code == 1
    assert hailong("lot", "confirm", *of, "--by", "Bình").code == 0
    with province.reading() as session:
        wave = waves.find(session, WAVE)
        found = account_lots.aside(session, wave, None, {"ha-lan": "home_affairs"})
        assert [(one.proposed, one.confirmed) for one in found] == [("", "")]
        for first, second in (("", ""), ("home_affairs", ""), ("", "home_affairs")):  # a command may tell any name
            own = [replace(one, proposed=first, confirmed=second) for one in found]
            assert "by two people" not in account_words.two_people(own, None)[0]
        (first, *_rest) = contents.KINDS["lot_steps"].rows(session, wave)
        assert first.content[-1] == "by_operator"
    assert hailong("user", "off", "ha-lan").code == 0
    assert "ha-lan may not do this" in hailong("lot", "back", *of, *BECAUSE, "--by", "ha-lan").err
