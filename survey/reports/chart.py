"""A chart of the pages as a file of its own, with title, base and source in it: SVG, and through it PNG.

It is drawn from the geometry that the page has (`charts`, `timeline`), so both show the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from textwrap import wrap
from typing import Any

from jinja2 import Environment, FileSystemLoader, Template

from analysis import Difference, Estimate
from analysis.contrast import Group
from survey.pdf import pictures, typeface
from survey.results import charts, commune_boundaries, standing_words, wording
from survey.results.charts import Scale
from survey.results.commune_tiles import Grid, Tile
from survey.results.timeline import Timeline
from translations import gettext as _

TEMPLATES = Path(__file__).parent.parent / "pdf" / "templates" / "chart"
WIDE = 960  # of the file, in dots
NAMES, PLOT = 300, 330  # of a row: its name, and the drawing
YEARS, YEARS_TALL = 640, 320
INNER, TILE_TALL, LEGEND = WIDE - 48, 58, 28
DOTS = 2  # of the PNG for each of the drawing
AXIS = 24
TITLE, TEXT, NOTE, NAME, KEY, TILE = 72, 118, 138, 38, 30, 10  # letters of a line
INDENT = {"factor": 12, "item": 24}
KINDS = {"svg": "image/svg+xml", "png": "image/png"}


@dataclass(frozen=True)
class Row:
    """A figure by its name. `level`: "area", "factor" or "item" of the index; `beside`: what it is compared with,
    where that is another figure for each row; `change`: since the wave before, where there is one to tell."""

    name: str
    record: Estimate
    standing: Group | None = None
    level: str = ""
    beside: Estimate | None = None
    change: Difference | None = None


@dataclass(frozen=True)
class Rows:
    """Figures on one scale, or their changes. `bad`: what is above should be rare."""

    scale: Scale
    rows: Sequence[Row]
    bad: bool = False
    of_change: bool = False


@dataclass(frozen=True)
class Years:
    """A figure over the years; `keys`: kind of mark -> what it is."""

    timeline: Timeline
    keys: Mapping[str, str]


@dataclass(frozen=True)
class Map:
    """Communes where they lie: by their boundaries where these are loaded, else on a grid.

    kinds  group, how many tiles are of it, what it means
    """

    tiles: Mapping[str, Tile]
    kinds: Sequence[tuple[Group, int, str]]
    grid: Grid | None
    outlines: commune_boundaries.Outlines | None
    bad: bool = False


@dataclass(frozen=True)
class Chart:
    """What stands in the file.

    about  whose figure it is, and the data that it is of
    notes  keys, base, source
    """

    title: str
    about: str
    drawing: Rows | Years | Map
    notes: Sequence[str]


def write(chart: Chart, kind: str) -> bytes:
    """The file: `svg` or `png`."""
    drawn = svg(chart)
    return drawn.encode() if kind == "svg" else pictures.png(drawn, DOTS)


def svg(chart: Chart) -> str:
    """The drawing in the language of the moment."""
    match chart.drawing:
        case Years() as years:
            name, values = _years(years)
        case Map() as communes:
            name, values = _map(communes)
        case Rows() as rows:
            name, values = _rows(rows)
    return _template(name).render(
        wide=WIDE,
        family=typeface.typeface()[0],
        title=wrap(chart.title, TITLE),
        about=wrap(chart.about, TEXT),
        notes=[line for note in chart.notes for line in wrap(note, NOTE)],
        **values,
    )


def _years(drawing: Years) -> tuple[str, dict[str, Any]]:
    keys = [{"kind": kind, "words": wrap(words, KEY)} for kind, words in drawing.keys.items()]
    return "years.svg", {"chart": drawing.timeline, "keys": keys, "plot": YEARS, "tall": YEARS_TALL}


def _map(drawing: Map) -> tuple[str, dict[str, Any]]:
    if drawing.outlines is not None:
        width, height = INNER, INNER * drawing.outlines.height / drawing.outlines.width
    else:
        rows = drawing.grid.rows if drawing.grid else ((),)
        width, height = INNER // max(len(rows[0]), 1), TILE_TALL * len(rows)
    kinds = [(*kind, index % 2 * INNER // 2, index // 2 * LEGEND) for index, kind in enumerate(drawing.kinds)]
    foot = round(height) + 16
    tall = foot + -(-len(kinds) // 2) * LEGEND
    values = {"map": drawing, "kinds": kinds, "width": width, "row": TILE_TALL, "foot": foot, "tall": tall}
    return "map.svg", {**values, "tone": standing_words.tone, "named": partial(wrap, width=TILE)}


def _rows(drawing: Rows) -> tuple[str, dict[str, Any]]:
    rows = _placed(drawing)
    tall = rows[-1]["bottom"] if rows else AXIS
    return "rows.svg", {"scale": drawing.scale, "rows": rows, "names": NAMES, "plot": PLOT, "tall": tall}


def _placed(drawing: Rows) -> list[dict[str, Any]]:
    """The rows from above, each as high as its name needs."""
    placed: list[dict[str, Any]] = []
    top = AXIS
    for row in drawing.rows:
        indent = INDENT.get(row.level, 0)
        name = wrap(row.name, NAME - indent // 7)
        bottom = top + max(24, 17 * len(name) + 8)
        drawn = row.change if drawing.of_change else None if wording.is_hidden(row.record) else row.record
        placed.append(
            {
                "name": name,
                "indent": indent,
                "strong": row.level == "area",
                "top": top,
                "bottom": bottom,
                "y": (top + bottom) / 2,
                "whisker": charts.NOTHING if drawn is None else drawing.scale.whisker(drawn),
                "beside": drawing.scale.whisker(row.beside).x if row.beside else None,
                "tone": standing_words.tone(row.standing, drawing.bad),
                "concluded": row.standing in ("above", "below"),
                "signs": row.standing in ("signs_above", "signs_below"),
                "reading": change_reading(row) if drawing.of_change else reading(row.record),
            }
        )
        top = bottom
    return placed


def reading(record: Estimate) -> str:
    """Figure, interval and base; the bare word where there is nothing to show."""
    parts = [wording.figure(record, 1), wording.limits(record, 1)]
    if record.n is not None and "none" not in record.flags:
        parts.append(wording.people(record.n))
    return " · ".join(part for part in parts if part != "–")


def change_reading(row: Row) -> str:
    """A change, its interval and the base of the present figure; the bare word where there is none to tell."""
    if row.change is None:
        return wording.figure(row.record, 1) if wording.is_hidden(row.record) else "–"
    points = _("%(amount)s points", amount=wording.signed(row.change))
    return " · ".join([points, wording.change_limits(row.change), wording.people(row.record.n)])


@cache
def _template(name: str) -> Template:
    return Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    ).get_template(name)
