"""Records on standard output: one JSON array, or CSV with a header."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from survey.commands.options import option
from survey.system.csv_table import Writer
from translations import gettext as _

OUTPUT = option("--output", type=["json", "csv"], default="json", help=_("The form of the records."))


def write(records: Sequence[dict[str, Any]], fields: Sequence[str], output: str) -> None:
    """The records in the form that `OUTPUT` names; CSV in the order of `fields`, with 1 and 0 for yes and no.

    So imports take a list back: a column such as `at_most` knows no other words for them.
    """
    if output == "json":
        json.dump(records, sys.stdout, ensure_ascii=False)
        sys.stdout.write("\n")
        return
    Writer(sys.stdout).records(fields, [{name: _cell(value) for name, value in one.items()} for one in records])


def _cell(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value
