"""How far the answers of phúc tra agree with the first ones: computed once, then nothing leads to a household."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.agreement import agreement, pooled
from forms import Item
from survey.fieldwork import reinterviews
from survey.storage.models import Agreement, Batch, Reinterview, Response, Sheet
from survey.system.dates import today
from survey.waves import questionnaires, waves
from translations import Refusal

NO_ANSWER = -1  # no item has this code


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
            "asked": sum(one.person is not None for one in every),
            "forms": len(pairs),
            **_figures(items, pairs),
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


Pair = tuple[Mapping[str, Any], Mapping[str, Any], str]


def _pairs(session: Session, wave: str) -> list[Pair]:
    """First answers, second answers and the interviewer's name ("" where none is noted) of the forms with both."""
    rows = session.execute(
        select(Response.answers, Reinterview.answers, Batch.interviewer)
        .join(Sheet, Sheet.response == Response.id)
        .join(Reinterview, Reinterview.sheet == Sheet.serial)
        .join(Batch, Batch.code == Sheet.batch)
        .where(Reinterview.wave == wave)
        .order_by(Sheet.serial)
    )
    return [(first, second, name or "") for first, second, name in rows if second]


def _figures(items: list[Item], pairs: list[Pair]) -> dict[str, Any]:
    first, second = _codes(items, [pair[0] for pair in pairs]), _codes(items, [pair[1] for pair in pairs])
    of_items = []
    for place, item in enumerate(items):
        figures = agreement(first[:, place], second[:, place], item.valid, weighted=item.kind.is_scale)
        of_items.append({"item": item.code, "weighted": item.kind.is_scale} | _plain(asdict(figures)))
    people = pooled(first, second, [item.valid for item in items], [pair[2] for pair in pairs])
    return {"items": of_items, "interviewers": [_plain(asdict(one)) for one in people]}


def _codes(items: list[Item], answers: list[Mapping[str, Any]]) -> Any:
    """(N, K) the codes that were answered."""
    return np.array([[one.get(item.code, NO_ANSWER) for item in items] for one in answers], np.int64)


def _plain(figures: dict[str, Any]) -> dict[str, Any]:
    """As JSON can hold it: what is no number is null."""
    return {
        name: None if isinstance(value, float) and not np.isfinite(value) else value
        for name, value in figures.items()
    }
