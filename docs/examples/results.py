"""Prints the released results of a wave: each percentage with its interval and the number of people behind it.

    HAILONG_TOKEN=… python results.py https://hailong.example.vn WAVE [--item index --item C5=3] [--by unit]

Needs Python 3.11 and nothing else. docs/api.md says what the fields mean.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import Request, urlopen

PAGE = 50  # records in one answer


def records(address: str, token: str) -> Iterator[dict[str, Any]]:
    """Every record of a list, page after page: the header Link leads to the next (RFC 8288)."""
    following: str | None = address
    while following:
        request = Request(following, headers={"Authorization": f"Bearer {token}"})
        with urlopen(request, timeout=60) as answer:
            yield from json.load(answer)
            link = re.search(r'<([^>]+)>; *rel="?next', answer.headers.get("Link", ""))
        following = urljoin(following, link[1]) if link else None


def unit_names(base: str, token: str) -> dict[str, str]:
    """The communes by code; none where the token may not read them: the scope `waves` opens them."""
    try:
        return {unit["code"]: unit["name"] for unit in records(f"{base}units", token)}
    except HTTPError as error:
        if error.code != 403:
            raise
        return {}


def in_words(record: dict[str, Any]) -> str:
    """The figure as it may be printed: never without its interval and base, never a hidden one."""
    factor, sign = (100, " %") if record["statistic"] in ("proportion", "index") else (1, "")
    low, high = (None if record[end] is None else factor * record[end] for end in ("low", "high"))
    at_most, at_least = (
        "too few for an interval" if end is None else f"at {name} {end:.1f}{sign}"
        for end, name in ((high, "most"), (low, "least"))
    )
    flags = set(record["flags"])
    if flags & {"hidden", "hidden_with"}:
        return "hidden"
    if "waits" in flags:
        return "not yet counted"
    if "not_sampled" in flags:
        return "not sampled here"
    if "under_3" in flags:  # without an estimate
        return f"fewer than 3 of {record['n']}, {at_most}"
    if record["estimate"] is None:
        return "not known"
    if "none" in flags:
        return f"none of {record['n']}, {at_most}"
    if "all" in flags:
        return f"all of {record['n']}, {at_least}"
    interval = "no interval" if low is None or high is None else f"{low:.1f} to {high:.1f}{sign}"
    return f"{factor * record['estimate']:.1f}{sign} ({interval}; n = {record['n']})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("server", help="where the installation is served, such as https://hailong.example.vn")
    parser.add_argument("wave", help="the code of the wave")
    parser.add_argument("--item", action="append", default=[], help="CODE, CODE=VALUE or index; may be repeated")
    parser.add_argument("--by", action="append", default=[], help="unit, stratum or mode; may be repeated")
    given = parser.parse_args()
    token = os.environ.get("HAILONG_TOKEN") or sys.exit("Set HAILONG_TOKEN to the token that you were given.")
    base = given.server.rstrip("/") + "/api/v1/"
    question = urlencode({"item": given.item, "by": given.by, "limit": PAGE, "lang": "en"}, doseq=True)
    try:
        # Without --by the token of a commune is given its commune's records.
        names = unit_names(base, token) if "unit" in given.by or not given.by else {}
        for record in records(f"{base}waves/{given.wave}/results?{question}", token):
            what = record["item"] + (f"={record['value']}" if record["value"] is not None else "")
            where = record["domain"] if isinstance(record["domain"], dict) else {"": record["domain"] or "all"}
            place = ", ".join(names.get(str(value), str(value)) for value in where.values())
            print(f"{what:<20} {place:<24} {in_words(record)}")
    except HTTPError as error:  # its body says what to do (RFC 9457)
        sys.exit(f"{error.code}: {json.load(error)['detail']}")


if __name__ == "__main__":
    main()
