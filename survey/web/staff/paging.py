"""A long list, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from flask import request

from survey.web import integers

T = TypeVar("T")


def shown_page(rows: Sequence[T], size: int) -> tuple[Sequence[T], int, int]:
    """The rows of the page that `?trang=` asks for, its number, and that of the last one; both from 1."""
    last = max(1, -(-len(rows) // size))
    page = min(max(request.args.get("trang", 1, integers.bounded_int), 1), last)
    return rows[(page - 1) * size : page * size], page, last
