"""How many a second one address may send, and what is remembered of it."""

from __future__ import annotations

from typing import Any

import pytest

from survey.storage.database import Database
from survey.system import settings
from survey.web.app import create_app
from survey.web.server.gunicorn import Server
from survey.web.server.rate_limit import KEPT, Rate, of_forms, seconds_to_wait
from survey.web.server.worker import forget_quiet, limits
from survey.web.sign_in.lockout import Lockout


@pytest.fixture
def rate(clock: Any) -> Rate:
    return Rate(4, clock)


def test_a_second_holds_so_many_and_the_next_waits_its_turn(rate: Rate, clock: Any) -> None:
    assert [rate.take("10.0.0.1") for _time in range(5)] == [0, 0, 0, 0, 0.25]
    clock.now = 0.25
    assert rate.take("10.0.0.1") == 0
    assert rate.take("10.0.0.1") == 0.25


def test_addresses_do_not_share_what_they_may_send_but_a_household_does(rate: Rate) -> None:
    for _time in range(4):
        rate.take("2001:db8:1:2::1")
    assert rate.take("2001:db8:1:2:ffff::9") > 0
    assert rate.take("2001:db8:1:3::1") == 0
    assert rate.take("192.0.2.1") == 0
    assert rate.take("::ffff:192.0.2.1") == 0


def test_a_quiet_address_is_forgotten_and_a_busy_one_is_not(rate: Rate, clock: Any) -> None:
    rate.take("10.0.0.1")
    clock.now = 300
    for _time in range(4):
        rate.take("10.0.0.2")
    rate.forget()
    assert len(rate) == 1
    clock.now = 301
    rate.forget()
    assert len(rate) == 0


def test_the_server_forgets_who_has_been_quiet_whatever_is_counted(clock: Any) -> None:
    counts = limits(Server({}).shared)
    for counted in counts.values():
        counted._clock = clock
    lockout = counts["lockout"]
    assert isinstance(lockout, Lockout)
    lockout._networks._clock = clock
    lockout.take("lan", "10.0.0.1")
    for name in ("rate", "rate_of_codes"):
        one = counts[name]
        assert isinstance(one, Rate)
        one.take("10.0.0.1")
    clock.now = 3_600
    forget_quiet(counts)
    assert [len(counted) for counted in (*counts.values(), lockout._networks)] == [0, 0, 0, 0]


def test_no_address_stands_in_the_memory(rate: Rate) -> None:
    rate.take("10.20.30.40")
    memory = rate._left._rows.tobytes()
    assert any(memory)
    assert b"\x0a\x14\x1e\x28" not in memory
    assert b"10.20.30.40" not in memory + repr(vars(rate)).encode()


def test_the_same_address_has_another_name_after_each_start(clock: Any) -> None:
    names = []
    for _start in range(2):
        rate = Rate(1, clock)
        rate.take("10.0.0.1")
        names.append(rate._left._rows["name"].max())
    assert names[0] != names[1]


def test_twenty_forms_from_one_line_pass_and_then_one_in_five_seconds(clock: Any) -> None:
    """A waiting room or a class is let through, a burst is not: 720 forms an hour from one line."""
    rate = of_forms(settings.rate())
    rate._clock = clock
    sent = [rate.take("203.0.113.9") for _form in range(22)]
    assert (sent[:20], sent[20:]) == ([0] * 20, [5, 5])
    passed = 0
    for clock.now in range(1, 3601):
        passed += sum(rate.take("203.0.113.9") == 0 for _impatient in range(3))
    assert passed == 720


def test_whoever_may_send_more_a_second_than_at_once_sends_a_second_s_worth_at_once(clock: Any) -> None:
    rate = of_forms(1000)
    rate._clock = clock
    assert sum(rate.take("203.0.113.9") == 0 for _form in range(1500)) == 1000


def test_a_slow_rate_too_is_forgotten_within_ten_minutes(clock: Any) -> None:
    rate = of_forms(0.01)
    rate._clock = clock
    while not rate.take("203.0.113.9"):
        pass
    clock.now = KEPT
    rate.forget()
    assert len(rate) == 0


@pytest.mark.parametrize(("proxies", "second"), [(0, 429), (1, 200)])
def test_a_proxy_is_believed_only_where_one_was_named(province: Database, proxies: int, second: int) -> None:
    app = create_app(DATABASE_URL=province.url, SECRET_KEY="tests", RATE=1, PROXIES=proxies)
    app.extensions["rate"] = Rate(1)

    @app.get("/counted")
    def counted() -> tuple[str, int]:
        return "", 429 if seconds_to_wait() else 200

    answers = [
        app.test_client().get("/counted", headers={"X-Forwarded-For": address}).status_code
        for address in ("203.0.113.1", "203.0.113.2")
    ]
    app.extensions["database"].engine.dispose()
    assert answers == [200, second]
