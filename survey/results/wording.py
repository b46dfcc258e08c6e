"""How an estimate is put into words, the same on every page and in every report.

Never a percentage without its base and interval, never a zero without its upper bound, never a certainty that
the design does not give. A record that was hidden by `results.release` has nothing left to print but a word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from math import ceil

from analysis import Difference, Estimate
from analysis.disclosure import FEWEST
from forms import Questionnaire, Rule
from survey.results.remarks import ThemeCounts
from translations import N_, formats, ngettext, phrases
from translations import gettext as _
from translations.formats import interval, number, percent, points

HIDDEN = frozenset({"hidden", "hidden_with", "waits"})
SHARES = ("proportion", "index", "ratio")
LEVEL = "95%"
# What is said of a figure, beside it and in the dictionary of the figures that are taken away.
REMARKS = {
    "hidden": N_("hidden: so few answered, or so much alike, that somebody's answer could be worked out"),
    "hidden_with": N_("hidden so that another hidden figure can't be worked out from it"),
    "waits": N_("not yet counted: too few forms for this release, so they wait for a later one"),
    "not_sampled": N_("not sampled here: the sample has no village in this commune"),
    "wide": N_("wide interval: read with care"),
}
FEW = 30  # people: below, a figure is marked


def counted(count: int | None, mark: str | None) -> str:
    """A count of people, or the word for one that is hidden."""
    if count is not None:
        return number(count)
    return _("under %(fewest)s", fewest=FEWEST) if mark == "hidden" else _("hidden")


def written(own: ThemeCounts, unread: int) -> str:
    """How many of a place's forms held a remark that was read, and how many of the wave still wait for it."""
    recipients = number(own.asked)
    if own.mark == "hidden":
        text = _(
            "Of %(asked)s fewer than %(fewest)s had a remark that was read, or none.",
            asked=phrases.forms(own.asked),
            fewest=FEWEST,
        )
    elif own.written is None:
        text = _("Of %(asked)s, it is hidden how many had a remark that was read.", asked=phrases.forms(own.asked))
    else:
        text = ngettext(
            "Of %(asked)s form, %(written)s had a remark that was read.",
            "Of %(asked)s forms, %(written)s held a remark that was read.",
            own.asked,
            asked=recipients,
            written=number(own.written),
        )
    if not unread:
        return text
    waiting = ngettext(
        "In the whole wave %(unread)s more was not read.",
        "In the whole wave %(unread)s more were not read.",
        unread,
        unread=number(unread),
    )
    return f"{text} {waiting}"


def of_remarks() -> list[str]:
    """What must be known of every count of remarks: that it is no estimate, and what is hidden."""
    return [
        _(
            "Not by the sample: whoever wanted to wrote something. These are counts of those who did, not "
            "estimates of everybody; one remark may be about several themes, and silence says nothing."
        ),
        _(
            "“Under %(fewest)s” includes none as well. Further counts are hidden where one of those could "
            "be worked out by subtraction, or where all who wrote wrote about the same.",
            fewest=FEWEST,
        ),
    ]


def is_hidden(record: Estimate) -> bool:
    """Whether the record is not to be seen, for its own sake or to keep another from being subtracted out."""
    return bool(HIDDEN & set(record.flags))


def waits(record: Estimate) -> bool:
    """Whether nothing of its commune is in the release, whose forms, if there are any, wait for the next one."""
    return "waits" in record.flags


def not_sampled(record: Estimate) -> bool:
    """Whether nobody of its commune could come into the sample."""
    return "not_sampled" in record.flags


def whole(reached: int, sampled: int, communes: int, of_communes: bool) -> str:
    """Whom the figures of all together are of: of the province, or of so many of its communes.

    reached  communes, of those `sampled`, that answers are from
    """
    if min(reached, sampled) >= communes:
        return _("the whole province")
    if reached < sampled:
        return _("the %(places)s whose answers count", places=units_reached(of_communes, reached, communes))
    return _("the %(sampled)s of %(all)s communes in the sample", sampled=number(sampled), all=number(communes))


