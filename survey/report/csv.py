"""The result table for a spreadsheet or a script: header, commas, decimal points, UTF-8 without a mark."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from survey.results import FIELDS, as_records
from survey.summary import Summary


def write(summary: Summary) -> bytes:
    """The records, a line each. Empty: not known or hidden; the flags say which."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FIELDS)
    writer.writerows([cell(value) for value in record.values()] for record in as_records(summary.records))
    return text.getvalue().encode()


def cell(value: Any) -> str:
    """A value of a record in one cell: flags joined by semicolons, a crossed domain as JSON."""
    if isinstance(value, list):
        return ";".join(value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value)
