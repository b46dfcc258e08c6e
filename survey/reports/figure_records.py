"""The records of a report in its data formats: those of `hailong results`, each with their state."""

from __future__ import annotations

from typing import Any

from survey.results.result_table import as_records
from survey.results.summary import Summary


def records(summary: Summary) -> list[dict[str, Any]]:
    """Each bears the flag `draft` or `withdrawn` where its figures are not those that everybody reads: a file
    that is passed on under another name still says so."""
    withdrawn = summary.release is not None and summary.release.withdrawn is not None
    state = ["withdrawn"] if withdrawn else ["draft"] if summary.draft else []
    return [{**record, "flags": [*record["flags"], *state]} for record in as_records(summary.records)]
