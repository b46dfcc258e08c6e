"""The result table for programs: the records of `hailong results`, one array."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from survey.reports.figure_records import records
from survey.results.summary import Summary


def write(summary: Summary) -> bytes:
    """The records of a wave."""
    return array(records(summary))


def array(lines: Iterable[dict[str, Any]]) -> bytes:
    """Records, a line each, so that two reports can be compared line by line."""
    rows = ",\n".join(json.dumps(record, ensure_ascii=False, allow_nan=False) for record in lines)
    return f"[\n{rows}\n]\n".encode()