def whole_head(reached: int, sampled: int, communes: int) -> str:
    """The same at the head of a column."""
    if min(reached, sampled) >= communes:
        return _("Province")
    return _("Where answered") if reached < sampled else _("In the sample")


def of_part(finding: str, reached: int, every: int, of_communes: bool) -> str:
    """A finding behind the communes or other units that it is of, where they are not all: "In 10 of 54 communes,
    …"."""
    if reached >= every:
        return finding
    return _(
        "In %(places)s, %(finding)s",
        places=units_reached(of_communes, reached, every),
        finding=finding[:1].lower() + finding[1:],
    )


def has_interval(record: Estimate) -> bool:
    """Whether both limits may be shown."""
    return not is_hidden(record) and record.low is not None and record.high is not None


def figure(record: Estimate, decimals: int = 2) -> str:
    """The estimate itself: 90,12%; "0 trên 111" where there was no case; a word where there is nothing to show."""
    if waits(record):
        return _("not yet counted")
    if not_sampled(record):
        return _("not sampled here")
    if is_hidden(record):
        return _("hidden")
    if "under_3" in record.flags:
        return _("under 3 cases")
    if record.estimate is None:
        return _("no answer")
    if "none" in record.flags:
        return _("0 of %(n)s", n=number(record.n))
    if "all" in record.flags:
        return _("%(n)s of %(n)s", n=number(record.n))
    return _value(record, record.estimate, decimals)


def short(record: Estimate) -> str:
    """The estimate where there is room for four digits: 82,6; 0/104; "ẩn"; its interval has to stand beside it."""
    if waits(record):
        return "…"
    if is_hidden(record):
        return _("hidden")
    if record.estimate is None:
        return _("under %(fewest)s", fewest=3) if "under_3" in record.flags else "–"
    if {"none", "all"} & set(record.flags):
        return f"{number(0 if 'none' in record.flags else record.n)}/{number(record.n)}"
    return number(100 * record.estimate if record.statistic in SHARES else record.estimate, 1)


def limits(record: Estimate, decimals: int = 2) -> str:
    """The interval for a table cell: 89,40–90,70; "nhiều nhất 3,3%" beside a zero; why there is none."""
    return _limits(record, decimals, "{}–{}")


def bracket(record: Estimate, decimals: int = 2) -> str:
    """The interval as a report writes it: [89,40; 90,70]."""
    return _limits(record, decimals, "[{}; {}]")


def cell(record: Estimate, decimals: int = 2) -> str:
    """Figure and interval as a report writes them: 90,12% [89,40; 90,70]; "0 trên 111, nhiều nhất 3,3%"; the bare
    word where there is nothing to show."""
    text = figure(record, decimals)
    if is_hidden(record) or record.estimate is None and record.high is None:
        return text
    if not has_interval(record) and not is_bounded(record):
        return f"{text} ({bracket(record, decimals)})"
    return f"{text}{', ' if is_bounded(record) else ' '}{bracket(record, decimals)}"


def sentence(record: Estimate, decimals: int = 2) -> str:
    """Figure, interval and base in one breath: "90,12% (khoảng tin cậy 95% từ 89,40 đến 90,70; 1.432 người)"."""
    if is_hidden(record):
        return remark(record)
    if record.estimate is None and record.high is None:
        return figure(record)
    base_ = people(record.n)
    values = {"figure": figure(record, decimals), "name": _interval(record.flags), "base": base_}
    if is_bounded(record):
        text = f"{figure(record, decimals)}, {limits(record, decimals)}"
        return text if {"none", "all"} & set(record.flags) else f"{text} ({base_})"
    if not has_interval(record):
        return _("%(figure)s (too few for an interval; %(base)s)", figure=figure(record, decimals), base=base_)
    low, high = limits(record, decimals).split("–")
    return _("%(figure)s (%(name)s from %(low)s to %(high)s; %(base)s)", low=low, high=high, **values)


