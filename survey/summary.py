"""What the overview page and the report say of a wave: one set of figures for both.

A `Summary` holds records of `results`, already released, and the counts and names around them. Pages and formats
print it and compute nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from analysis import Estimate
from forms import Questionnaire, Rule
from survey.models import Unit, Wave


@dataclass(frozen=True)
class Line:
    """A named figure: an item, a factor, an area, a value of an item."""

    code: str
    label: str
    estimate: Estimate


@dataclass(frozen=True)
class Headline:
    """A sensitive item, every value of it, with what its blanks could do to the one that matters.

    values        one line a value, in the order of the form
    asked         people in the sample who were asked; `answered` of them gave a value
    blank         the weighted share of those asked who left it blank, 0…1; None where nobody was asked
    least, most   the weighted share of the value `worst` if no silent person, or every one, had given it
    """

    code: str
    title: str
    name: str  # what the value `worst` means, as a head of department would say it
    worst: int
    values: tuple[Line, ...]
    asked: int
    answered: int
    blank: float | None
    least: float | None
    most: float | None

    @property
    def line(self) -> Line:
        """The value that matters."""
        return next(line for line in self.values if line.code == str(self.worst))


@dataclass(frozen=True)
class UnitLine:
    """A commune: its index, and its line for each headline, in the order of `Summary.headlines`.

    standing  "above", "below" or "same" as the rest of the province, by the test corrected for all units;
              None where it can't be told (no interval)
    ranks     the first and last rank that the data allow; None where there is no index
    """

    unit: Unit
    index: Estimate
    headlines: tuple[Estimate, ...]
    standing: str | None
    ranks: tuple[int, int] | None


@dataclass(frozen=True)
class Collection:
    """What came back. `issued` is None while no paper was printed by the system."""

    issued: int | None
    collected: int
    in_sample: int
    outside: int
    modes: dict[str, int]
    units_reached: int
    villages: int
    strata: int


@dataclass(frozen=True)
class Summary:
    """All that is said of a wave. `index` is None for a questionnaire without one."""

    wave: Wave
    questionnaire: Questionnaire
    province: Unit
    rule: Rule | None
    draft: bool
    data_version: str  # SHA-256 of the data behind every figure, hex
    data_day: date  # the day on which the data were read
    weight_version: int | None
    collection: Collection
    index: Line | None
    areas: tuple[Line, ...]
    factors: tuple[Line, ...]
    items: tuple[Line, ...]
    headlines: tuple[Headline, ...]
    units: tuple[UnitLine, ...]
    records: tuple[Estimate, ...]  # every record behind the report, as `hailong report --format csv` prints them
    hidden: int  # how many of them are hidden
