"""Modules of `survey` that are read when something of them is first used: help uses none of a command's work."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType

_put_off: list[str] = []


class _Finder(MetaPathFinder):
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target) if name.startswith("survey.") else None
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
            _put_off.append(name)
        return spec


@contextmanager
def lazy_modules() -> Iterator[None]:
    """In this block `from survey.results import releases` reads nothing yet; `from … import find` reads all. What
    a module imports when it is read at last is read at once."""
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def read_lazy_modules() -> None:
    """Reads what was put off, before threads begin: two that used a module first would meet it half read."""
    while _put_off:
        vars(sys.modules.get(_put_off.pop(), sys))