def rest(
    record: Estimate,
    rule: Rule | None,
    questionnaire: Questionnaire,
    told: Callable[[Estimate], str] = cell,
) -> str:
    """The other side of an index that is a share: the answers at the levels that it doesn't count, by their names.
    Empty where the rule counts no share or the index has no two limits.

    told  how it is written: as in a report unless given
    """
    if rule is None or not rule.is_share or not has_interval(record) or {"none", "all"} & set(record.flags):
        return ""
    estimate, low, high = (1 - (limit or 0.0) for limit in (record.estimate, record.high, record.low))
    turned = replace(record, estimate=estimate, low=low, high=high)
    levels = dict.fromkeys(
        str(questionnaire.items[item].choices[level])
        for item, scores in rule.scores.items()
        for level, worth in sorted(scores.items(), reverse=True)
        if not worth
    )
    return _(
        "The other answers, %(figure)s: %(levels)s.",
        figure=told(turned),
        levels="; ".join(levels),
    )


def change(difference: Difference | None, decimals: int = 1) -> str:
    """A difference of two shares: +1,2 điểm %; a dash where there is none to tell."""
    return "–" if difference is None else points(difference.estimate, decimals)


def signed(difference: Difference | None, decimals: int = 1) -> str:
    """A difference of two shares in a column of points: +1,2; −8,9; a dash where there is none to tell."""
    if difference is None or difference.estimate is None:
        return "–"
    return formats.signed(100 * difference.estimate, decimals)


def change_limits(difference: Difference | None, decimals: int = 1) -> str:
    """The interval of a difference for a table cell, in points: −0,4 đến +2,8; why there is none."""
    if difference is None:
        return "–"
    if difference.low is None or difference.high is None:
        return _("too few for an interval")
    return _(
        "%(least)s to %(most)s",
        least=formats.signed(100 * difference.low, decimals),
        most=formats.signed(100 * difference.high, decimals),
    )


def nothing_yet() -> str:
    """What is so where no form counts yet, instead of that the figures are a draft."""
    return _("No form is counted yet, so there are no figures.")


def no_index() -> str:
    """What a survey without an index lacks, for whoever looks for it: that is no fault."""
    return _(
        "No question of this survey is counted in an index, so there is no headline figure, and communes are not "
        "compared with each other: each question stands for itself."
    )


def renamed(was: str) -> str:
    """What stands beside a question that had another code in an earlier wave."""
    return _("code changed from %(code)s", code=was)


def base(record: Estimate) -> str:
    """The number of people behind a figure, for a table cell: 1.432; a dash where it is hidden."""
    return "–" if is_hidden(record) or not_sampled(record) else number(record.n)


def counted_in(record: Estimate) -> str:
    """How many answered in a place that has no figure of its own, or the word for why that isn't told."""
    return figure(record) if is_hidden(record) or not_sampled(record) else number(record.n)


def people(n: int | None) -> str:
    """A base in words: "1.432 người"."""
    return phrases.people(n or 0)


def unit_head(of_communes: bool) -> str:
    """The head of a column of communes or other units."""
    return _("Commune or ward") if of_communes else _("Unit")


def units_counted(of_communes: bool, count: int) -> str:
    """So many communes or other units."""
    if of_communes:
        return phrases.communes(count)
    return phrases.units(count)


def units_reached(of_communes: bool, reached: int, every: int) -> str:
    """In how many of them somebody answered."""
    told = {"reached": number(reached), "all": number(every)}
    return (
        _("%(reached)s of %(all)s communes", **told) if of_communes else _("%(reached)s of %(all)s units", **told)
    )


