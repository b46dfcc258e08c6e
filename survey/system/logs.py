"""What the server writes to its log: what happened and where in the program, never to whom or with what.

A fault is reported by its kind and its place. Its message is left out, for it may quote what somebody sent;
whoever looks for a fault on data of their own sets `HAILONG_DEBUG`.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import traceback
from datetime import datetime
from types import TracebackType
from typing import Any
from zoneinfo import ZoneInfo

from gunicorn.glogging import Logger

# gunicorn would say from which address a request came, and repeat what it could not read of it.
ASIDE = (
    (re.compile(r"Invalid request from ip=.*", re.S), "Invalid request"),
    (re.compile(r"Error handling request .*", re.S), "Error handling request"),
)
Fault = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Lines(logging.Formatter):
    """One record a line for a person, the place of a fault below it."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        """The time in Việt Nam, to the second."""
        return _time(record)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """The record without addresses."""
        record.message = _said(record)
        return super().formatMessage(record)

    def formatException(self, ei: Fault) -> str:  # noqa: N802
        """The kind of the fault and its place."""
        return "\n".join(f"    {line}" for line in fault(ei[1]))


class JSON(logging.Formatter):
    """One object a line: at, level, logger, message; the record's `fields`; a fault's kind and place."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        entry: dict[str, Any] = {
            "at": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": _said(record),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            entry["fault"] = fault(record.exc_info[1])
        return json.dumps(entry, ensure_ascii=False)


def fault(error: BaseException | None) -> list[str]:
    """A fault and what caused it, each by its kind and the lines of the program it came through."""
    lines: list[str] = []
    while error is not None and len(lines) < 200:
        name = type(error).__name__
        lines.append(f"{name}: {error}" if os.environ.get("HAILONG_DEBUG") else name)
        frames = traceback.extract_tb(error.__traceback__)
        lines += [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return lines


class Logs(Logger):  # type: ignore[misc]
    """gunicorn's log and ours, in one form; `HAILONG_LOG=json` makes it lines of JSON."""

    def setup(self, cfg: Any) -> None:
        """Sets the forms up, at the start and on each reload."""
        super().setup(cfg)
        form = JSON() if os.environ.get("HAILONG_LOG") == "json" else Lines()
        for handler in self.error_log.handlers:
            handler.setFormatter(form)
        ours = logging.StreamHandler(sys.stderr)
        ours.setFormatter(form)
        root = logging.getLogger()  # ours, and what libraries warn of
        root.handlers[:] = [ours]
        root.setLevel(logging.WARNING)
        logging.captureWarnings(True)


def _said(record: logging.LogRecord) -> str:
    text = record.getMessage()
    return next((instead for pattern, instead in ASIDE if pattern.fullmatch(text)), text)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, ZoneInfo("Asia/Ho_Chi_Minh")).isoformat(timespec="seconds")
