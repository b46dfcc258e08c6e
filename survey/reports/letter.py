"""A report as an official document: the head, the numbering, the foot (Nghị định 30/2020/NĐ-CP)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from survey.reports.structure import Block, Figure, Heading, Paragraph, Report, Table
from survey.results.summary import Issue, Summary
from translations import gettext as _
from translations import language
from translations.formats import official_day

SIGN = "BC-SNV"  # of a report by the department: số và ký hiệu, Nghị định 30/2020/NĐ-CP
ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")


@dataclass(frozen=True)
class Head:
    """Above a report: whose province it is, its number, its place and day, and what each page bears."""

    province: str
    number: str
    place_and_day: str
    marks: tuple[str, ...]


def head(summary: Summary) -> Head:
    """The head of a report on a wave; with its number and day once it is issued."""
    province, issue = summary.province.name, summary.issue
    if issue is None:
        return Head(province, *unissued(province, summary.data_day), marks(summary))
    return Head(province, *bearing(province, issue), marks(summary))


def bearing(province: str, issue: Issue) -> tuple[str, str]:
    """Number, and place and day, as they are printed."""
    place_and_day = _("%(province)s, %(day)s", province=province, day=official_day(issue.day))
    return _("No.: %(number)s", number=issue.number), place_and_day


def numbered(typed: str) -> str:
    """A number as the register has it: 128 becomes 128/BC-SNV; what bears a sign of its own stays."""
    typed = typed.strip()
    return f"{typed}/{SIGN}" if typed.isdecimal() else typed


def unissued(province: str, day: date) -> tuple[str, str]:
    """Number, and place and day, of a report whose own are written in when it goes out."""
    return (
        _("No.: ……/BC-SNV"),
        _("%(province)s, day … month … year %(year)s", province=province, year=str(day.year)),
    )


def letter(
    head: Head,
    subject: tuple[str, ...],
    addressee: str,
    blocks: Sequence[Block],
    ending: str,
    copies: tuple[str, ...],
    annex: Sequence[Block] = (),
) -> Report:
    """The blocks of a report and its last sentence between head and foot, in the language of the moment."""
    body = [*blocks, Paragraph(ending, leads=True)]
    numbered = tuple(_numbered([*body, *annex]))
    return Report(
        language=language(),
        authority=_("People's Committee of %(province)s Province", province=head.province).upper(),
        issuer=_("Department of Home Affairs").upper(),
        state=_("Socialist Republic of Viet Nam").upper(),
        motto=_("Independence - Freedom - Happiness"),
        number=head.number,
        place_and_day=head.place_and_day,
        kind=_("Report").upper(),
        subject=subject,
        addressee=addressee,
        marks=head.marks,
        blocks=numbered[: len(body)],
        copies_title=_("Copies to:"),
        copies=copies,
        signatory=_("Director").upper(),
        signer=_("(Full name)"),
        annex=numbered[len(body) :],
    )


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
        if isinstance(block, Heading) and block.level == 0:
            yield block
        elif isinstance(block, Heading) and block.level == 1:
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