def scored_head(rule: Rule | None) -> str:
    """The head of a column of an index and its items: what a figure is the share of."""
    return _("Satisfied") if rule is None or rule.is_share else _("Share of the maximum")


def content_head(rule: Rule | None) -> str:
    """The head of the names beside such a column."""
    return _("Satisfied with") if rule is None or rule.is_share else _("Content")


def interval_name(record_or_flags: Estimate | tuple[str, ...]) -> str:
    """What the two limits are called: an open wave has no design, so its limits are no confidence interval."""
    flags = record_or_flags if isinstance(record_or_flags, tuple) else record_or_flags.flags
    within = _interval(flags)
    return within[:1].upper() + within[1:]


def _interval(flags: tuple[str, ...]) -> str:
    """`interval_name` within a sentence."""
    return _("range of variation") if "not_a_sample" in flags else _("%(level)s confidence interval", level=LEVEL)


def whole_base(records: Iterable[Estimate], head: str) -> str:
    """How sure the figures of all together are in a column that gives them alone; empty where none has limits."""
    lines = [
        (record.n or 0, max(record.high - record.estimate, record.estimate - record.low), record)
        for record in records
        if record.estimate is not None
        and record.low is not None
        and record.high is not None
        and record.statistic in SHARES
    ]
    if not lines:
        return ""
    least, most = min(n for n, _furthest, _record in lines), max(n for n, _furthest, _record in lines)
    bases = {
        "whole": head,
        "least": number(least),
        "most": number(most),
        "people": phrases.people(most),
        "interval": _interval(lines[0][2].flags),
        # Rounded up, or a limit might lie a little further than is said.
        "points": number(ceil(round(1000 * max(furthest for _n, furthest, _record in lines), 6)) / 10, 1),
    }
    if least == most:
        return _(
            "%(whole)s: %(people)s answered each question; no limit of the %(interval)s is more than "
            "%(points)s points from its figure.",
            **bases,
        )
    return _(
        "%(whole)s: %(least)s to %(most)s people answered each question; no limit of the %(interval)s is more "
        "than %(points)s points from its figure.",
        **bases,
    )


def remark(record: Estimate) -> str:
    """Why a figure is to be read with care; empty where there is no reason."""
    if text := _of_flags(record, "waits", "not_sampled", "hidden", "hidden_with"):
        return text
    if "few" in record.flags and (record.n or 0) < FEW:
        return _("few: fewer than 30 answers")
    if "few" in record.flags:
        return _("few: tells no more than 30 people drawn one by one")
    if "no_interval" in record.flags:
        return (
            _("one day only: no range") if "not_a_sample" in record.flags else _("one village only: no interval")
        )
    return _of_flags(record, "wide")


def _of_flags(record: Estimate, *flags: str) -> str:
    """What is said of the first of these flags that the record bears; empty where it bears none."""
    flag = next((flag for flag in flags if flag in record.flags), None)
    return _(REMARKS[flag]) if flag else ""


def _value(record: Estimate, value: float, decimals: int) -> str:
    return percent(value, decimals) if record.statistic in SHARES else number(value, decimals)


def is_bounded(record: Estimate) -> bool:
    """Whether the figure is known from one side only: no case, all cases, or too few to be counted out."""
    if record.estimate is None or "none" in record.flags:
        return record.high is not None
    return "all" in record.flags and record.low is not None


def _limits(record: Estimate, decimals: int, form: str) -> str:
    if is_hidden(record) or record.estimate is None and record.high is None:
        return "–"
    if is_bounded(record):
        if "all" in record.flags:
            return _("at least %(low)s", low=_value(record, record.low or 0.0, 1))
        return _("at most %(high)s", high=_value(record, record.high or 0.0, 1))
    if record.low is None or record.high is None:
        return _("too few for an interval")
    if record.statistic in SHARES:
        return form.format(*interval(record.low, record.high, decimals).split("–"))
    return form.format(number(record.low, decimals), number(record.high, decimals))
