"""What the reports say of people's own words: counts by theme, and the paraphrases that were released."""

from __future__ import annotations

from survey.reports.structure import LEFT, Block, Column, Paragraph, Row, Table
from survey.results import wording
from survey.results.remarks import ThemeCounts
from translations import gettext as _
from translations.formats import percent


def blocks(own: ThemeCounts, unread: int) -> list[Block]:
    """One place's themes as a table, its paraphrases below. `unread`: remarks of the province not read yet."""
    first = Paragraph(wording.written(own, unread))
    if own.mark == "hidden":
        return [first]
    rows = tuple(
        Row(
            (
                str(line.name),
                wording.counted(line.count, line.mark),
                "–" if line.share is None else percent(line.share, 0),
            )
        )
        for line in own.lines
    )
    columns = (
        Column(_("Theme"), 56, LEFT),
        Column(_("People who wrote about it"), 22),
        Column(_("Of those who wrote"), 22),
    )
    table = Table(_("What was written about, by theme"), columns, rows, tuple(wording.of_remarks()))
    paragraphs = [
        Paragraph(f"- {line.name}: {' '.join(line.paraphrases)}") for line in own.lines if line.paraphrases
    ]
    if paragraphs:
        paragraphs.insert(0, Paragraph(_("In short, without names:"), leads=True))
    return [first, table, *paragraphs]
