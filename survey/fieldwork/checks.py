"""What is looked for in every response that staff brought in. A finding accuses nobody: it says which form to
look at again.

Findings tell no level and no choice that a person gave; who looks at a form goes by its paper.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session

from analysis.design import Bools, Floats, Ints, Labels, code
from analysis.patterns import fence, longest_run, nearest
from forms import Item, Questionnaire
from forms import quality as rules
from survey.fieldwork import near_duplicates, reviews
from survey.responses import form_counts
from survey.responses.columns import Ids, packed, places, read_ids, unpacked
from survey.responses.respondents import Respondents, everyone
from survey.storage.models import Batch, Sheet, Wave
from survey.system.cache import cached
from translations import N_

CHECKS: dict[str, str] = {
    "straight": N_("One level throughout"),
    "alike": N_("Nearly the same as another form"),
    "blank": N_("Many questions left blank"),
    "contradiction": N_("Answers that do not fit together"),
    "quick": N_("Filled too fast"),
    "same": N_("The same button throughout"),
}
MARKS = ("quick", "same")  # what the form itself noticed

LONG = 10  # a run is looked for where so many items on one scale stand together and were answered
STRAIGHT = 0.9  # of these, the share in one run
BLANK = 0.2  # of the items asked: AAPOR's usual bound of a complete interview
ALIKE = 0.85  # Kuriakose & Robbins 2016; critics: Simmons, Mercer, Schwarzer & Kennedy 2016
A_SHEET, A_FORM = 250, 400  # bytes of one in memory
COMPARED = 30  # with fewer items forms resemble each other by chance; then the rule of `near_duplicates` holds


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found in a form.

    part, whole  straight: items in the run, and answered; blank: items left blank, and asked; else 0
    share        alike: equal answers with the nearest form; else None
    other        alike: that form
    rule         contradiction: its code in the questionnaire
    """

    check: str
    part: int = 0
    whole: int = 0
    share: float | None = None
    other: UUID | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """The sheet that a response was keyed from, its batch, and who had the batch; None if there is none."""

    serial: str | None = None
    batch: str | None = None
    interviewer: str | None = None


NO_PAPER = Paper()


@dataclass(frozen=True, slots=True)
class CheckedResponse:
    """A response as somebody who reviews it may know it: where it came from, and the paper to fetch."""

    id: UUID
    unit: str
    psu: str | None
    mode: str
    paper: Paper
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Inspection:
    """The N responses of a wave with what was found in them.

    Most of them nobody ever asks for, so each is a row of arrays until somebody does.

    ids     (N,) sorted
    sheet   (N,) which of the sheets a response was keyed from; −1 for none
    limit   the share of equal answers from which on two forms are listed
    usual   quartiles of the share of equal answers with the nearest form; None if nobody could be compared
    """

    ids: Ids
    unit: Labels
    psu: Labels
    mode: Labels
    sheet: Ints
    sheets: list[Paper]
    findings: dict[int, list[Finding]]  # by row
    limit: float
    usual: tuple[float, float, float] | None

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def nbytes(self) -> int:
        """The memory that it takes."""
        arrays = (self.ids, self.unit.codes, self.psu.codes, self.mode.codes, self.sheet)
        return sum(array.nbytes for array in arrays) + A_SHEET * len(self.sheets) + A_FORM * len(self.findings)

    def found(self) -> list[CheckedResponse]:
        """Those in which some check found something."""
        return self._at(sorted(self.findings))

    def of(self, ids: Collection[UUID]) -> list[CheckedResponse]:
        """Those of these responses that are of this wave."""
        rows = places(packed(list(ids)), self.ids)
        return self._at(rows[rows >= 0].tolist())

    def named(self, name: str) -> list[CheckedResponse]:
        """Those keyed from the sheet or batch of this name, and those whose id begins with these 8 digits."""
        sheets = [place for place, sheet in enumerate(self.sheets) if name in (sheet.serial, sheet.batch)]
        listed = np.isin(self.sheet, sheets)
        if re.fullmatch("[0-9a-f]{8}", name):
            listed |= self.ids.astype("S4") == bytes.fromhex(name).rstrip(b"\0")
        return self._at(np.flatnonzero(listed).tolist())

    def _at(self, rows: list[int]) -> list[CheckedResponse]:
        papers = [NO_PAPER if place < 0 else self.sheets[place] for place in self.sheet[rows].tolist()]
        findings = [tuple(self.findings.get(row, ())) for row in rows]
        labels = self.unit[rows], self.psu[rows], self.mode[rows]
        return list(map(CheckedResponse, unpacked(self.ids[rows]), *labels, papers, findings))


def _state(session: Session, wave: Wave) -> tuple[object, ...]:
    """Responses never change; the paper they came on may still be joined to them, and batches be handed over."""
    joined = select(func.count()).where(
        Sheet.batch == Batch.code, Batch.wave == wave.code, Sheet.response.is_not(None)
    )
    handed = select(Batch.code, Batch.interviewer).where(Batch.wave == wave.code).order_by(Batch.code)
    given = hash(tuple(tuple(row) for row in session.execute(handed)))
    return *form_counts.state(session, wave.code), session.scalar(joined), given


