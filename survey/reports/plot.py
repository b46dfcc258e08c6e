"""The interval plot of a report as one picture in black: SVG for PDF, and through it PNG for Word."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, Template

from analysis import Estimate
from analysis.contrast import Group
from survey.pdf import pictures, typeface
from survey.reports.structure import Figure
from survey.results import charts, wording

TEMPLATES = Path(__file__).parent.parent / "pdf" / "templates" / "report"
DOTS = 3  # of the picture for each of the drawing: 200 to the inch on the page


@dataclass(frozen=True)
class Line:
    """A row: its name, the drawing of its record, the record in words, and its word of `verdicts`."""

    label: str
    whisker: charts.Whisker
    reading: str
    verdict: Group | None


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("plot.svg")


def svg(figure: Figure) -> str:
    """The picture with its labels as text, in the typeface of the report."""
    family, _folder = typeface.typeface()
    records = [record for _label, record, _verdict in figure.lines if not wording.is_hidden(record)]
    scale = charts.scale(records, figure.whole, figure.name)
    lines = [
        Line(
            label,
            charts.NOTHING if wording.is_hidden(record) else scale.whisker(record),
            _reading(record),
            verdict,
        )
        for label, record, verdict in figure.lines
    ]
    return _template().render(scale=scale, lines=lines, family=family, caption=figure.caption, alt=figure.alt)


def _reading(record: Estimate) -> str:
    """Figure and interval; the figure alone where there is none, for the row has no whisker either."""
    return wording.cell(record, 1) if wording.has_interval(record) else wording.figure(record, 1)


def png(figure: Figure) -> bytes:
    """The same picture as dots, for what takes no SVG."""
    return pictures.png(svg(figure), DOTS)
