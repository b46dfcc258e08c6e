"""The reports of all communes in one file: made once for each version of the data, beside the pages, and kept."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from pathlib import Path

from survey.reports import report, word_template
from survey.results.summary import Summary
from survey.system import cache, settings
from survey.system.atomic_file import atomic_write
from survey.waves import changing
from translations import Refusal

THREAD = "reports of all communes"
KEPT = 6  # bundles; older ones are made again when somebody asks
_making: dict[Path, int] = {}
_refused: dict[Path, Refusal] = {}
_door = threading.Lock()
_turn = threading.Lock()  # one at a time: several at once would take the processor from the pages


@dataclass(frozen=True)
class State:
    """`file` is there when all communes are done; until then `done` of them are, None if nobody began, or where
    making them was `refused`."""

    file: Path | None
    done: int | None
    refused: Refusal | None = None


def state(summary: Summary, language: str) -> State:
    """How far the bundle is that holds these data in this language."""
    path = _path(summary, language)
    if path.exists():
        return State(path, len(summary.sampled))
    with _door:
        return State(None, _making.get(path), _refused.get(path))


def begin(summary: Summary, language: str) -> None:
    """Begins to make the bundle in a thread of its own, after those begun before. Nothing where it is there or
    being made."""
    path = _path(summary, language)
    with _door:
        if path in _making or path.exists():
            return
        _making[path] = 0
        _refused.pop(path, None)
    threading.Thread(target=_make, args=(summary, language, path), name=THREAD).start()


def forget(wave: str) -> None:
    """Removes the bundles of a wave: something in them is not to be read any more."""
    for path in _folder().glob(f"{wave}-*.zip"):
        path.unlink(missing_ok=True)


def _make(summary: Summary, language: str, path: Path) -> None:
    def progress(done: int) -> None:
        with _door:
            _making[path] = done
        cache.wait_until_idle()

    try:
        with _turn, atomic_write(path) as file:
            report.write_units(summary, file, language, progress)
        newest = sorted(path.parent.glob("*.zip"), key=lambda one: one.stat().st_mtime, reverse=True)
        for old in newest[KEPT:]:
            old.unlink(missing_ok=True)
    except Refusal as refusal:  # nobody waits for this thread: whoever looks next is told
        with _door:
            _refused[path] = refusal
    finally:
        with _door:
            del _making[path]


def _path(summary: Summary, language: str) -> Path:
    what = (
        summary.wave.code, summary.data_version, summary.weight_version, summary.wave.single_psu, summary.draft,
        summary.release.number if summary.release else None, summary.data_day.isoformat(), language,
        word_template.version(), summary.remarks, changing.state(summary.wave),
        summary.since.told if summary.since else None,
        [one.words() for one in summary.unusual], [(line.unit.code, line.unit.name) for line in summary.sampled],
    )  # fmt: skip
    return _folder() / f"{summary.wave.code}-{hashlib.sha256(repr(what).encode()).hexdigest()[:16]}.zip"


def _folder() -> Path:
    folder = settings.data_folder() / "reports"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
