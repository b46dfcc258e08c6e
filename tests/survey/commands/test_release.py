"""The commands of a release say what its page says."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from survey.responses import submission
from survey.storage.database import Database
from survey.storage.models import Mode
from survey.waves import waves
from tests.survey.year import example


def send(province: Database, count: int, psu: str, unit: str = "06652") -> None:
    with province.writing() as session:
        place = waves.place(session, "ho-mau", unit)
        for _person in range(count):
            submission.submit(session.connection(), place, uuid4(), Mode.PAPER, {"C6": 1}, psu=psu)


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
    more, waits = "06652: 31 forms more, 0 fewer", "06658: 2 forms that are there now"
    for told in (
        hailong("release", "freeze", "--wave", "ho-mau", "--by", "A"),
        hailong("release", "check", "--wave", "ho-mau", "--number", 2, "--by", "B"),
        hailong("release", "list", "--wave", "ho-mau"),
    ):
        assert (told.code, more in told.err, waits in told.err) == (0, True, True)
    assert hailong("release", "list", "--wave", "ho-mau").out.count("\n") == 2
    made = hailong("release", "freeze", "--wave", "ho-mau", "--by", "A", "--correction", "Village V4 was left out")
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
    assert hailong("release", "list", "--year", 2024).out.startswith("1\t")
