"""A figure from the downloaded data by one command, without the database."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from analysis import Estimate
from forms import Rule


def command(record: Estimate, items: Sequence[str], rule: Rule | None, single_psu: str, file: str) -> str:
    """`hailong estimate` that gives the record again; empty for an index whose rule it can't count.

    items  the questions that it pools; one but for the index and its parts
    file   as `hailong data --format csv` writes it
    """
    if record.statistic == "index":
        tables = {tuple(rule.scores[item].items()) for item in items} if rule is not None else set()
        if rule is None or not rule.is_share or len(tables) != 1:
            return ""
        satisfied, levels = rule.satisfied(items[0]), rule.scores[items[0]]
        lists = (items, map(str, satisfied), map(str, levels))
        option = f"--index {shlex.quote(f'{record.item}=' + ':'.join(map(','.join, lists)))}"
    else:
        option = f"--item {shlex.quote(record.item + (f'={record.value}' if record.value else ''))}"
    by = " --by unit" if record.domain is not None else ""
    design = "--weights weight --strata stratum --psu psu"
    return f"hailong estimate {file} {design} {option}{by} --variance auto --single-psu {single_psu} --output json"
