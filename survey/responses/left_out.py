"""The responses of a wave that enter no figure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.design import Bools
from survey.responses import form_counts, lot_steps
from survey.responses.columns import Ids, packed, places
from survey.storage.models import KeyingDecision, Response, Review


@dataclass(frozen=True)
class LeftOut:
    """Responses of a wave that enter no figure: rejected in the review, and others whose lots are set aside.

    replaced  those of them that are of no household of their own: of a file that was taken back, whose people came
              with the corrected one, and what was stored of a form before it was keyed again or void
    """

    rejected: set[UUID]
    aside: set[UUID]
    replaced: set[UUID]

    @property
    def all(self) -> set[UUID]:
        return self.rejected | self.aside

    def among(self, ids: Ids) -> Bools:
        """(N,) which of these it holds."""
        return are_in(ids, self.all)

    @property
    def counts(self) -> tuple[int, int]:
        """How many forms that came were rejected, and how many set aside."""
        return len(self.rejected - self.replaced), len(self.aside - self.replaced)


def are_in(ids: Ids, forms: set[UUID]) -> Bools:
    """(N,) which ids are those of `forms`."""
    return places(ids, np.sort(packed(list(forms)))) >= 0


def left_out(session: Session, wave: str, lots: frozenset[int] | None = None) -> LeftOut:
    """The responses of a wave that enter no figure now.

    lots  those set aside instead of the ones that are
    """
    numbers = lot_steps.aside(session, wave) if lots is None else lots
    gone = rejected(session, wave)
    aside = _in_lots(session, wave, numbers) - gone
    again = {one for one in session.scalars(select(KeyingDecision.response)) if one is not None}
    taken_back = _in_lots(session, wave, lot_steps.recalled(session, wave))
    return LeftOut(gone, aside, (taken_back | again) & (gone | aside))


def _in_lots(session: Session, wave: str, lots: Collection[int]) -> set[UUID]:
    inside = select(Response.id).where(Response.wave == wave, Response.lot.in_(lots))
    return set(session.scalars(inside)) if lots else set()


def rejected(session: Session, wave: str) -> set[UUID]:
    """The responses of a wave whose newest review rejects them."""
    return set(session.scalars(select(Review.response).where(Review.wave == wave, form_counts.rejects())))
