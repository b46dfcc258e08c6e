"""The commands of a release say what its page says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask import Flask

from survey.responses import submission
from survey.storage.database import Database
from survey.storage.models import Batch, Mode, Role, Sheet, SheetState
from survey.system import dates
from survey.waves import waves
from tests.survey.year import example


def send(province: Database, count: int, psu: str, unit: str = "06652") -> None:
    with province.writing() as session:
        place = waves.place(session, "ho-mau", unit)
        for _person in range(count):
            submission.submit(session.connection(), place, uuid4(), Mode.PAPER, {"C6": 1}, psu=psu)


def lose(province: Database, batch: str = "B1") -> None:
    """Two forms are printed, of which none came back."""
    with province.writing() as session:
        session.add(Batch(code=batch, wave="ho-mau", psu="V1", printed=dates.today()))
        session.flush()
        session.add_all(Sheet(serial=f"{batch}{place}", batch=batch, place=place) for place in (1, 2))


def test_freeze_check_and_list_say_by_how_much_a_release_differs_and_what_waits(
    province: Database, hailong: Any
) -> None:
    send(province, 40, "V1")
    send(province, 40, "V3", "06658")
    steps = (
        ("freeze", "--by", "A"),
        ("check", "--number", 1, "--by", "B"),
        ("approve", "--number", 1, "--by", "C"),
    )
    for step, *options in steps:
        ended = hailong("release", step, "--wave", "ho-mau", *options)
        assert ended.code == 0
        assert "06652" not in ended.err
    send(province, 31, "V2")
    send(province, 2, "V4", "06658")
    more, waits = "06652: 31 forms more, 0 fewer", "06658: 2 forms there now"
    for told in (
        hailong("release", "freeze", "--wave", "ho-mau", "--by", "A"),
        hailong("release", "check", "--wave", "ho-mau", "--number", 2, "--by", "B"),
        hailong("release", "list", "--wave", "ho-mau"),
    ):
        assert (told.code, more in told.err, waits in told.err) == (0, True, True)
    assert hailong("release", "list", "--wave", "ho-mau").out.count("\n") == 2
    made = hailong("release", "freeze", "--wave", "ho-mau", "--by", "A", "--correction", "Village V4 was left out")
    assert "The wave is open until" in made.err
    assert "06658: 2 forms more" in made.err
    assert "Not in it" not in made.err
    assert "Village V4" in hailong("release", "list", "--wave", "ho-mau").err


def test_a_year_is_released_beside_a_wave_and_one_of_the_two_is_named(province: Database, hailong: Any) -> None:
    assert hailong("release", "list").code == 2
    assert hailong("release", "list", "--wave", "ho-mau", "--year", 2024).code == 2
    assert hailong("release", "freeze", "--year", 2024, "--by", "A", "--correction", "x").code == 2
    assert hailong("report", "--year", 2024, "--format", "zip", "--out", "x").code == 2
    example.fill(province)
    refused = hailong("release", "freeze", "--year", 2024, "--by", "A")
    assert (refused.code, "ho-mau" in refused.err) == (1, True)
    steps = (("freeze", "A"), ("check", "B", "--number", 1), ("approve", "C", "--number", 1))
    for of in (("--wave", "ho-mau"), ("--year", 2024)):
        for step, *more in steps:
            assert hailong("release", step, *of, "--by", *more).code == 0
    listed = hailong("release", "list", "--year", 2024).out
    assert listed.startswith("1\t")
    assert all(f"{person} (as told by the operator)" in listed for person in "ABC")


def test_each_open_matter_is_gone_past_with_a_reason_that_stays_with_the_release(
    province: Database, hailong: Any
) -> None:
    send(province, 40, "V1")
    send(province, 40, "V3", "06658")
    lose(province)
    past = ("--despite", "missing=Lost in the flood")
    refused = hailong("release", "freeze", "--wave", "ho-mau", "--by", "A")
    assert (refused.code, "missing: 2 of 2 sheets issued are not back" in refused.err) == (1, True)
    assert hailong("release", "freeze", "--wave", "ho-mau", "--by", "A", "--despite", "missing").code == 2
    empty = hailong("release", "freeze", "--wave", "ho-mau", "--by", "A", "--despite", "missing= ")
    assert empty.code == 1
    strange = hailong("release", "freeze", "--wave", "ho-mau", "--by", "A", *past, "--despite", "flood:x=y")
    assert (strange.code, "flood:x" in strange.err) == (1, True)
    assert hailong("release", "freeze", "--wave", "ho-mau", "--by", "A", *past).code == 0
    agrees = hailong("release", "check", "--wave", "ho-mau", "--number", 1, "--by", "B", "--despite", "missing=")
    assert agrees.code == 0
    told = hailong("release", "list", "--wave", "ho-mau").err
    for person in "AB":
        assert f"{person} (as told by the operator) went on: Lost in the flood" in told


def test_a_release_is_asked_what_stood_open_at_its_freeze_whatever_came_since(
    province: Database, hailong: Any, app: Flask, sign_in: Any, account: Any
) -> None:
    send(province, 40, "V1")
    send(province, 40, "V3", "06658")
    lose(province)
    past = ("--despite", "missing=Lost in the flood")
    made = hailong("release", "freeze", "--wave", "ho-mau", "--by", "A", *past)
    assert "Release 1 of ho-mau contains 80 forms." in made.err
    lose(province, "B2")
    with province.writing() as session:
        session.add(Sheet(serial="B13", batch="B1", place=3, state=SheetState.WAITING))
        account(session, "head", Role.HEAD)
    steps = (("home_affairs", "/quan-tri/ho-mau/cong-bo/1/kiem-tra"), ("head", "/quan-tri/ho-mau/cong-bo/1/duyet"))
    for who, address in steps:
        client = sign_in(app, who)
        page = client.get(address).text
        assert "1 việc còn mở lúc chốt, đã có lý do 1" in page
        assert "2 trong 2 tờ phiếu đã phát chưa thu về" in page
        assert "Lost in the flood" in page
        asked, _, newer = page.partition("Nảy sinh sau khi chốt")
        assert "trong 5 tờ" not in page
        assert ("chưa nhập" in asked, "chưa nhập" in newer) == (False, True)
        sent = dict(re.findall(r'name="(csrf_token|dot)"[^>]*value="([^"]+)"', page))
        ticks = dict.fromkeys(re.findall(r'name="([^"]+-da-xem)"', page), "1")
        assert len(ticks) == 1
        assert client.post(address, data=sent).status_code == 409
        assert client.post(address, data=sent | ticks).status_code == 303


def test_a_name_told_by_a_command_is_the_operators_word_and_a_release_can_be_withdrawn(
    province: Database, hailong: Any, account: Any, tmp_path: Path
) -> None:
    send(province, 40, "V1")
    send(province, 40, "V3", "06658")
    with province.writing() as session:
        account(session, "Minh", Role.HEAD)
    assert (
        hailong("release", "withdraw", "--wave", "ho-mau", "--number", 1, "--by", "C", "--reason", "x").code == 1
    )
    for step, *options in (("freeze", "A"), ("check", "B", "--number", 1), ("approve", "Minh", "--number", 1)):
        assert hailong("release", step, "--wave", "ho-mau", "--by", *options).code == 0
    listed = hailong("release", "list", "--wave", "ho-mau").out
    for person in ("B", "Minh"):  # that the account of Minh is there doesn't say that Minh signed in
        assert f"{person} (as told by the operator)" in listed
    took = ("release", "withdraw", "--wave", "ho-mau", "--number", 1, "--by", "C", "--reason", "Wrong weights")
    assert hailong(*took).code == 0
    assert (
        "Withdrawn by C (as told by the operator): Wrong weights"
        in hailong("release", "list", "--wave", "ho-mau").err
    )
    assert hailong(*took).code == 1
    again = ("release", "reword", "--wave", "ho-mau", "--number", 1, "--by", "C", "--reason", "Mr Smith erred")
    assert "Mr Smith" in hailong(*again).err
    assert hailong(*again, "--sure").code == 0
    told = hailong("release", "list", "--wave", "ho-mau").err
    assert "Withdrawn by C (as told by the operator): Mr Smith erred" in told
    assert "staff alone: “Wrong weights” (C (as told by the operator), " in told
    written = hailong("report", "--wave", "ho-mau", "--format", "csv", "--out", tmp_path / "r.csv")
    assert "Release 1 of this wave is withdrawn" in written.out + written.err
    assert "Nothing is released" not in written.out + written.err
