"""How slow this machine is just now: what a test allows in seconds of the processor, it allows times this."""

from __future__ import annotations

import time

PLAIN = 0.07  # seconds that the work below takes on a plain machine with nothing else to do


def slowness() -> float:
    """How many times longer than a plain machine this one takes for a piece of work; at least 1."""
    began = time.process_time()
    sum(number * number for number in range(1_000_000))
    return max(1.0, (time.process_time() - began) / PLAIN)