@cached(_state)
def inspect(session: Session, wave: Wave) -> Inspection:
    """Runs all checks on the responses of a wave that staff brought in, outside the sample and rejected too.

    Of what people sent alone nothing is compared or named."""
    people = everyone(session, wave, reviews.REVIEWED)
    ids = people.responses.ids[people.rows]
    keyed, sheets = _sheets(session, wave)
    sheet = places(ids, keyed)
    asked_by = code([paper.interviewer for paper in sheets])
    share, other, limit = alike(people, Labels(asked_by.levels, np.append(asked_by.codes, -1)[sheet]))
    findings: dict[int, list[Finding]] = {}
    for row, finding in _findings(people, share, other, limit):
        findings.setdefault(row, []).append(finding)
    known = share[np.isfinite(share)]
    first, middle, third = np.quantile(known, [0.25, 0.5, 0.75]) if len(known) else (np.nan,) * 3
    usual = (float(first), float(middle), float(third)) if len(known) else None
    return Inspection(ids, people.unit, people.psu, people.mode, sheet, sheets, findings, limit, usual)


def _sheets(session: Session, wave: Wave) -> tuple[Ids, list[Paper]]:
    """The responses of a wave that were keyed from a sheet, sorted, and these sheets."""
    rows = session.execute(
        select(cast(Sheet.response, String), Sheet.serial, Sheet.batch, Batch.interviewer)
        .join(Batch, Batch.code == Sheet.batch)
        .where(Batch.wave == wave.code, Sheet.response.is_not(None))
        .order_by(Sheet.response)
    ).all()
    return read_ids([row[0] for row in rows]), [Paper(*row[1:]) for row in rows]


def _findings(people: Respondents, share: Floats, other: Ints, limit: float) -> Iterator[tuple[int, Finding]]:
    """(row, finding), check by check."""
    for items in blocks(people.questionnaire):
        run, answered = longest_run(_codes(people, items))
        for row in np.flatnonzero((answered >= LONG) & (run >= STRAIGHT * answered)).tolist():
            yield row, Finding("straight", int(run[row]), int(answered[row]))
    listed = np.flatnonzero(share >= limit)
    nearest_ids = unpacked(people.responses.ids[people.rows[other[listed]]])
    for row, own, id in zip(listed.tolist(), share[listed].tolist(), nearest_ids, strict=True):
        yield row, Finding("alike", share=own, other=id)
    asked, left = blanks(people)
    for row in np.flatnonzero(left > BLANK * asked).tolist():
        yield row, Finding("blank", int(left[row]), int(asked[row]))
    for rule in rules.of(people.questionnaire).contradictions:
        for row in np.flatnonzero(people.holding(rule.when)).tolist():
            yield row, Finding("contradiction", rule=rule.code)
    for mark in MARKS:
        for row in np.flatnonzero(people.marked([mark])).tolist():
            yield row, Finding(mark)


def blocks(questionnaire: Questionnaire) -> list[list[Item]]:
    """The items that stand on one page and have one scale, at least ten of them, in the order of the form."""
    found: dict[tuple[str, tuple[int, ...]], list[Item]] = {}
    for item in questionnaire.items.values():
        if item.kind.is_scale:
            found.setdefault((item.page, tuple(item.choices)), []).append(item)
    return [items for items in found.values() if len(items) >= LONG]


def _codes(people: Respondents, items: list[Item]) -> Any:
    """(N, K) the levels, 0 where there is none; a choice that is no answer (98, 99) is none."""
    table = np.zeros((len(items), len(people)), np.int32)
    for line, item in zip(table, items, strict=True):
        column = people.answers(item)
        valid = column.any_of(item, item.valid)
        line[valid] = column.codes[valid] + 1
    return table.T


def blanks(people: Respondents) -> tuple[Any, Any]:
    """(N,) items asked, and of these left blank; texts are not counted, "don't know" is an answer."""
    asked, given = np.zeros(len(people), np.int64), np.zeros(len(people), np.int64)
    for item in people.questionnaire.items.values():
        if item.kind.is_estimated:
            column = people.answers(item)
            asked += column.asked
            given += column.given
    return asked, asked - given


def alike(people: Respondents, asked_by: Labels) -> tuple[Floats, Ints, float]:
    """(N,) share of equal answers with the nearest form of the same village or interviewer, that form, and the
    share from which on a form is listed.

    A fixed 85% lists hundreds of honest forms where most people are satisfied, so what is usual in the wave counts
    too: at least 85%, and above the fence of the box plot of all forms. Copies without a difference are always
    listed. With fewer than 30 such questions, and in an open wave, the rule of `near_duplicates` holds instead.
    """
    codes = near_duplicates.codes(people)
    if codes.shape[1] < COMPARED or people.wave.kind == "open":
        share, other = near_duplicates.nearest_of(people)
        return share, other, near_duplicates.ALIKE
    share, other = nearest(codes, people.psu, COMPARED)
    by_person, theirs = nearest(codes, asked_by, COMPARED)
    better: Bools = np.nan_to_num(by_person, nan=-1) > np.nan_to_num(share, nan=-1)
    share, other = np.where(better, by_person, share), np.where(better, theirs, other)
    limit = np.nanmax([ALIKE, fence(share)])
    return share, other, float(min(limit, 1.0))
