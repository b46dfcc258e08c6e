"""Page: how the ways of answering differ, once the people who chose them are made alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from survey.accounts.accounts import Right
from survey.results import mode_differences
from survey.results.summary import Summary
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.staff.blueprint import pages
from survey.web.staff.figures import figures_of, keys
from survey.web.staff.sorting import Sorting
from translations import N_
from translations import gettext as _
from translations.formats import order

WORDS = {"gioi_tinh": N_("sex"), "do_tuoi": N_("age group"), "unit": N_("commune")}


KEYS: Mapping[str, Callable[[mode_differences.Line], Any]] = {
    "ten": lambda line: order(line.name),
    "thu-nhat": lambda line: line.first.estimate,
    "kia": lambda line: line.other.estimate,
    "khac": lambda line: line.difference and line.difference.estimate,
}


@pages.page(
    "/<wave>/cach-tra-loi",
    Right.RESULTS,
    endpoint="modes",
    figures=True,
    tab=Tab(3, N_("By way of answering"), "staff.changes"),
)
def by_mode(wave: str) -> ResponseReturnValue:
    """The index, its parts and the headlines by way of answering. `xep`: by which column they are sorted."""
    summary, people = figures_of(wave)
    with database().reading() as session:
        differences = mode_differences.compare(session, people, measures(summary)) if len(people) else []
    return render_template(
        "staff/modes.html",
        summary=summary,
        wave=summary.wave,
        differences=differences,
        sorting=Sorting.asked(KEYS),
        alike=alike,
        keys=keys_of,
    )


def keys_of(pair: mode_differences.Compared) -> list[str]:
    """What stands under the table of a pair."""
    return keys(record for line in pair.lines for record in (line.first, line.other))


def alike(pair: mode_differences.Compared) -> list[str]:
    """By what people were made alike, in words."""
    return [_(WORDS[name]) for name in pair.alike]


def measures(summary: Summary) -> list[str]:
    """What is compared: the index with its parts, and the headlines."""
    index = summary.questionnaire.index
    headlines = [f"{line.item}={line.value}" for line in summary.questionnaire.headlines]
    return [*(index.codes() if index else ()), *headlines]
