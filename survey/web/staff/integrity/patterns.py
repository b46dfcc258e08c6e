"""Page: patterns that people seldom make by themselves, what was looked at, and the next step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from survey.accounts.accounts import Right
from survey.fieldwork import reinterviews
from survey.integrity import (
    matter_words,
    matters,
    pattern_checks,
    pattern_list,
    pattern_words,
    patterns,
    reinterview_sample,
)
from survey.integrity.matters import Matter
from survey.integrity.patterns import Pattern
from survey.integrity.reinterview_sample import Progress
from survey.storage.models import Wave
from survey.system.cache import Busy
from survey.waves import waves
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.staff.blueprint import pages
from survey.web.staff.figures import shown_value
from survey.web.staff.integrity.matters import matter_key
from translations import N_, Refusal
from translations import gettext as _

MOST_SIGNS = 30  # that are listed one by one
MOST_HOUSEHOLDS = 1000  # of one draw


@dataclass(frozen=True)
class Sample:
    """Who of a pattern's group is asked again.

    told   how far that is, in sentences
    left   forms that could be drawn; size: how many are offered; precision: what so many tell
    """

    told: list[str]
    left: int
    size: int
    precision: str


@dataclass(frozen=True)
class PatternRow:
    """A pattern that passes: what was seen, how surely, what was decided of it, and who is asked again."""

    key: str
    title: str
    surety: str
    matter: Matter
    sample: Sample


@dataclass(frozen=True)
class PatternsAlike:
    """Patterns of one check and one kind of group on one side of what is usual, which have reasons in common."""

    name: str
    explanation: str
    next_step: str
    rows: list[PatternRow]


@dataclass(frozen=True)
class CheckLine:
    """A check: of how many groups it was made, kind by kind, how many are unusual, and how many only a sign."""

    name: str
    looked: str
    groups: list[str]
    tests: int
    passes: int
    signs: int


@pages.page("/<wave>/dau-hieu", Right.REVIEW, endpoint="patterns", tab=Tab(13, N_("Patterns")))
def pattern_page(wave: str) -> ResponseReturnValue:
    """The patterns that pass the corrected test with the next step, the signs, and what was looked at."""
    return _page(wave)


def _page(wave: str, fault: Refusal | None = None) -> ResponseReturnValue:
    told = pattern_list.ready(database(), wave)
    if told is None:
        raise Busy("The patterns are being counted just now. This page opens by itself in a few seconds.")
    looked = shown_value(told)
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        names = pattern_words.names(session, wave_row)
        found = _found(session, wave_row, looked.patterns, names)
    signs = looked.having("signs")
    return render_template(
        "staff/integrity_patterns.html",
        wave=wave_row,
        found=found,
        count=sum(len(one.rows) for one in found),
        states=matter_words.STATES,
        signs=[(pattern_words.title(one, names), pattern_words.surety(one)) for one in signs[:MOST_SIGNS]],
        more_signs=max(0, len(signs) - MOST_SIGNS),
        checks=check_lines(looked.patterns),
        tests=len(looked.patterns),
        people=looked.people,
        least=patterns.LEAST_PEOPLE,
        sign_words=pattern_words.SIGNS,
        fault=fault,
    ), fault.status if fault else 200


@pages.act("/<wave>/dau-hieu", Right.REVIEW, N_("Drew a re-interview sample"), tab="staff.patterns")
def draw_reinterviews(wave: str) -> ResponseReturnValue:
    """Draws households of a pattern's group that are asked again first."""
    subject, size = request.form.get("viec", ""), request.form.get("so-ho", "").strip()
    try:
        if not (size.isdecimal() and 0 < int(size) <= MOST_HOUSEHOLDS):
            raise Refusal("Give the number of households, in digits.")
        with database().reading() as session:  # what takes long is not done while nobody else can write
            pattern_list.look(session, waves.find(session, wave))
        with database().writing() as session:
            wave_row = waves.find(session, wave)
            drawn = reinterview_sample.draw(session, wave_row, subject, int(size), current_user.name)
            words = reinterview_sample.words(drawn, reinterview_sample.items(session, wave_row))
    except Refusal as refusal:
        return _page(wave, refusal)
    flash(words)
    return redirect(url_for(".patterns", wave=wave) + f"#{matter_key(subject)}", 303)


def _found(
    session: Session, wave: Wave, looked: Iterable[Pattern], names: Mapping[str, str]
) -> list[PatternsAlike]:
    """Those that pass, the strongest first."""
    samples, items = reinterview_sample.of_wave(session, wave), reinterview_sample.items(session, wave)
    over = wave.closed is not None or reinterviews.computed(session, wave.code)
    found: dict[tuple[str, str, bool], list[PatternRow]] = {}
    for one in matters.matters(session, wave, looked):
        about = one.about
        if isinstance(about, Pattern) and about.sign == "passes":
            row = PatternRow(
                matter_key(one.subject),
                pattern_words.title(about, names),
                pattern_words.surety(about),
                one,
                _sample(session, wave, about, samples.get(about.subject), 0 if over else items),
            )
            key = about.check.partition(":")[0], about.group_kind, about.seen > about.expected
            found.setdefault(key, []).append(row)
    return [_alike(rows) for rows in found.values()]


def _alike(rows: list[PatternRow]) -> PatternsAlike:
    every = [row.matter.about for row in rows if isinstance(row.matter.about, Pattern)]
    first, groups = every[0], len({one.group for one in every})
    return PatternsAlike(
        pattern_words.heading(first, groups),
        pattern_words.explanation(first),
        pattern_words.next_step(first),
        rows,
    )


def _sample(session: Session, wave: Wave, pattern: Pattern, progress: Progress | None, items: int) -> Sample:
    """`items`: how many questions are asked again; 0 where nobody is any more."""
    told = reinterview_sample.told(progress) if progress else []
    drawn = set(progress.sheets) if progress else set()
    left = len(set(reinterview_sample.eligible(session, wave, pattern)) - drawn) if items else 0
    size = min(left, reinterview_sample.needed(items))
    return Sample(told, left, size, reinterview_sample.precision(size, items) if size else "")


def check_lines(looked: Iterable[Pattern]) -> list[CheckLine]:
    """What was looked at, check by check, in the order in which they are told."""
    by_check: dict[str, list[Pattern]] = {}
    for one in looked:
        by_check.setdefault(one.check.partition(":")[0], []).append(one)
    lines = []
    for name, words in pattern_checks.CHECKS.items():
        of_check = by_check.get(name, [])
        groups = {
            kind: {one.group for one in of_check if one.group_kind == kind} for kind in pattern_words.COUNTED
        }
        lines.append(
            CheckLine(
                _(words.name),
                _(words.looked),
                [pattern_words.counted(kind, len(some)) for kind, some in groups.items() if some],
                len(of_check),
                sum(one.sign == "passes" for one in of_check),
                sum(one.sign == "signs" for one in of_check),
            )
        )
    return lines
