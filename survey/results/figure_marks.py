"""The signs behind a figure that is to be read with care, and what they mean."""

from __future__ import annotations

from collections.abc import Iterable

from analysis import Estimate
from survey.results.wording import is_bounded, is_hidden
from translations import gettext as _

MARKS = {"few": "*", "no_interval": "†", "wide": "**"}
POOLED = "§"


def marks(record: Estimate) -> tuple[str, ...]:
    """The signs behind a figure: of the gravest reason to read it with care, and that its variance is pooled."""
    if is_hidden(record) or record.estimate is None:
        return ()
    flags = set(record.flags)
    if is_bounded(record):
        flags.discard("wide")  # "at most 9,7%" says so already
    care = [sign for flag, sign in MARKS.items() if flag in flags][:1]
    return (*care, POOLED) if record.variance == "pooled" else tuple(care)


def mark(record: Estimate) -> str:
    """The signs of `marks` as they stand behind the figure."""
    return "".join(marks(record))


def legend(records: Iterable[Estimate]) -> list[str]:
    """What the signs and the zeros mean that some of the records bear, under their table."""
    records = list(records)
    signs = {sign for record in records for sign in marks(record)}
    lines = [key(sign) for sign in MARKS.values() if sign in signs]
    if POOLED in signs:
        lines.append(_pooled(any("not_a_sample" in record.flags for record in records)))
    if any("none" in record.flags and not is_hidden(record) for record in records):
        lines.append(
            _(
                "0 of …: no case among those who answered. That does not mean there is none; “at most” says what "
                "may be."
            )
        )
    return lines


def _pooled(is_open: bool) -> str:
    if is_open:
        return _(
            "§ Pooled: its own answers tell too little of how alike people of one day are, so they are taken "
            "to be as alike as in all places together."
        )
    return _(
        "§ Pooled: its own answers tell too little of how alike people of one village are, so they are taken "
        "to be as alike as in all communes together."
    )


def key(sign: str) -> str:
    """What a sign of `mark` means, under the table."""
    return {
        "*": _(
            "* Few: fewer than 30 answers, or people so alike that they tell no more than 30 drawn one by one."
        ),
        "†": _("† One village only, or in an open wave one day only: no interval."),
        "**": _("** Wide interval: read with care."),
    }[sign]
