"""How far the answers of phúc tra agree with the first ones: computed once, then nothing leads to a household."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.agreement import agreement, pooled
from forms import Item
from survey.fieldwork import reinterviews
from survey.storage.models import Agreement, Batch, Reinterview, ReinterviewSample, Response, Sheet
from survey.system.dates import today
from survey.waves import questionnaires, waves
from translations import Refusal

NO_ANSWER = -1  # no item has this code
LEAST_TOLD = 5  # forms drawn for a pattern: of fewer the agreement is not told


def compute(session: Session, wave: str) -> Agreement:
    """Computes the agreement from the forms that have both answers, keeps the figures, and destroys the rest.
    Rejected forms count: that the second answers differ may be why they were rejected. Call inside `writing()`."""
    stored = waves.find(session, wave, lock=True)
    reinterviews.refuse_when_over(session, stored)
    pairs = _pairs(session, wave)
    if not pairs:
        raise Refusal(
            "No form has both its first and its second answers yet. Key the forms and enter what was asked again."
        )
    items = [item for _page, item in reinterviews.again(questionnaires.by_digest(session, stored.questionnaire))]
    every = reinterviews.chosen(session, wave)
    row = Agreement(
        wave=wave,
        made=today(),
        figures={
            "chosen": len(every),
            "asked": sum(one.answered for one in every),
            "forms": len(pairs),
            **_figures(items, pairs, _samples(session, wave)),
        },
    )
    session.add(row)
    reinterviews.destroy(session, wave)
    session.flush()
    return row


def newest(session: Session, wave: str) -> Agreement | None:
    """The figures of a wave, None before they are computed."""
    rows = select(Agreement).where(Agreement.wave == wave).order_by(Agreement.id.desc()).limit(1)
    return session.scalars(rows).first()


Pair = tuple[Mapping[str, Any], Mapping[str, Any], str, str]


def _pairs(session: Session, wave: str) -> list[Pair]:
    """First answers, second answers, the interviewer's name ("" where none is noted) and the number of the forms
    with both."""
    rows = session.execute(
        select(Response.answers, Reinterview.answers, Batch.interviewer, Sheet.serial)
        .join(Sheet, Sheet.response == Response.id)
        .join(Reinterview, Reinterview.sheet == Sheet.serial)
        .join(Batch, Batch.code == Sheet.batch)
        .where(Reinterview.wave == wave)
        .order_by(Sheet.serial)
    )
    return [(first, second, name or "", serial) for first, second, name, serial in rows if second]


def _figures(items: list[Item], pairs: list[Pair], samples: Mapping[str, set[str]]) -> dict[str, Any]:
    first, second = _codes(items, [pair[0] for pair in pairs]), _codes(items, [pair[1] for pair in pairs])
    of_items = []
    for place, item in enumerate(items):
        figures = agreement(first[:, place], second[:, place], item.valid, weighted=item.kind.is_scale)
        of_items.append({"item": item.code, "weighted": item.kind.is_scale} | _plain(asdict(figures)))
    people = pooled(first, second, [item.valid for item in items], [pair[2] for pair in pairs])
    levels = [item.valid for item in items]
    of_samples = [_of_sample(first, second, levels, pairs, *one) for one in samples.items()]
    return {
        "items": of_items,
        "interviewers": [_plain(asdict(one)) for one in people],
        "samples": [_plain(one) for one in of_samples if one],
    }


def _of_sample(
    first: Any, second: Any, levels: Sequence[Sequence[int]], pairs: list[Pair], subject: str, sheets: set[str]
) -> dict[str, Any]:
    """The agreement of the forms drawn for a pattern; of fewer than 5 only how many they are."""
    inside = [serial in sheets for *_answers, serial in pairs]
    found = {one.domain: one for one in pooled(first, second, levels, ["in" if one else "out" for one in inside])}
    if not any(inside):
        return {}
    own, others = found.get("in"), found.get("out")
    told = {"subject": subject, "drawn": len(sheets), "forms": sum(inside)}
    if own is None or sum(inside) < LEAST_TOLD:
        return told
    return told | {
        "pairs": own.pairs,
        "equal": own.equal,
        "equal_low": own.equal_low,
        "equal_high": own.equal_high,
        "others": None if others is None else others.equal,
    }


def _samples(session: Session, wave: str) -> dict[str, set[str]]:
    """The forms that were drawn for each pattern."""
    samples: dict[str, set[str]] = {}
    for one in session.scalars(select(ReinterviewSample).where(ReinterviewSample.wave == wave)):
        samples.setdefault(one.subject, set()).update(one.sheets)
    return samples


def _codes(items: list[Item], answers: list[Mapping[str, Any]]) -> Any:
    """(N, K) the codes that were answered."""
    return np.array([[one.get(item.code, NO_ANSWER) for item in items] for one in answers], np.int64)


def _plain(figures: dict[str, Any]) -> dict[str, Any]:
    """As JSON can hold it: what is no number is null."""
    return {
        name: None if isinstance(value, float) and not np.isfinite(value) else value
        for name, value in figures.items()
    }
