"""How an estimate is put into words, the same on every page and in every report.

Never a percentage without its base and interval, never a zero without its upper bound, never a certainty that
the design does not give. A record that was hidden by `results.release` has nothing left to print but a word.
"""

from __future__ import annotations

from analysis import Estimate
from translations import gettext as _
from translations.formats import interval, number, percent

HIDDEN = frozenset({"hidden", "hidden_with"})


def is_hidden(record: Estimate) -> bool:
    """Whether the record is not to be seen, for its own sake or to keep another from being subtracted out."""
    return bool(HIDDEN & set(record.flags))


def figure(record: Estimate, decimals: int = 2) -> str:
    """The estimate itself: 90,12%; "0 trên 111" where there was no case; a word where there is nothing to show."""
    if is_hidden(record):
        return _("hidden")
    if "under_3" in record.flags:
        return _("under 3 cases")
    if record.estimate is None:
        return _("no answer")
    if "none" in record.flags:
        return _("0 of %(n)s", n=number(record.n))
    if record.statistic in ("proportion", "index", "ratio"):
        return percent(record.estimate, decimals)
    return number(record.estimate, decimals)


def limits(record: Estimate, decimals: int = 2) -> str:
    """The interval for a table cell: 89,40–90,70; "nhiều nhất 3,3%" beside a zero; why there is none."""
    if is_hidden(record) or record.estimate is None and record.high is None:
        return "–"
    if record.low is None and record.high is not None or "none" in record.flags and record.high is not None:
        return _("at most %(high)s", high=percent(record.high, 1))
    if record.low is None or record.high is None:
        return _("too few for an interval")
    if record.statistic in ("proportion", "index", "ratio"):
        return interval(record.low, record.high, decimals)
    return f"{number(record.low, decimals)}–{number(record.high, decimals)}"


def sentence(record: Estimate, decimals: int = 2) -> str:
    """Figure, interval and base in one breath: "90,12% (khoảng tin cậy 95% từ 89,40 đến 90,70; 1.432 người)"."""
    if is_hidden(record):
        return _("hidden, because too few people answered")
    if record.estimate is None and record.high is None:
        return _("no answer")
    base = _("%(n)s people", n=number(record.n))
    if record.low is None and record.high is not None or "none" in record.flags and record.high is not None:
        return f"{figure(record)}, {limits(record)}"
    if record.low is None or record.high is None:
        return _("%(figure)s (too few for an interval; %(base)s)", figure=figure(record, decimals), base=base)
    name = (
        _("range of variation")
        if "not_a_sample" in record.flags
        else _("%(level)s confidence interval", level="95%")
    )
    return _(
        "%(figure)s (%(name)s from %(low)s to %(high)s; %(base)s)",
        figure=figure(record, decimals),
        name=name,
        low=number(100 * record.low, decimals),
        high=number(100 * record.high, decimals),
        base=base,
    )


def interval_name(record_or_flags: Estimate | tuple[str, ...]) -> str:
    """What the two limits are called: an open wave has no design, so its limits are no confidence interval."""
    flags = record_or_flags if isinstance(record_or_flags, tuple) else record_or_flags.flags
    return _("Range of variation") if "not_a_sample" in flags else _("Confidence interval %(level)s", level="95%")


def remark(record: Estimate) -> str:
    """Why a figure is to be read with care; empty where there is no reason."""
    if "hidden" in record.flags:
        return _("hidden: too few answers")
    if "hidden_with" in record.flags:
        return _("hidden so that another figure can't be worked out")
    if "few" in record.flags:
        return _("few: fewer than 30 answers")
    if "no_interval" in record.flags:
        return _("one village only: no interval")
    if "wide" in record.flags:
        return _("wide interval: read with care")
    return ""
