"""How long somebody waits after wrong passwords: counted in memory, written nowhere, never for somebody else.

Wrong passwords are counted by account and client together: who guesses from elsewhere doesn't lock the owner
out. A client is the network it comes from (see `rate_limit`), or, once the account has signed in from a browser,
that browser: it carries a signed mark (`known_browser`), so that a guesser behind the same router locks out nobody
who was in before. A network has a measure of its own besides, for those who try one password on many names. All
processes of a server count together (`shared_counters`); an hour after the last wrong password nothing is left.

After "Device Cookies", https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies.
"""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Callable

from flask import Response, current_app, request
from itsdangerous import BadSignature, URLSafeSerializer

from survey.web import cookies
from survey.web.server.rate_limit import Rate, network
from survey.web.server.shared_counters import SharedCounters
from survey.web.sign_in import failed_attempts
from translations.formats import nfc

FREE = 5  # wrong passwords before the first wait
FIRST, LONGEST = 15.0, 900.0  # seconds; each further wrong password doubles the wait
FORGOTTEN = 3_600.0  # seconds after the last wrong password
# Wrong passwords of one network, whatever the names: some for a whole office on a Monday, few for a list of names.
AT_ONCE, A_SECOND = 30, 0.1
COOKIE = "trinh-duyet"
KEPT_FOR = 365 * 86_400  # seconds


class Lockout:
    """Wrong passwords of the last hour, by account and client.

    wrong, networks  what is counted of accounts and of networks, where processes share it
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        wrong: SharedCounters | None = None,
        networks: SharedCounters | None = None,
    ) -> None:
        self._clock = clock
        self._wrong = SharedCounters() if wrong is None else wrong
        self._networks = Rate(A_SECOND, clock, most=AT_ONCE, left=networks)

    def take(self, name: str | None, address: str, browser: str | None = None) -> int:
        """Counts a try as a wrong one: 0 when it may be made, otherwise the whole seconds to wait before the next.

        It is counted before it is looked at, so that tries at the same moment count too; `right` takes it back.
        Where no name is said (single sign-on), the network alone is counted.
        """
        if name is None:
            return math.ceil(self._networks.take(address))
        counter = self._name(name, address, browser)
        with self._wrong.held():
            now = self._clock()
            self._drop(now)
            wrong, at = self._wrong.get(counter) or (0, now)
            wait = at + _pause(wrong) - now
            if wait > 0:
                return math.ceil(wait)
            if browser is None and (wait := self._networks.take(address)):
                return math.ceil(wait)
            self._wrong.put(counter, wrong + 1, now)
        return 0

    def right(self, name: str | None, address: str, browser: str | None = None) -> None:
        """The try that was just counted was the right one: what was wrong before is forgotten."""
        if name is not None:
            with self._wrong.held():
                self._wrong.drop(self._name(name, address, browser))
        if browser is None:
            self._networks.give_back(address)

    def forget(self) -> None:
        """Drops what is over; the server does it by the clock, for there may be no next try."""
        with self._wrong.held():
            self._drop(self._clock())
        self._networks.forget()

    def _drop(self, now: float) -> None:
        self._wrong.forget(lambda _wrong, at: now - at >= FORGOTTEN)

    def _name(self, name: str, address: str, browser: str | None) -> int:
        client = b"browser\0" + browser.encode() if browser else b"network\0" + network(address)
        return self._wrong.name(nfc(name).strip().encode() + b"\0" + client)

    def __len__(self) -> int:
        return len(self._wrong)


def _pause(wrong: float) -> float:
    """Seconds to wait after so many wrong passwords."""
    return 0.0 if wrong < FREE else min(LONGEST, FIRST * 2.0 ** min(wrong - FREE, 30))


def seconds_to_wait(name: str | None) -> int:
    """Whole seconds that this client must wait before it may try a password of the account, or without a name to
    sign in elsewhere; 0 when it may now."""
    wait = _lockout().take(name, request.remote_addr or "", known_browser(name) if name else None)
    if wait:
        failed_attempts.count_only("waiting")
    return wait


def was_right(name: str | None) -> None:
    """Takes back the try that `seconds_to_wait` counted last, and forgets what was wrong before it."""
    _lockout().right(name, request.remote_addr or "", known_browser(name) if name else None)


def _lockout() -> Lockout:
    if "lockout" not in current_app.extensions:
        current_app.extensions["lockout"] = Lockout()
    lockout: Lockout = current_app.extensions["lockout"]
    return lockout


def known_browser(name: str) -> str | None:
    """The mark of a browser from which this account has signed in before: a random text, and nothing else."""
    try:
        account, mark = _signer().loads(cookies.read(COOKIE) or "")
    except (BadSignature, TypeError, ValueError):
        return None
    return str(mark) if account == nfc(name).strip() else None


def know_browser(answer: Response, name: str) -> None:
    """Marks the browser as one from which the account has signed in."""
    if known_browser(name) is None:
        cookies.keep(answer, COOKIE, _signer().dumps([nfc(name).strip(), secrets.token_urlsafe(16)]), KEPT_FOR)


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="known-browser")
