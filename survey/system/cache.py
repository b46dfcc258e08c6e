"""What was computed once, kept in the memory of the process for whoever asks next; bounded by its bytes.

A value is known by all that it depends on, so it is never stale: other data have another key. What was asked for
longest ago goes first when all of it together takes more than `MOST`. A count would be no bound: a table of one
item takes a few kilobytes, the columns of a million responses 150 MB.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from operator import attrgetter
from typing import Any, ParamSpec, TypeVar

from sqlalchemy.orm import Session

P = ParamSpec("P")
V = TypeVar("V")

MOST = 768 * 1024**2  # bytes, in each process
LONGEST_WAIT = 30.0  # seconds
A_FIGURE = 1024  # bytes of a record with its texts, as a page or a report holds it

_values: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()  # with their bytes
_making: set[Hashable] = set()
_turn = threading.Condition()


def where(session: Session) -> str:
    """The database of a session, as part of a key."""
    return str(session.get_bind().engine.url)


def kept(
    key: Callable[..., Hashable], size: Callable[[Any], int] = attrgetter("nbytes")
) -> Callable[[Callable[P, V]], Callable[P, V]]:
    """A function whose values are kept.

    key   all that a value depends on, from the arguments
    size  the bytes of a value, its own `nbytes` unless given; weighed anew each time it is asked for, as some grow

    Who asks for what is being made waits for it: two threads never read the same wave at once.
    """

    def decorate(make: Callable[P, V]) -> Callable[P, V]:
        @wraps(make)
        def asked(*given: P.args, **named: P.kwargs) -> V:
            name = make.__module__, make.__qualname__, key(*given, **named)
            with _turn:
                _turn.wait_for(lambda: name not in _making)
                if name in _values:
                    found: V = _values.pop(name)[0]
                    _values[name] = found, size(found)
                    return found
                _making.add(name)
            try:
                value = make(*given, **named)
                with _turn:
                    _values[name] = value, size(value)
                    _forget()
            finally:
                with _turn:
                    _making.discard(name)
                    _turn.notify_all()
            return value

        return asked

    return decorate


def give_way() -> None:
    """Waits while somebody's figures are being made: what nobody watches would make them take twice as long."""
    with _turn:
        _turn.wait_for(lambda: not _making, LONGEST_WAIT)


def held() -> int:
    """The bytes of all that is kept."""
    return sum(size for _value, size in _values.values())


def _forget() -> None:
    too_much = held() - MOST
    while too_much > 0 and len(_values) > 1:  # the newest stays: somebody waits for it
        _name, (_value, size) = _values.popitem(last=False)
        too_much -= size
