"""The responses of a wave that enter no figure."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.design import Bools
from survey.responses import form_counts, lot_steps
from survey.responses.columns import Ids, packed, places
from survey.storage.models import Response, Review


@dataclass(frozen=True)
class LeftOut:
    """Responses of a wave that enter no figure: rejected in the review, and others whose lots are set aside."""

    rejected: set[UUID]
    aside: set[UUID]

    @property
    def all(self) -> set[UUID]:
        return self.rejected | self.aside

    def among(self, ids: Ids) -> Bools:
        """(N,) which of these it holds."""
        return places(ids, np.sort(packed(list(self.all)))) >= 0


def left_out(session: Session, wave: str, lots: frozenset[int] | None = None) -> LeftOut:
    """The responses of a wave that enter no figure now.

    lots  those set aside instead of the ones that are
    """
    numbers = lot_steps.aside(session, wave) if lots is None else lots
    gone = rejected(session, wave)
    inside = select(Response.id).where(Response.wave == wave, Response.lot.in_(numbers))
    return LeftOut(gone, set(session.scalars(inside)) - gone if numbers else set())


def rejected(session: Session, wave: str) -> set[UUID]:
    """The responses of a wave whose newest review rejects them."""
    return set(session.scalars(select(Review.response).where(Review.wave == wave, form_counts.rejects())))
