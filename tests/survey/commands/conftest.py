"""The program, run as from a terminal on the province of the test."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from survey.commands import main
from survey.operations.backups import age_format
from survey.storage.database import Database


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, and what it wrote to standard output and standard error."""

    code: int
    out: str
    err: str


Program = Callable[..., Ended]


@pytest.fixture
def hailong(
    province: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Program:
    """Runs `hailong ARGUMENTS…`; messages are in English unless `--lang` stands in front."""
    monkeypatch.setenv("HAILONG_DATABASE_URL", province.url)
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    monkeypatch.setattr(age_format, "WORK", 10)  # a passphrase of a test is guarded by little

    def run(*arguments: object) -> Ended:
        code = 0
        capsys.readouterr()
        try:
            # In a context of its own, for the program chooses its language for good.
            contextvars.copy_context().run(main, [str(argument) for argument in arguments])
        except SystemExit as stop:
            code = int(stop.code or 0)
        written = capsys.readouterr()
        return Ended(code, written.out, written.err)

    return run
