"""Weights of a wave, in versions: a version never changes, and one of them is the current one."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, insert, literal, select
from sqlalchemy.orm import Session, aliased

from survey import waves
from survey.models import Wave, Weight, WeightVersion


class NewWeights:
    """A new version of a wave's weights, made when the first weight differs from the current one."""

    def __init__(self, session: Session, wave: Wave, source: str) -> None:
        self.session, self.wave, self.source = session, wave, source
        self.version: WeightVersion | None = None

    def add(self, weights: dict[UUID, float]) -> None:
        """Notes the weights of some responses; those that hold already change nothing."""
        rows = self.session.execute(
            select(Weight.response, Weight.weight).where(
                Weight.version == self.wave.weights, Weight.response.in_(weights)
            )
        )
        current = {row.response: row.weight for row in rows}
        changed = {id: weight for id, weight in weights.items() if current.get(id) != weight}
        if not changed:
            return
        if self.version is None:
            last = self.session.scalar(
                select(func.max(WeightVersion.version)).where(WeightVersion.wave == self.wave.code)
            )
            self.version = WeightVersion(
                wave=self.wave.code, version=(last or 0) + 1, made=waves.today(), source=self.source
            )
            self.session.add(self.version)
            self.session.flush()
        self.session.connection().execute(
            insert(Weight.__table__),  # type: ignore[arg-type]
            [{"version": self.version.id, "response": id, "weight": weight} for id, weight in changed.items()],
        )

    def keep(self) -> int | None:
        """Fills the new version up from the current one and makes it current; its number, if there is one."""
        if self.version is None:
            return None
        new = aliased(Weight)
        self.session.execute(
            insert(Weight).from_select(
                ["version", "response", "weight"],
                select(literal(self.version.id), Weight.response, Weight.weight).where(
                    Weight.version == self.wave.weights,
                    ~select(new.response)
                    .where(new.version == self.version.id, new.response == Weight.response)
                    .exists(),
                ),
            )
        )
        self.wave.weights = self.version.id
        return self.version.version
