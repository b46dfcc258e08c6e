"""A report as an official document: the head, the numbering, the foot (Nghị định 30/2020/NĐ-CP)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from survey.reports.structure import Block, Heading, Paragraph, Report, Table
from survey.results.summary import Issue, Summary
from translations import N_, language
from translations import gettext as _
from translations.formats import official_day


@dataclass(frozen=True)
class Head:
    """Above a document: whose province it is, its number, its place and day, and what each page bears."""

    province: str
    number: str
    place_and_day: str
    marks: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """A kind of document. `sections`: how its first headings are counted; `dense`: it stands on one page."""

    name: str
    sign: str
    sections: tuple[str, ...]
    dense: bool = False


REPORT = Kind(N_("Report"), "BC-SNV", ("I", "II", "III", "IV", "V", "VI", "VII", "VIII"))
NOTICE = Kind(N_("Notice"), "TB-SNV", ("1", "2", "3", "4", "5", "6"), dense=True)


def head(summary: Summary, kind: Kind = REPORT) -> Head:
    """The head of a document on a wave; a report has its number and day once it is issued."""
    province, issue = summary.province.name, summary.issue
    if issue is None:
        return Head(province, *unissued(province, summary.data_day, kind), marks(summary))
    return Head(province, *bearing(province, issue), marks(summary))


def bearing(province: str, issue: Issue) -> tuple[str, str]:
    """Number, and place and day, as they are printed."""
    place_and_day = _("%(province)s, %(day)s", province=province, day=official_day(issue.day))
    return _("No.: %(number)s", number=issue.number), place_and_day


def numbered(typed: str) -> str:
    """A number as the register has it: 128 becomes 128/BC-SNV; what bears a sign of its own stays."""
    typed = typed.strip()
    return f"{typed}/{REPORT.sign}" if typed.isdecimal() else typed


def unissued(province: str, day: date, kind: Kind = REPORT) -> tuple[str, str]:
    """Number, and place and day, of a document whose own are written in when it goes out."""
    return (
        _("No.: %(number)s", number=f"……/{kind.sign}"),
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
    kind: Kind = REPORT,
) -> Report:
    """The blocks of a document and its last sentence between head and foot, in the language of the moment."""
    body = [*blocks, Paragraph(ending, leads=True)]
    numbered = tuple(_numbered([*body, *annex], kind.sections))
    return Report(
        language=language(),
        authority=_("People's Committee of %(province)s Province", province=head.province).upper(),
        issuer=_("Department of Home Affairs").upper(),
        state=_("Socialist Republic of Viet Nam").upper(),
        motto=_("Independence - Freedom - Happiness"),
        number=head.number,
        place_and_day=head.place_and_day,
        kind=_(kind.name).upper(),
        subject=subject,
        addressee=addressee,
        marks=head.marks,
        blocks=numbered[: len(body)],
        copies_title=_("Copies to:"),
        copies=copies,
        signatory=_("Director").upper(),
        signer=_("(Full name)"),
        annex=numbered[len(body) :],
        dense=kind.dense,
    )


def marks(summary: Summary) -> tuple[str, ...]:
    """What stands on every page of every format."""
    marks_ = []
    if summary.release is not None and summary.release.withdrawn is not None:
        marks_.append(_("Withdrawn").upper())
    elif summary.draft:
        marks_.append(_("No forms yet").upper() if summary.is_empty else _("Draft").upper())
    if summary.wave.simulated:
        marks_.append(_("Demonstration data"))
    return tuple(marks_)


def _numbered(blocks: Iterable[Block], sections: Sequence[str]) -> Iterable[Block]:
    """The blocks with their numbers: of sections, 1. within each section and annex, of tables throughout."""
    section = part = tables = 0
    for block in blocks:
        if isinstance(block, Heading) and block.level == 0:
            part = 0
            yield block
        elif isinstance(block, Heading) and block.level == 1:
            section, part = section + 1, 0
            yield replace(block, number=f"{sections[section - 1]}.")
        elif isinstance(block, Heading):
            part += 1
            yield replace(block, number=f"{part}.")
        elif isinstance(block, Table) and block.caption:
            tables += 1
            yield replace(block, number=tables)
        else:
            yield block
