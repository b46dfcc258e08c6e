"""Whole numbers that somebody asks for in the query of an address or in a form."""

from __future__ import annotations

LARGEST = 2**31 - 1  # that a column takes, on both databases


def bounded_int(text: str) -> int:
    """For `request.args.get(name, default, asked)`: where no row can have the number, the default holds."""
    number = int(text)
    if abs(number) > LARGEST:
        raise ValueError(text[:20])
    return number
