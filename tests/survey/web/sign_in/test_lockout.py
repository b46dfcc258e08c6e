"""Wrong passwords: who waits, how long, and who never does."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from survey.web.sign_in.lockout import Lockout

HERE, ELSEWHERE = "203.0.113.7", "198.51.100.9"


@pytest.fixture
def lockout(clock: Any) -> Lockout:
    return Lockout(clock)


def test_five_wrong_passwords_are_free_and_each_further_one_doubles_the_wait(lockout: Lockout, clock: Any) -> None:
    assert [lockout.take("lan", HERE) for _time in range(5)] == [0] * 5
    waits = []
    for _time in range(8):
        waits.append(lockout.take("lan", HERE))
        clock.now += waits[-1]
        assert lockout.take("lan", HERE) == 0
    assert waits == [15, 30, 60, 120, 240, 480, 900, 900]


def test_who_guesses_from_elsewhere_does_not_lock_the_owner_out(lockout: Lockout) -> None:
    for _time in range(9):
        lockout.take("lan", ELSEWHERE)
    assert lockout.take("lan", ELSEWHERE) > 0
    assert lockout.take("lan", HERE) == 0


def test_who_guesses_behind_the_same_router_does_not_lock_a_known_browser_out(lockout: Lockout) -> None:
    for number in range(60):
        lockout.take("lan", HERE)
        lockout.take(f"name {number}", HERE)
    assert lockout.take("lan", HERE) > 0
    assert lockout.take("mai", HERE) > 0
    assert lockout.take("lan", HERE, "the browser of Lan") == 0


def test_one_password_on_many_names_is_slowed_by_the_network(lockout: Lockout, clock: Any) -> None:
    waits = [lockout.take(f"name {number}", HERE) for number in range(31)]
    assert waits == [0] * 30 + [10]
    assert lockout.take("another", ELSEWHERE) == 0
    clock.now = 10
    assert lockout.take("one more", HERE) == 0


def test_a_right_password_counts_nothing_and_forgets_what_was_wrong(lockout: Lockout) -> None:
    for _time in range(100):
        assert lockout.take("lan", HERE) == 0
        lockout.right("lan", HERE)
    assert len(lockout) == 0


def test_an_hour_later_all_is_forgotten(lockout: Lockout, clock: Any) -> None:
    for _time in range(5):
        lockout.take("lan", HERE)
    clock.now = 3_600
    assert lockout.take("mai", ELSEWHERE) == 0
    assert len(lockout) == 1


def test_neither_name_nor_address_stands_in_the_memory(lockout: Lockout) -> None:
    lockout.take("nguyen-lan", HERE, "mark-of-a-browser")
    lockout.take("nguyen-lan", HERE)
    memory = lockout._wrong._rows.tobytes() + lockout._networks._left._rows.tobytes()
    assert any(memory)
    for secret in (b"nguyen-lan", HERE.encode(), b"mark-of-a-browser", b"\xcb\x00q\x07"):
        assert secret not in memory + repr(vars(lockout)).encode()


def enter(client: FlaskClient, name: str, password: str, address: str = HERE) -> TestResponse:
    page = client.get("/dang-nhap", environ_base={"REMOTE_ADDR": address})
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    fields = {"name": name, "password": password, "csrf_token": token[1]}
    return client.post("/dang-nhap", data=fields, environ_base={"REMOTE_ADDR": address})


@pytest.mark.parametrize("name", ["keyer", "nobody"])
def test_the_page_says_how_long_to_wait_and_does_not_look_at_the_password(app: Flask, name: str) -> None:
    guesser = app.test_client()
    assert [enter(guesser, name, f"mat-khau-sai-{time}").status_code for time in range(5)] == [422] * 5
    page = enter(guesser, name, "mat-khau-dai")
    assert page.status_code == 429
    assert 1 <= int(page.headers["Retry-After"]) <= 15
    assert re.search(r"chờ 1?\d giây", page.text)
    assert enter(guesser, name, "mat-khau-dai", ELSEWHERE).status_code == (303 if name == "keyer" else 422)


def test_a_browser_that_was_in_before_is_let_in_beside_a_guesser_at_the_same_address(app: Flask) -> None:
    own = app.test_client()
    assert enter(own, "keyer", "mat-khau-dai").status_code == 303
    own.delete_cookie("phien")
    guesser = app.test_client()
    assert [enter(guesser, "keyer", "mat-khau-sai").status_code for _time in range(6)][-1] == 429
    assert enter(own, "keyer", "mat-khau-dai").status_code == 303
    mark = own.get_cookie("trinh-duyet")
    assert mark is not None
    guesser.set_cookie("trinh-duyet", mark.value[:-3] + "abc")
    assert enter(guesser, "keyer", "mat-khau-dai").status_code == 429
