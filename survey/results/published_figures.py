"""Figures that others have published, cited with their sources: they lie beside the own ones, without an interval.

The ministry's SIPAS and a province's own survey are two surveys and never one series. Figures from before 2022
were found by another method and are left out.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from translations import language

SHIPPED = Path(__file__).parent / "published_figures.csv"
# What of a questionnaire a published figure stands beside.
INDEX = "SIPAS"


@dataclass(frozen=True)
class Published:
    """A figure as it was published. `value`: a fraction; `rank`: among the 63 provinces, where it was given."""

    year: int
    place: str
    index: str
    value: float
    rank: int | None
    source: str
    notes: tuple[str, str]

    @property
    def note(self) -> str:
        """What must be known of it, in the language of the moment; empty where nothing must."""
        return self.notes[language() == "en"]


def beside(measure: str) -> tuple[Published, ...]:
    """The published figures that stand beside a measure of ours, the newest first; none beside most."""
    indicator = INDEX if measure == "index" else measure
    return tuple(one for one in _all() if one.index == indicator)


@cache
def _all() -> tuple[Published, ...]:
    with open(SHIPPED, encoding="utf-8", newline="") as file:
        figures = [
            Published(
                year=int(row["year"]),
                place=row["place"],
                index=row["index"],
                value=float(row["value"]) / 100,
                rank=int(row["rank"]) if row["rank"] else None,
                source=row["source"],
                notes=(row["note_vi"], row["note_en"]),
            )
            for row in csv.DictReader(file)
        ]
    return tuple(sorted(figures, key=lambda one: (-one.year, one.place)))
