"""How much one address may send or try in a second, over all processes of a server: counted in memory, written
nowhere."""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Callable
from contextlib import suppress

from flask import current_app, request
from flask_login import current_user

from survey.web import bound_device
from survey.web.server.shared_counters import SharedCounters

KEPT = 300.0  # seconds between two looks for traces of quiet addresses, which are dropped
# Forms: many telephones share one address of a mobile network, and a one-stop centre has one line. Twenty at once
# are a full waiting room; after these what fills the bucket, `HAILONG_RATE`, is 720 forms an hour by default.
FORMS_AT_ONCE = 20
# Invitation codes: many telephones share one address, and a code is one of 2 to the 50th.
CODES_A_SECOND, CODES_AT_ONCE = 1, 30
IPV4_IN_IPV6 = bytes(10) + b"\xff\xff"


class Rate:
    """A bucket for each address, which holds what comes in one second (or `most`) and fills again at that rate,
    within `KEPT` seconds at the longest.

    IPv6 addresses of one network (/64) count as one, since a household has as many of them as it likes.

    left  what the buckets hold, where processes share it
    """

    def __init__(
        self,
        per_second: float,
        clock: Callable[[], float] = time.monotonic,
        *,
        most: float | None = None,
        left: SharedCounters | None = None,
    ) -> None:
        self.per_second = max(per_second, 1 / KEPT)
        self.most = max(1.0, min(per_second if most is None else most, self.per_second * KEPT))
        self._clock = clock
        self._left = SharedCounters(exact=False) if left is None else left

    def take(self, address: str) -> float:
        """Counts a submission: 0 when it is let through, otherwise the seconds until the next one is."""
        name = self._left.name(network(address))
        with self._left.held():
            now = self._clock()
            left, at = self._left.get(name) or (self.most, now)
            left = min(self.most, left + (now - at) * self.per_second)
            wait = 0.0 if left >= 1 else (1 - left) / self.per_second
            self._left.put(name, left if wait else left - 1, now)
        return wait

    def give_back(self, address: str) -> None:
        """Takes back one that was counted and let through."""
        name = self._left.name(network(address))
        with self._left.held():
            if kept := self._left.get(name):
                self._left.put(name, min(self.most, kept[0] + 1), kept[1])

    def forget(self) -> None:
        """Drops every bucket that is full again; the server does it by the clock, for there may be no next
        submission."""
        with self._left.held():
            now = self._clock()
            self._left.forget(lambda left, at: left + (now - at) * self.per_second >= self.most)

    def __len__(self) -> int:
        return len(self._left)


def network(address: str) -> bytes:
    """What counts as one client: an IPv4 address, or an IPv6 network (/64)."""
    for family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError, ValueError):
            packed = socket.inet_pton(family, address)
            return packed.removeprefix(IPV4_IN_IPV6)[:8]
    return address.encode()


def of_forms(per_second: float, left: SharedCounters | None = None) -> Rate:
    """How many forms one address may send."""
    return Rate(per_second, most=max(FORMS_AT_ONCE, per_second), left=left)


def of_codes(left: SharedCounters | None = None) -> Rate:
    """How many invitation codes one address may try."""
    return Rate(CODES_A_SECOND, most=CODES_AT_ONCE, left=left)


def seconds_to_wait() -> int:
    """Whole seconds that this client must wait before it may submit; 0 when this submission is let through.
    Signed-in clients and bound devices are not counted."""
    has_name = bool(request.cookies) or "Authorization" in request.headers
    if has_name and (current_user.is_authenticated or bound_device.here()):
        return 0
    if "rate" not in current_app.extensions:
        current_app.extensions["rate"] = of_forms(current_app.config["RATE"])
    return _wait("rate")


def seconds_before_a_code() -> int:
    """Whole seconds that this client must wait before it may try an invitation code; 0 when it may now."""
    if "rate_of_codes" not in current_app.extensions:
        current_app.extensions["rate_of_codes"] = of_codes()
    return _wait("rate_of_codes")


def _wait(name: str) -> int:
    rate: Rate = current_app.extensions[name]
    return math.ceil(rate.take(request.remote_addr or ""))
