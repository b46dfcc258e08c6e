"""The result table for a spreadsheet or a script: header, commas, decimal points, UTF-8 without a mark."""

from __future__ import annotations

import io

from survey.reports.figure_records import records
from survey.results.result_table import FIELDS, as_row
from survey.results.summary import Summary
from survey.system.csv_table import Writer


def write(summary: Summary) -> bytes:
    """The records, a line each. Empty: not known or hidden; the flags say which."""
    text = io.StringIO()
    Writer(text).records(FIELDS, map(as_row, records(summary)))
    return text.getvalue().encode()
