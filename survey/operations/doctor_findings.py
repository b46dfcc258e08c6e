"""What a look at an installation finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a thing is: well, worth a look, or to be mended before people are let in."""

    WELL = "well"
    LOOK = "look"
    MEND = "mend"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    what  the thing and how it is
    do    what to do about it; empty where it is well
    """

    state: State
    what: str
    do: str = ""


def well(what: str) -> Finding:
    """It is as it should be."""
    return Finding(State.WELL, what)


def look(what: str, do: str) -> Finding:
    """It is worth a look."""
    return Finding(State.LOOK, what, do)


def mend(what: str, do: str) -> Finding:
    """It must be corrected before people are let in."""
    return Finding(State.MEND, what, do)
