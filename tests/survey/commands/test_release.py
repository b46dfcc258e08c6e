"""The commands of a release say what its page says."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from survey.responses import submission
from survey.storage.database import Database
from survey.storage.models import Mode
from survey.waves import waves


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
