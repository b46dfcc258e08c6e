"""Modules of `survey` that are read when something of them is first used: help uses none of a command's work, and
a server keeps no library in memory for a page that nobody opens."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

_unread: dict[str, Loader] = {}
_reading = threading.RLock()


class _Unread(ModuleType):
    def __getattribute__(self, name: str) -> object:
        # One thread reads, and whoever comes meanwhile waits: before Python 3.12 its own LazyLoader gives them
        # half of the module.
        with _reading:
            loader = _unread.pop(ModuleType.__getattribute__(self, "__name__"), None)
            if loader is not None:
                loader.exec_module(self)
                self.__class__ = ModuleType  # type: ignore[assignment]
        return ModuleType.__getattribute__(self, name)


class _LazyLoader(Loader):
    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        _unread[module.__name__] = self._loader
        module.__class__ = _Unread


class _Finder(MetaPathFinder):
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not name.startswith("survey.") or name.startswith("survey.web"):
            return None  # pages are declared when they are read
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _LazyLoader(spec.loader)
        return spec


@contextmanager
def lazy_modules() -> Iterator[None]:
    """In this block `from survey.results import releases` reads nothing yet; `from … import find` reads all.

    What a module imports when it is read at last is read at once. Pages are never put off.
    """
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
