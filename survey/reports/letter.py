"""A report as an official document: the head, the numbering, the foot (Nghị định 30/2020/NĐ-CP)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from survey.reports.structure import Block, Figure, Heading, Paragraph, Report, Table
from survey.results.summary import Summary
from translations import gettext as _
from translations import language
from translations.formats import official_day

ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")


def letter(
    summary: Summary,
    subject: tuple[str, ...],
    addressee: str,
    blocks: Sequence[Block],
    ending: str,
    copies: tuple[str, ...],
) -> Report:
    """The blocks of a report and its last sentence between head and foot, in the language of the moment."""
    return Report(
        language=language(),
        authority=_("People's Committee of %(province)s Province", province=summary.province.name).upper(),
        issuer=_("Department of Home Affairs").upper(),
        state=_("Socialist Republic of Viet Nam").upper(),
        motto=_("Independence - Freedom - Happiness"),
        number=_number(summary),
        place_and_day=_place_and_day(summary),
        kind=_("Report").upper(),
        subject=subject,
        addressee=addressee,
        marks=marks(summary),
        blocks=tuple(_numbered([*blocks, Paragraph(ending, leads=True)])),
        copies_title=_("Copies to:"),
        copies=copies,
        signatory=_("Director").upper(),
        signer=_("(Full name)"),
    )


def _number(summary: Summary) -> str:
    return _("No.: ……/BC-SNV") if summary.issue is None else _("No.: %(number)s", number=summary.issue.number)


def _place_and_day(summary: Summary) -> str:
    province = summary.province.name
    if summary.issue is None:
        return _("%(province)s, day … month … year %(year)s", province=province, year=str(summary.data_day.year))
    return _("%(province)s, %(day)s", province=province, day=official_day(summary.issue.day))


def marks(summary: Summary) -> tuple[str, ...]:
    """What stands on every page of every format."""
    marks_ = []
    if summary.draft:
        marks_.append(_("Draft").upper())
    if summary.wave.simulated:
        marks_.append(_("Demonstration data"))
    return tuple(marks_)


def _numbered(blocks: Iterable[Block]) -> Iterable[Block]:
    """The blocks with their numbers: I. for sections, 1. within each, tables and figures throughout."""
    section = part = tables = figures = 0
    for block in blocks:
        if isinstance(block, Heading) and block.level == 1:
            section, part = section + 1, 0
            yield replace(block, text=f"{ROMAN[section - 1]}. {block.text}")
        elif isinstance(block, Heading):
            part += 1
            yield replace(block, text=f"{part}. {block.text}")
        elif isinstance(block, Table):
            tables += 1
            yield replace(block, caption=_("Table %(no)s. %(caption)s", no=str(tables), caption=block.caption))
        elif isinstance(block, Figure):
            figures += 1
            yield replace(block, caption=_("Figure %(no)s. %(caption)s", no=str(figures), caption=block.caption))
        else:
            yield block
