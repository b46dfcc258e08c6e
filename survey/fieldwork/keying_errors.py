"""How often keying goes wrong, from the forms that two people keyed: by who keyed, and by item.

A field is wrong where it isn't what became the answer: what both typed, or what a third person found on the paper.
An error that two people make alike stays unseen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from analysis.keying import ErrorRate, error_rates
from forms import Item
from survey.fieldwork import double_entry, keying, sheet_locks
from survey.fieldwork.double_entry import SCAN
from survey.fieldwork.sheet_locks import FIRST, SECOND, SETTLED
from survey.storage.models import Batch, Keying, Sheet, SheetState, Wave
from survey.waves import questionnaires
from translations.formats import order


@dataclass(frozen=True)
class Errors:
    """The error rates of a wave.

    forms     keyed twice and stored, of which `settled` differed somewhere
    waiting   chosen to be keyed twice, keyed once so far
    disputed  keyed twice, and nobody has settled yet what differs. While there is one no rate is told: the forms
              that agree are stored first, and alone they err less
    everyone  over all keyings; None as long as there is no such form
    keyers    by name, in Vietnamese order; the name is empty for what was scanned
    items     of the head and the questions, the highest rate first
    """

    forms: int
    settled: int
    waiting: int
    disputed: int
    everyone: ErrorRate | None
    keyers: list[tuple[str, ErrorRate]]
    items: list[tuple[Item, ErrorRate]]

    def apart(self, rates: Iterable[tuple[object, ErrorRate]]) -> bool:
        """Whether one of these can be told from all together: the rate of all lies outside its interval."""
        all_of_them = self.everyone.rate if self.everyone else None
        return all_of_them is not None and any(
            rate.low is not None and rate.high is not None and not rate.low <= all_of_them <= rate.high
            for _of, rate in rates
        )


def gather(session: Session, wave: Wave) -> Errors:
    """The error rates of the forms of a wave that were keyed twice and are stored."""
    keyings: dict[str, dict[int, Keying]] = {}
    rows = select(Keying).join(Sheet, Sheet.serial == Keying.sheet).join(Batch, Batch.code == Sheet.batch)
    query = rows.where(Batch.wave == wave.code, Sheet.double, Sheet.state == SheetState.ENTERED)
    for row in session.scalars(query):
        keyings.setdefault(row.sheet, {})[row.turn] = row
    twice = {sheet: turns for sheet, turns in keyings.items() if SECOND in turns}
    questionnaire = questionnaires.by_digest(session, wave.questionnaire)
    items = [item for part in keying.parts(questionnaire) for item in part.items if not item.kind.is_text]
    forms, who, wrong, fields = [], [], [], []
    by_item: dict[tuple[str, str], list[int]] = {}
    for sheet, turns in twice.items():
        final = turns[max(turns)].typed
        for turn in (FIRST, SECOND):
            row = turns[turn]
            errors = _compared(row.typed, final)
            forms.append(sheet)
            who.append(row.keyer if row.source != SCAN else "")
            wrong.append(sum(errors.values()))
            fields.append(len(errors))
            for code, differs in errors.items():
                counts = by_item.setdefault((code, sheet), [0, 0])
                counts[0] += differs
                counts[1] += 1
    disputed = len(double_entry.to_settle(session, [wave.code]))
    told = twice and not disputed
    return Errors(
        forms=len(twice),
        settled=sum(SETTLED in turns for turns in twice.values()),
        waiting=_waiting(session, wave),
        disputed=disputed,
        everyone=error_rates(wrong, fields, forms)[0] if told else None,
        keyers=_by_keyer(wrong, fields, forms, who) if told else [],
        items=_by_item(items, by_item) if told else [],
    )


def _compared(typed: Mapping[str, str], final: Mapping[str, str]) -> dict[str, bool]:
    """Whether each field of a form differs from what became the answer; what was not asked is as blank."""
    nothing = keying.NOTHING
    return {code: typed.get(code, nothing) != final.get(code, nothing) for code in dict.fromkeys([*final, *typed])}


def _by_keyer(
    wrong: list[int], fields: list[int], forms: list[str], who: list[str]
) -> list[tuple[str, ErrorRate]]:
    names = sorted(set(who), key=order)
    number = {name: place for place, name in enumerate(names)}
    rates = error_rates(wrong, fields, forms, [number[name] for name in who], groups=range(len(names)))
    return list(zip(names, rates, strict=True))


def _by_item(questions: list[Item], counts: Mapping[tuple[str, str], list[int]]) -> list[tuple[Item, ErrorRate]]:
    wrong, fields = zip(*counts.values(), strict=True)
    codes, forms = zip(*counts, strict=True)
    groups = [item.code for item in questions if item.code in set(codes)]
    rates = error_rates(wrong, fields, forms, codes, groups=groups)
    items = {item.code: item for item in questions}
    pairs = [(items[str(rate.group)], rate) for rate in rates]
    return sorted(pairs, key=lambda one: -(one[1].rate or 0))


def _waiting(session: Session, wave: Wave) -> int:
    """The forms whose second keying is still to come."""
    first, second = aliased(Keying), aliased(Keying)
    rows = (
        select(Sheet.serial)
        .join(Batch, Batch.code == Sheet.batch)
        .join(first, (first.sheet == Sheet.serial) & (first.turn == FIRST))
        .outerjoin(second, (second.sheet == Sheet.serial) & (second.turn == SECOND))
        .where(Batch.wave == wave.code, Sheet.state == SheetState.WAITING, Sheet.double, second.id.is_(None))
        .where(~sheet_locks.is_asked_again())
    )
    return len(list(session.scalars(rows)))
