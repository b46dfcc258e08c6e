"""The report as PDF, by Typst: tagged for screen readers (PDF/UA-1), fit for an archive (PDF/A-2a), signable."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import typst

from survey.report import fonts, plot, signature
from survey.report.structure import Block, Figure, Report, Table
from translations import Refusal
from translations import gettext as _

TEMPLATE = Path(__file__).parent.parent / "templates" / "report" / "report.typ"
STANDARDS: list[Any] = ["ua-1", "a-2a"]


def write(report: Report, day: date) -> bytes:
    """The report as a file whose own date is `day`, that of the data: the same data make the same bytes.

    Refused where the typeface is missing, or lacks a sign of a text: an official PDF never falls back to another.
    """
    family, folder = fonts.typeface()
    values = {**asdict(report), "title": report.title, "blocks": [_block(block) for block in report.blocks]}
    try:
        made: bytes = typst.compile(
            TEMPLATE,
            root=TEMPLATE.parent,
            font_paths=[folder],
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={"report": json.dumps(values), "family": family},
            pdf_standards=STANDARDS,
            timestamp=datetime.combine(day, time(), UTC),
        )
    except typst.TypstError as error:
        if "could not be displayed" not in error.message:
            raise
        raise Refusal(
            "The typeface of the report has no sign for a character (%(reason)s). Correct the name it stands in.",
            reason=error.message,
        ) from error
    return signature.with_field(made, report.signatory, _("Signature of the director"))


def _block(block: Block) -> dict[str, Any]:
    """A block with its kind; the figure drawn."""
    kind = type(block).__name__.lower()
    if isinstance(block, Figure):
        return {
            "kind": kind,
            "caption": block.caption,
            "alt": block.alt,
            "notes": block.notes,
            "svg": plot.svg(block),
        }
    if isinstance(block, Table):
        return {"kind": kind, **asdict(block), "short": block.short}
    return {"kind": kind, **asdict(block)}
