"""Typesetting: a template as PDF, tagged for screen readers (PDF/UA-1) and fit for an archive (PDF/A-2a)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import typst

from survey.pdf import typeface
from translations import Refusal

TEMPLATES = Path(__file__).parent / "templates"
DRAWINGS = Path(__file__).parent.parent / "web" / "templates"
STANDARDS: list[Any] = ["ua-1", "a-2a"]
# The colours of the drawings that the pages have too; paper is always light.
COLOURS = """<style>
.sun { fill: #f5b82e } .far { fill: #c9dad6 } .mid { fill: #7fa9a6 } .near { fill: #1f5b63 }
.water { fill: #dcebe8 } .sail { fill: #8a3a12 } .hull { fill: #1b2124 }
.ripple { fill: none; stroke: #7fa9a6; stroke-width: 1.5 }
</style>"""


def pdf(template: str, values: Mapping[str, Any], day: date) -> bytes:
    """A file whose own date is `day`: the same values make the same bytes.

    template  its path in `templates/`; it finds the values, as JSON, in its input `given`

    Refused where the typeface is missing, or lacks a sign of a text: an official PDF never falls back to another.
    """
    family, folder = typeface.typeface()
    try:
        made: bytes = typst.compile(
            TEMPLATES / template,
            root=TEMPLATES,
            font_paths=[folder],
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={"given": json.dumps(values), "family": family},
            pdf_standards=STANDARDS,
            timestamp=datetime.combine(day, time(), UTC),
        )
    except typst.TypstError as error:
        if "could not be displayed" not in error.message:
            raise
        raise Refusal(
            "The typeface has no sign for a character (%(reason)s). Correct the name it stands in.",
            reason=error.message,
        ) from error
    return made


def drawing(name: str, ink: str) -> str:
    """A drawing of the pages as an SVG of its own."""
    svg = (DRAWINGS / name).read_text(encoding="utf-8").replace("currentColor", ink)
    tag, rest = svg.split(">", 1)
    return f'{tag} xmlns="http://www.w3.org/2000/svg">{COLOURS}{rest}'
