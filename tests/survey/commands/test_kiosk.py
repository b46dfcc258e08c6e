"""`hailong kiosk`."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner

from survey.commands.kiosk import kiosk
from survey.responses import devices, sealed_responses
from survey.storage.database import Database
from survey.system import dates
from translations import NotFound


@pytest.fixture
def folder(province: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Database:
    """The data folder of the program is that of the test."""
    monkeypatch.setenv("HAILONG_DATABASE_URL", province.url)
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))
    monkeypatch.delenv("HAILONG_BASE_URL", raising=False)
    return province


LINK = ["link", "--wave", "gop-y", "--unit", "06652", "--place", "Sảnh tầng 1"]


def test_the_link_alone_is_data_and_the_code_is_told(folder: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAILONG_BASE_URL", "https://hailong.example/")
    done = CliRunner().invoke(kiosk, LINK)
    assert done.exit_code == 0
    found = re.fullmatch(r"https://hailong\.example/kiosk/bind/(\S+)\n", done.stdout)
    assert found
    code = re.search(r"\d{6}", done.stderr)
    assert code
    assert "TLS" not in done.stderr
    with folder.writing() as session:
        device, _token = devices.bind(session, found[1], "k")
        assert device.place == "Sảnh tầng 1"
        devices.may_leave(device, code[0])


def test_without_tls_it_says_that_a_kiosk_elsewhere_needs_it(folder: Database) -> None:
    done = CliRunner().invoke(kiosk, LINK)
    assert done.stdout.startswith("http://127.0.0.1:8000/kiosk/bind/")
    assert "https" in done.stderr


def test_devices_are_listed_with_their_state_and_revoked_by_number(folder: Database) -> None:
    for _device in range(2):
        CliRunner().invoke(kiosk, LINK)
    assert CliRunner().invoke(kiosk, ["revoke", "1"]).exit_code == 0
    lines = CliRunner().invoke(kiosk, ["list", "--wave", "gop-y"]).stdout.splitlines()
    assert [line.split("\t")[:5] for line in lines] == [
        ["2", "waiting", "gop-y", "06652", "Sảnh tầng 1"],
        ["1", "revoked", "gop-y", "06652", "Sảnh tầng 1"],
    ]
    assert CliRunner().invoke(kiosk, ["list", "--wave", "ho-mo"]).stdout == ""


def test_a_device_that_is_not_there_and_a_wave_that_is_not_there_are_refused(folder: Database) -> None:
    assert isinstance(CliRunner().invoke(kiosk, ["revoke", "7"]).exception, NotFound)
    nowhere = [*LINK[:2], "khong-co", *LINK[3:]]
    assert isinstance(CliRunner().invoke(kiosk, nowhere).exception, NotFound)


def test_a_new_key_takes_the_place_of_one_that_nobody_needs(folder: Database) -> None:
    old = sealed_responses.current().id
    assert CliRunner().invoke(kiosk, ["renew-key"]).exit_code == 0
    assert [old] != list(sealed_responses.keys())
    assert len(sealed_responses.keys()) == 1


def test_held_forms_are_listed_with_the_reason_and_without_an_answer(folder: Database) -> None:
    with folder.writing() as session:
        made = devices.link(session, "gop-y", "06652", "Sảnh")
        device, _token = devices.bind(session, made.secret, sealed_responses.current().id)
        day = str(dates.today())
        sent = {"id": str(uuid4()), "wave": "gop-y", "unit": "06652", "mode": "kiosk", "day": day}
        sent["sealed"] = sealed_responses.seal(
            sealed_responses.current().public, sent, {"answers": {"hl_chung": 7}, "marks": []}
        )
        sent["key"] = sealed_responses.current().id
        sealed_responses.store_sealed(session, device, sent)
    lines = CliRunner().invoke(kiosk, ["held"]).stdout.splitlines()
    assert lines == ["\t".join((day, "gop-y", "06652", "1", "answers", sent["id"], ""))]
    assert CliRunner().invoke(kiosk, ["held", "--wave", "ho-mo"]).stdout == ""
