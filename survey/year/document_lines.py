"""A line of the year's document: one figure, duty or case, with its source or its interval."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from translations import N_
from translations import gettext as _

SECTIONS = ("indices", "lost", "survey", "papi", "done", "cases", "targets", "method")
# Parts that the country knows by name; another is called by its number, or by what its note says.
NAMES = {
    ("SIPAS", "neutral_or_worse"): N_("Neutral or not satisfied"),
    ("SIPAS", "C5=3"): N_("Many officials harass people"),
    ("SIPAS", "C6=3"): N_("Many people must pay outside the rules"),
    ("PAPI", "1"): N_("Participation at local levels"),
    ("PAPI", "2"): N_("Transparency"),
    ("PAPI", "3"): N_("Accountability towards citizens"),
    ("PAPI", "4"): N_("Control of corruption in the public sector"),
    ("PAPI", "5"): N_("Public administrative procedures"),
    ("PAPI", "6"): N_("Public service delivery"),
    ("PAPI", "7"): N_("Environmental governance"),
    ("PAPI", "8"): N_("E-governance"),
}


@dataclass(frozen=True)
class Line:
    """One record of the document, in one language.

    key       a measure, a duty's code or a case
    unit      what value, low, high, max, previous and change are counted in
    low, high of an estimate of one's own; a figure that others published has none
    office    the code of the unit that answers for it
    state     how far it is, or whose value it is: official, assessed, self, measured …
    note      words that go with it wherever it stands, and no field of its record: a reply, a caution
    """

    section: str
    key: str
    label: str
    value: float | None = None
    unit: str = ""
    low: float | None = None
    high: float | None = None
    max: float | None = None
    previous: float | None = None
    change: float | None = None
    rank: int | None = None
    of: int | None = None
    office: str | None = None
    head: str = ""
    deadline: date | None = None
    state: str = ""
    source: str = ""
    flags: tuple[str, ...] = ()
    note: str = ""

    @property
    def lost(self) -> float | None:
        """The points that a part could have had more."""
        return None if self.value is None or self.max is None else round(self.max - self.value, 12)

    @property
    def share(self) -> float | None:
        """Of its ceiling."""
        return None if self.value is None or not self.max else self.value / self.max

    @property
    def mark(self) -> str:
        """Whose value it is: `published` by others, `own`, or a `target`; never in one column."""
        if self.key.partition(":")[0] in ("published", "group", "rank") or self.state == "official":
            return "published"
        return "target" if self.section == "targets" and self.office and self.value is not None else "own"

    def record(self) -> dict[str, Any]:
        """Exactly `FIELDS`, as JSON has them."""
        values = {name: getattr(self, name) for name in FIELDS}
        return values | {
            "deadline": self.deadline.isoformat() if self.deadline else None,
            "flags": list(self.flags),
        }


FIELDS = tuple(field.name for field in fields(Line) if field.name != "note")


def of_record(record: dict[str, Any]) -> Line:
    """The line of a record with its note, as it was stored."""
    day = record["deadline"]
    values = {"deadline": date.fromisoformat(day) if day else None, "flags": tuple(record["flags"])}
    return Line(**(record | values))


def index_name(index: str) -> str:
    """PAR_INDEX is written PAR INDEX."""
    return index.replace("_", " ")


def part_name(index: str, part: str, note: str = "") -> str:
    """A part of a published index in words: its number, and what it is called."""
    known = NAMES.get((index, part))
    words = _(known) if known else note
    number = part if part[:1].isdigit() else ""
    return " ".join(filter(None, (number, words))) or part
