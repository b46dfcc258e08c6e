"""The report as PDF, signable."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from survey.pdf import signature, typesetting
from survey.reports.structure import Blank, Block, Heading, Report, Table
from translations import gettext as _

TEMPLATE = "report/report.typ"


def write(report: Report, day: date) -> bytes:
    """The report as a file whose own date is `day`, that of the data: the same data make the same bytes."""
    parts = {"blocks": report.blocks, "annex": report.annex}
    values = {**asdict(report), "title": report.title} | {
        name: [_block(block) for block in blocks if not isinstance(block, Blank) or block.dotted]
        for name, blocks in parts.items()
    }
    content = typesetting.pdf(TEMPLATE, values, day)
    return signature.with_field(content, report.signatory, _("Signature of the director"))


def _block(block: Block) -> dict[str, Any]:
    """A block with its kind, and what it reads as."""
    told = {"kind": type(block).__name__.lower(), **asdict(block)}
    if isinstance(block, Heading):
        return {**told, "text": block.whole}
    if isinstance(block, Table):
        numbered = _("Table %(no)s. ", no=block.number) + block.caption if block.number else block.caption
        return {**told, "short": block.short, "caption": numbered}
    return told
