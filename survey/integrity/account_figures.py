"""The province's first figure as it is released, and what it would be with the forms that were set aside."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from uuid import UUID

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis import Estimate
from analysis.design import Bools, Labels
from survey.integrity import effects
from survey.responses import lot_steps
from survey.responses.columns import packed, places
from survey.responses.respondents import Respondents, of, sample
from survey.results import disclosure, result_table
from survey.storage.models import Release, Response, Review, ReviewState, Wave

FEWEST = 5  # forms of which two published figures may tell the difference


def both(session: Session, wave: Wave, release: Release) -> tuple[Estimate | None, Estimate | None]:
    """The figure of a release, and that of the release with the lots set aside that it leaves out.

    Whoever takes one off the other is left with what these forms say. So a lot is counted only if the sample has 5
    forms of it, whatever becomes of single ones later: two accounts of a release differ by whole lots. The second
    is None where there is no such lot, or where a table of these forms alone would hide the figure.
    """
    people = sample(session, wave, release)
    item = effects.first(people.questionnaire)
    if item is None or not len(people):
        return None, None
    counted = result_table.table(session, people, items=[item], released=True)[0]
    more = _with_aside(session, wave, release, people)
    if disclosure.is_marked(counted) or more is None:
        return _plain(counted), None
    frozen = np.frombuffer(release.responses, "S16")
    if _too_alike(more, places(more.responses.ids[more.rows], frozen) < 0, item):
        return _plain(counted), None
    whole = result_table.table(session, more, items=[item], released=True)[0]
    return _plain(counted), None if disclosure.is_marked(whole) else _plain(whole)


def _with_aside(session: Session, wave: Wave, release: Release, people: Respondents) -> Respondents | None:
    """The sample of a release with the lots that it leaves out; None without such a lot."""
    frozen, gone = np.frombuffer(release.responses, "S16"), set_aside(session, wave, release)
    if not gone:
        return None
    more = of(session, people.wave, np.sort(np.concatenate([frozen, packed(list(gone))])))
    count = Counter(gone[id] for id in more.ids if id in gone)
    kept = [id for id, lot in gone.items() if count[lot] >= FEWEST]
    return of(session, people.wave, np.sort(np.concatenate([frozen, packed(kept)]))) if kept else None


def set_aside(session: Session, wave: Wave, release: Release) -> dict[UUID, int]:
    """The forms that are set aside and that the release leaves out, with their lots, but for imports taken back;
    those rejected in a review of an earlier day would not count anyway, and no later review moves this."""
    lots = lot_steps.aside(session, wave.code) - lot_steps.recalled(session, wave.code)
    query = select(Response.id, Response.lot).where(Response.wave == wave.code, Response.lot.in_(lots))
    found = {id: lot or 0 for id, lot in session.execute(query.order_by(Response.id))}
    reviews = select(Review.response, Review.state).where(Review.wave == wave.code, Review.day < release.frozen)
    newest = dict(session.execute(reviews.order_by(Review.id)).all())
    out = places(packed(list(found)), np.frombuffer(release.responses, "S16")) < 0
    return {
        id: lot
        for (id, lot), outside in zip(found.items(), out.tolist(), strict=True)
        if outside and newest.get(id) is not ReviewState.REJECTED
    }


def _too_alike(people: Respondents, who: Bools, item: str) -> bool:
    """Whether a table of these people alone would hide the figure; the index is of all its questions together."""
    if item == "index":
        return False
    whole = Labels(["all"], np.zeros(len(people), np.int64))
    return bool(disclosure.hidden_in(people, who, whole))


def _plain(record: Estimate) -> Estimate:
    return Estimate(**{one.name: getattr(record, one.name) for one in fields(Estimate)})
