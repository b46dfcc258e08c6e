"""A tile for each commune, placed near its neighbours: the map of a province that has loaded no boundaries.

A file says where each commune stands on a grid, and where water has a name. Quảng Ninh's is shipped; another
province loads its own (`hailong map tiles FILE.csv`). A grid that lacks a commune is no map of these communes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from analysis import Estimate
from analysis.contrast import Group
from survey.results import wording
from survey.storage.models import Unit
from survey.system import settings
from survey.waves import units
from translations import Refusal
from translations.formats import nfc

SHIPPED = Path(__file__).parent / "tiles.csv"
FILE = "tiles.csv"
COLUMNS = ("code", "name", "column", "row")
WIDEST, LARGEST = 40, 1_000_000  # tiles in a row or column; bytes
CORNER = 5, 4  # columns and rows in the north-west that are free where a legend has room


@dataclass(frozen=True)
class Place:
    """A place of the grid: a commune's, or one of water that has a name, or neither."""

    code: str | None = None
    sea: str = ""


@dataclass(frozen=True)
class Grid:
    """The places row by row, from north to south, each from west to east. `corner`: none is taken in the
    north-west, so a legend has room there."""

    rows: tuple[tuple[Place, ...], ...]
    corner: bool

    @property
    def codes(self) -> frozenset[str]:
        """The communes that have a tile."""
        return frozenset(place.code for row in self.rows for place in row if place.code)


@dataclass(frozen=True)
class Tile:
    """What a tile says of its commune, in the language of the moment.

    figure  as short as a tile is narrow          whole   the same in full
    limits  its interval, empty where there is none to show
    group   of `verdicts`, and its `words`; `bad`: what is above, or rises, should be rare
    link    where it leads; None: nowhere
    """

    code: str
    name: str
    figure: str
    whole: str
    limits: str
    group: Group | None
    words: str
    bad: bool = False
    link: str | None = None


def tile(
    unit: Unit, record: Estimate, group: Group | None, words: str = "", bad: bool = False, link: str | None = None
) -> Tile:
    """A commune's tile for one of its figures.

    group, words  its verdict, against the rest or since the wave before
    """
    limits = "" if record.high is None and record.low is None else wording.limits(record, 1)
    whole = wording.figure(record, 1)
    return Tile(unit.code, unit.name, wording.short(record), whole, limits, group, words, bad, link)


def grid(communes: Iterable[str]) -> Grid | None:
    """The grid for these communes: the province's own, else the shipped one; None where a commune has no place."""
    own = settings.data_folder() / FILE
    path = own if own.exists() else SHIPPED
    found = _kept(path, path.stat().st_mtime_ns)
    return found if set(communes) <= found.codes else None


def load(path: Path, communes: Iterable[Unit]) -> int:
    """Keeps a grid in the data folder; gives how many communes it has.

    A CSV file: code, name, column, row, both counted from 1 in the north-west; a line without a code names water.
    Refused where a commune is missing, strange, there twice or on another's place, or the file is none.
    """
    if path.stat().st_size > LARGEST:
        raise Refusal("The file is larger than 1 MB: it is no grid of communes.")
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    found = read(text)
    names = {unit.code: unit.name for unit in communes}
    if strange := sorted(found.codes - names.keys()):
        raise Refusal("There is no commune with these codes: %(codes)s.", codes=", ".join(strange[:10]))
    if missing := sorted(names[code] for code in names.keys() - found.codes):
        raise Refusal("These communes are missing: %(names)s.", names=", ".join(missing[:10]))
    target = settings.data_folder() / FILE
    draft = target.with_suffix(".draft")
    draft.write_text(text, encoding="utf-8")
    draft.rename(target)
    return len(found.codes)


def read(text: str) -> Grid:
    """The grid of a file; refused with the number of the first line that can't be placed."""
    rows = csv.DictReader(io.StringIO(text, newline=""))
    if tuple(rows.fieldnames or ()) != COLUMNS:
        raise Refusal("The file needs these columns: %(columns)s.", columns=", ".join(COLUMNS))
    places: dict[tuple[int, int], Place] = {}
    codes: set[str] = set()
    for number, row in enumerate(rows, 2):
        code = units.settled((row["code"] or "").strip())
        at = _count(row["column"]), _count(row["row"])
        if 0 in at or at in places or code in codes:
            raise Refusal(
                "Row %(row)s: each commune stands once, on a place of its own, in columns and rows counted from 1 "
                "to %(most)s.",
                row=number,
                most=WIDEST,
            )
        codes |= {code} - {""}
        places[at] = Place(code) if code else Place(sea=nfc((row["name"] or "").strip()))
    width, height = (max((at[side] for at in places), default=0) for side in (0, 1))
    corner = not any(column <= CORNER[0] and row <= CORNER[1] for column, row in places)
    empty = Place()
    rows_ = (tuple(places.get((x, y), empty) for x in range(1, width + 1)) for y in range(1, height + 1))
    return Grid(tuple(rows_), corner)


def _count(text: str | None) -> int:
    """A place in a row or column; 0 for what is none."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdecimal() and 1 <= int(text[:4]) <= WIDEST else 0


@lru_cache(maxsize=2)
def _kept(path: Path, _changed: int) -> Grid:
    return read(path.read_text(encoding="utf-8-sig"))
