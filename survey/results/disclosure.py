"""Which records of a wave must be hidden, and what is left of them when they are released."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from analysis import Estimate
from analysis.design import Bools, Labels
from analysis.disclosure import FEWEST, Mark, hidden_for_itself
from survey.responses.respondents import Respondents
from survey.results.answer_counts import Domains, count_answers
from survey.results.breakdowns import TOGETHER, grouped
from survey.results.hidden_tables import Earlier, HiddenTables, decide, delicate, of_groups
from survey.storage.models import Wave, WaveKind
from translations import Refusal

GRAVEST_LAST = ("under_3", "hidden_with", "hidden")


def refuse(people: Respondents, by: Sequence[str]) -> None:
    """Refuses a table that is never released: of people grouped by a delicate question."""
    for column in by:
        item = people.questionnaire.items.get(column)
        if item is not None and item.sensitive:
            raise Refusal(
                "Nobody is grouped by what they answered to a delicate question. Group by something else than "
                "%(item)s.",
                item=column,
            )


def declared(wave: Wave, by: Sequence[str]) -> bool:
    """Whether a table may leave the house; any other is for Home Affairs alone, noted and not to be passed on.

    Declared are the province, and tables by commune, by stratum and, in a sample wave, by way of answering: two
    groupings of the same people that are hidden each for itself could be taken off each other, and an open wave's
    newer answers come in together by commune alone.
    """
    tables = TOGETHER if wave.kind is WaveKind.OPEN else (*TOGETHER, "mode")
    return len(by) <= 1 and set(by) <= set(tables)


def _gravest(
    people: Respondents, together: HiddenTables, codes: Iterable[str]
) -> dict[tuple[str, str | None, Any], Mark]:
    """The gravest mark of a value, and of all values of an item, in a domain."""
    gravest: dict[tuple[str, str | None, Any], Mark] = {}
    for code in codes:
        shown = decide(together, code).table
        for count, mark in zip(shown.figures, shown.marks, strict=True):
            for key in ((code, count.value, count.domain), (code, None, count.domain)):
                if mark is not None and GRAVEST_LAST.index(mark) >= GRAVEST_LAST.index(gravest.get(key, mark)):
                    gravest[key] = mark
    return gravest


def marks(
    session: Session,
    people: Respondents,
    asked: Iterable[tuple[str, str | None]],
    by: Sequence[str],
    tables: Mapping[str, Domains],
) -> dict[tuple[str, str | None, Any], Mark]:
    """The figures, as item, value and domain, of which something must be withheld.

    The whole table of an item decides, with all its values, whatever part of it was asked for: so two questions
    never give away together what each hides. Communes and strata are hidden as one table, for one may be the sum
    of several others. A set of values with one that is not shown is hidden, with what would be left of it. A part
    of the index is shown where all its items are, so that it tells nothing beside them: neither in this release
    nor taken off another one.

    asked   items with the values asked for, as they stand after `=`
    by      what the figures are grouped by; nothing for the whole province
    tables  the domains of `by`, and where these are communes or strata of each of both, by `grouped`
    """
    asked = list(asked)
    index = people.questionnaire.index
    pools = index.codes() if index else {}
    of_index = pools["index"] if any(item in pools for item, _value in asked) else ()
    codes = dict.fromkeys((*of_index, *(item for item, _value in asked if item not in pools)))
    own = grouped(by)
    together = of_groups(session, people, by)
    gravest = _gravest(people, together, codes)

    def worst(item: str, value: str | None, own_domain: Any) -> Mark | None:
        domain = together.both.called(own, own_domain)
        if item in pools:
            if all((code, None, domain) not in gravest for code in pools[item]):
                return None
            many = _answered(people, pools[item], tables.get(own), own_domain)
            return "hidden" if many < FEWEST else "hidden_with"
        values = [None] if value is None else value.split(",")
        own_marks = [gravest[key] for one in values if (key := (item, one, domain)) in gravest]
        mark = max(own_marks, key=GRAVEST_LAST.index, default=None)
        # "Under 3" and the shown cases of the other values: neither their sum nor its limit may be known.
        return "hidden_with" if mark == "under_3" and len(values) > 1 else mark

    domains = tables[own].wanted if tables else [None]
    few = _few(people, tables.get(own))
    return {
        (item, value, domain): mark
        for item, value in asked
        for domain in domains
        if (mark := worst(item, value, domain) or ("hidden" if domain in few else None)) is not None
    }


def _few(people: Respondents, where: Domains | None) -> set[Any]:
    """The domains, or None for the whole province, of so few people that nobody may know what they left blank."""
    if where is None:
        return {None} if 0 < len(people) < FEWEST else set()
    labels = where.labels
    counts = np.bincount(labels.codes[labels.codes >= 0], minlength=len(labels.levels))
    return {label for label, count in zip(labels.levels, counts.tolist(), strict=True) if 0 < count < FEWEST}


def _answered(people: Respondents, items: Iterable[str], where: Domains | None, domain: Any) -> int:
    """How many people of a domain, or of the whole province, answered any of these items of the index."""
    answered = np.zeros(len(people), bool)
    for item in (people.questionnaire.items[code] for code in items):
        answered |= people.answers(item).any_of(item, item.valid)
    if where is not None:
        answered &= where.labels.having(domain)
    return people.persons(answered)


def exposed(session: Session, people: Respondents) -> set[tuple[str, Any]]:
    """The groups, as column and label, of which the declared tables of a sample and of those that were released
    before it tell together what one of them withholds."""
    items = [item.code for item in people.questionnaire.items.values() if item.kind.is_estimated]
    found: set[tuple[str, Any]] = set()
    for column in ("unit", "mode"):
        if not declared(people.wave, [column]):
            continue
        together = of_groups(session, people, [column])
        for label in set[Any]().union(*(decide(together, code).exposed for code in items)):
            domain = label.domain if isinstance(label, Earlier) else label
            found.add(domain if column in TOGETHER else (column, domain))
    return found


def hidden_in(people: Respondents, who: Bools, groups: Labels) -> set[tuple[str, str]]:
    """The items and groups of which a table of these people alone (N,) would have to hide the figure."""
    labels = Labels(groups.levels, np.where(who, groups.codes, -1))
    where = Domains(labels, list(labels.levels))
    items = [item.code for item in people.questionnaire.items.values() if item.kind.is_estimated]
    counts = count_answers(people, items, where)
    places = hidden_for_itself(counts, *delicate(people.questionnaire))
    return {(counts[place].item, counts[place].domain) for place in places}


def released(record: Estimate) -> Estimate:
    """The record as everybody may see it: a hidden one has lost its figures, n among them, and what else its
    flags would tell; one or two cases keep their upper limit alone, which is that of two."""
    kept = tuple(flag for flag in record.flags if flag in (*GRAVEST_LAST, "not_a_sample"))
    nothing: dict[str, Any] = {"estimate": None, "standard_error": None, "low": None, "deff": None, "n_eff": None}
    if "hidden" in kept or "hidden_with" in kept:
        gone: dict[str, Any] = {"high": None, "n": None, "df": None, "events": 0, "weight_sum": 0.0}
        return replace(record, **nothing, **gone, flags=kept)
    if "under_3" in kept:
        return replace(record, **nothing, events=0, flags=kept)
    return record


def waiting(record: Estimate) -> Estimate:
    """The record of a commune of which a release holds nothing: whether none, few or many forms of it wait isn't
    told, so that it says the same of all of them, and never that nobody answered."""
    kept = tuple(flag for flag in record.flags if flag == "not_a_sample")
    return replace(released(replace(record, flags=("hidden",))), flags=(*kept, "waits"))


def not_sampled(record: Estimate) -> Estimate:
    """The record of a commune in which nobody could come into the sample: it says that, and nothing of answers."""
    return replace(released(record), flags=("not_sampled",))


def is_marked(record: Estimate) -> bool:
    """Whether something of the record is withheld when it is released."""
    return not set(GRAVEST_LAST).isdisjoint(record.flags)


def hidden_with(record: Estimate) -> Estimate:
    """A released record hidden after all, so that another one can't be subtracted out of it."""
    return released(replace(record, flags=(*(set(record.flags) - set(GRAVEST_LAST)), "hidden_with")))
