"""The result table for programs: the records of `hailong results`, one array."""

from __future__ import annotations

import json

from survey.results.result_table import as_records
from survey.results.summary import Summary


def write(summary: Summary) -> bytes:
    """The records, a line each, so that two reports can be compared line by line."""
    rows = ",\n".join(
        json.dumps(record, ensure_ascii=False, allow_nan=False) for record in as_records(summary.records)
    )
    return f"[\n{rows}\n]\n".encode()
