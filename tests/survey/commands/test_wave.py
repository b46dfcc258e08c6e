from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from survey.storage.database import Database
from survey.storage.models import Release, WaveKind
from survey.system import dates
from survey.waves import waves

Program = Callable[..., Any]
MADE = ["--questionnaire", "ho_gia_dinh@1", "--from", "2026-01-01", "--to", "2026-02-01"]


def test_a_wave_is_made(hailong: Program, province: Database) -> None:
    named = ["--title", "Khảo sát năm 2026"]
    done = hailong("wave", "create", "dot-2", *MADE, "--kind", "sample", "--villages", "kept", *named)
    assert (done.code, done.out) == (0, "")
    with province.reading() as session:
        wave = waves.find(session, "dot-2")
    assert (wave.kind, wave.opens, wave.closes) == (WaveKind.SAMPLE, date(2026, 1, 1), date(2026, 2, 1))
    assert (wave.single_psu, wave.villages, wave.public) == ("centered", "kept", False)
    assert wave.title == "Khảo sát năm 2026"


def test_an_open_wave_may_be_public(hailong: Program, province: Database) -> None:
    asked = [*MADE, "--to", "2099-12-31", "--kind", "open", "--public", "--single-psu", "certainty"]
    done = hailong("wave", "create", "dot-2", *asked)
    assert done.code == 0
    assert "/s/dot-2/" in done.err
    with province.reading() as session:
        assert waves.find(session, "dot-2").public
        assert waves.find(session, "dot-2").single_psu == "certainty"


def test_a_wave_whose_days_are_over_is_not_said_to_be_open(hailong: Program, province: Database) -> None:
    assert "/s/dot-2" not in hailong("wave", "create", "dot-2", *MADE, "--kind", "open").err
    today = ["--to", dates.today().isoformat()]
    assert "/s/dot-3" in hailong("wave", "create", "dot-3", *MADE, *today, "--kind", "open").err


def test_a_real_wave_beside_made_up_ones_is_told_of_them(hailong: Program, province: Database) -> None:
    assert "made-up" not in hailong("wave", "create", "dot-2", *MADE, "--kind", "sample").err
    with province.writing() as session:
        waves.find(session, "dot-2").simulated = True
    assert "demonstration" in hailong("wave", "create", "dot-3", *MADE, "--kind", "sample").err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["create", "Đợt", *MADE, "--kind", "open"], 1),
        (["create", "ho-mo", *MADE, "--kind", "open"], 1),
        (["create", "dot-2", *MADE, "--kind", "sample", "--public"], 1),
        (["create", "dot-2", *MADE, "--kind", "open", "--questionnaire", "ho_gia_dinh@9"], 1),
        (["create", "dot-2", *MADE, "--kind", "open", "--to", "2025-01-01"], 1),
        (["create", "dot-2", *MADE, "--kind", "panel"], 2),
        (["create", "dot-2", *MADE, "--kind", "open", "--to", "1/2/2026"], 2),
        (["create", "dot-2", *MADE, "--kind", "open", "--single-psu", "guess"], 2),
        (["create", "dot-2", *MADE], 2),
        (["create"], 2),
    ],
)
def test_what_can_not_be_a_wave_is_refused(hailong: Program, arguments: list[str], code: int) -> None:
    done = hailong("wave", *arguments)
    assert (done.code, done.out) == (code, "")
    assert done.err
    assert len(hailong("wave", "list").out.splitlines()) == 4


def test_waves_are_listed(hailong: Program) -> None:
    lines = hailong("wave", "list").out.splitlines()
    name = "Khảo sát mức độ hài lòng của người dân, năm 2025"
    assert lines[-1] == f"da-dong\tho_gia_dinh@1\topen\t2025-01-01\t2025-02-01\t\t{name}"
    assert [line.split("\t")[0] for line in lines] == ["ho-mo", "ho-mau", "gop-y", "da-dong"]
    assert ["\tpublic\t" in line for line in lines] == [False, False, True, False]


def test_a_wrong_day_and_an_unknown_wave_are_answered_with_what_to_type(hailong: Program) -> None:
    done = hailong("wave", "create", "dot-2", *MADE, "--kind", "open", "--from", "1/3/2027")
    assert (done.code, "Write the day as YYYY-MM-DD" in done.err) == (2, True)
    done = hailong("results", "--wave", "dot-9")
    assert (done.code, "See: hailong wave list" in done.err) == (1, True)


def test_a_wave_is_changed_closed_opened_again_and_removed_once_empty(
    hailong: Program, province: Database
) -> None:
    hailong("wave", "create", "dot-2", *MADE, "--to", "2099-12-31", "--kind", "open")
    assert hailong("wave", "change", "dot-2").code == 2
    assert hailong("wave", "change", "dot-2", "--title", "Đợt hai", "--public").code == 0
    closed = hailong("wave", "close", "dot-2")
    assert (closed.code, "Open it again: hailong wave change dot-2" in closed.err) == (0, True)
    with province.reading() as session:
        wave = waves.find(session, "dot-2")
    assert (wave.title, wave.public, wave.closes) == ("Đợt hai", True, dates.today())
    assert hailong("wave", "close", "dot-2").code == 1
    slip = ("wave", "change", "dot-2", "--to", "2098-12-31", "--private")
    assert "--sure" in hailong(*slip).err
    moved = hailong(*slip, "--sure")
    assert (moved.code, "31 Dec 2099" in moved.err) == (0, True)
    assert hailong("wave", "remove", "ho-mau").code == 1
    assert hailong("wave", "remove", "dot-2").code == 0
    assert hailong("wave", "close", "dot-2").code == 1


def test_who_closes_a_wave_under_its_release_is_not_told_to_open_it_again(
    hailong: Program, province: Database
) -> None:
    with province.writing() as session:
        about = {"wave": "ho-mo", "number": 1, "responses": b"", "rejected": 0, "data": "d", "targets": []}
        day = dates.today()
        session.add(Release(frozen=day, frozen_by="a", checked=day, checked_by="b", approved=day, **about))
    told = hailong("wave", "close", "ho-mo").err
    assert "It can't be opened again: Release 1 is approved" in told
    assert "Open it again" not in told
