"""Modules that are read when something of them is first used."""

import importlib
import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest

import survey
from survey.system.lazy_modules import lazy_modules

SLOW = """
import gate
gate.begun.set()
gate.go.wait()
last = 7
"""


class Gate(ModuleType):
    """Where the slow module waits, half read."""

    def __init__(self) -> None:
        super().__init__("gate")
        self.begun, self.go = threading.Event(), threading.Event()


def test_who_comes_while_a_module_is_read_waits_for_the_whole_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()
    (tmp_path / "slow.py").write_text(SLOW)
    monkeypatch.setattr(survey, "__path__", [*survey.__path__, str(tmp_path)])
    monkeypatch.setitem(sys.modules, "gate", gate)
    with lazy_modules():
        module = importlib.import_module("survey.slow")
    assert not gate.begun.is_set()
    seen: list[int] = []
    first, second = (threading.Thread(target=lambda: seen.append(module.last)) for _thread in range(2))
    first.start()
    gate.begun.wait()
    second.start()
    second.join(0.1)
    gate.go.set()
    first.join()
    second.join()
    assert seen == [7, 7]
    del sys.modules["survey.slow"]
