"""The card of a release: the picture that stands beside its address where somebody shares it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from textwrap import wrap

from jinja2 import Environment, FileSystemLoader, Template

from survey.pdf import pictures, typeface
from survey.results import wording
from survey.results.summary import Summary
from translations import gettext as _

TEMPLATES = Path(__file__).parent.parent / "pdf" / "templates" / "chart"
LARGE, SMALL = (34, 3, 60), (46, 4, 45)  # letters of a line, lines, height of a letter
TEXT = 88  # letters of a line


def write(summary: Summary, finding: str, asked: str) -> bytes:
    """The picture, 1200 by 630 dots: the finding, the index with interval and base, and who was asked."""
    index = summary.index
    letters, lines, size = LARGE if len(wrap(finding, LARGE[0])) <= LARGE[1] else SMALL
    return pictures.png(
        _template().render(
            family=typeface.typeface()[0],
            place=_("Survey of %(province)s", province=summary.province.name),
            finding=wrap(finding, letters)[:lines],
            size=size,
            figure=wording.figure(index.estimate, 1) if index else "",
            beside=wrap(f"{index.label}: {wording.sentence(index.estimate, 1)}", 56)[:2] if index else [],
            asked=wrap(asked, TEXT)[:2],
            made_up=_("Demonstration data: these are not real results.") if summary.wave.simulated else "",
        ),
        1,
    )


@cache
def _template() -> Template:
    return Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    ).get_template("card.svg")
