"""The report as an Excel file: numbers as numbers, a sheet for each question that is asked of them."""

from __future__ import annotations

import io
from typing import Any

from analysis.response_rates import response_rates
from survey.fieldwork.accounting import Line
from survey.reports import fieldwork
from survey.reports.contents import contents
from survey.reports.figure_records import records
from survey.reports.labels import (
    answer_label,
    asked,
    blank_label,
    by_name,
    headline_name,
    index_name,
    interval_title,
    is_open,
    label,
    lower,
    mode_label,
    of_ranks,
    ranks,
    scored,
    standing,
    value_label,
)
from survey.reports.letter import marks
from survey.reports.method import again, forms, method
from survey.reports.structure import Command, Heading, Paragraph
from survey.reports.workbook import SHARE, WHOLE, Book, Sheet
from survey.results import standing_words, wording
from survey.results.collection import Households, Paper
from survey.results.remarks import Remarks
from survey.results.result_table import FIELDS, as_row
from survey.results.summary import Headline, Summary
from survey.waves import units
from translations import gettext as _

ESTIMATE_WIDTHS = (14, 14, 14, 14, 38)
LABELS = "item_label", "value_label", "domain_kind", "domain_label"  # of the tidy sheet, beside a record's fields


def write(summary: Summary) -> bytes:
    """The report of a wave as a workbook."""
    file = io.BytesIO()
    book = Book(file, contents(summary).title, marks(summary), summary.data_day)
    headline_sheet(book, summary)
    item_sheet(book, summary)
    (group_sheet if summary.population.in_groups else unit_sheet)(book, summary)
    if summary.remarks is not None:
        remark_sheet(book, summary, summary.remarks)
    collection_sheet(book, summary)
    if summary.collection.paper is not None:
        account_sheet(book, summary.collection.paper)
    method_sheet(book, summary)
    tidy_sheet(book, summary)
    book.close()
    return file.getvalue()


def _estimate_head(summary: Summary, figure: str) -> tuple[str, ...]:
    limits = interval_title(summary)
    return (
        figure,
        _("%(interval)s: from", interval=limits),
        _("%(interval)s: to", interval=limits),
        _("People who answered"),
        _("Remark"),
    )


def headline_sheet(book: Book, summary: Summary) -> None:
    """The figures that are looked at first, and what silence could do to them."""
    sheet = book.sheet(
        _("Summary"),
        (_("Figure"), *_estimate_head(summary, _("Estimate"))),
        (60, *ESTIMATE_WIDTHS),
        frozen_columns=1,
    )
    parts = [] if summary.index is None else [summary.index]
    for place, line in enumerate([*parts, *summary.areas, *summary.factors]):
        strong = {"bold": True} if place == 0 and parts else {}
        sheet.text(0, label(summary, line.code), text_wrap=True, **strong)
        sheet.estimate(1, line.estimate, **strong)
        sheet.row += 1
    for headline in summary.headlines:
        sheet.row += 1
        _headline(sheet, summary, headline)


def _headline(sheet: Sheet, summary: Summary, headline: Headline) -> None:
    item = summary.questionnaire.items[headline.code]
    sheet.texts(asked(item), bold=True, text_wrap=True)
    for line in headline.values:
        strong = {"bold": True} if line is headline.line else {}
        sheet.text(0, value_label(item, line), text_wrap=True, **strong)
        sheet.estimate(1, line.estimate, **strong)
        sheet.row += 1
    if headline.least is not None:
        _silence(sheet, summary, headline)


def _silence(sheet: Sheet, summary: Summary, headline: Headline) -> None:
    """How many gave no answer, and what they could do to the figure."""
    item, name = summary.questionnaire.items[headline.code], headline_name(summary, headline)
    for text, share in (
        (blank_label(item, headline), headline.blank),
        (_("%(title)s, if nobody who gave no answer would say so", title=name), headline.least),
        (_("%(title)s, if everybody who gave no answer would say so", title=name), headline.most),
    ):
        sheet.text(0, text, text_wrap=True)
        sheet.number(1, share, SHARE)
        sheet.number(4, headline.asked, WHOLE)
        sheet.text(5, _("of people asked"))
        sheet.row += 1


def item_sheet(book: Book, summary: Summary) -> None:
    """Every question: those of the index first, by factor; then each answer of the others, in the form's order."""
    sheet = book.sheet(
        _("Questions"),
        (_("Code"), _("Question asked"), _("Factor"), _("Answer"), *_estimate_head(summary, _("Estimate"))),
        (18, 46, 38, 24, *ESTIMATE_WIDTHS),
        frozen_columns=2,
    )
    index = summary.questionnaire.index
    factor_of = {
        code: str(factor.label)
        for area in (index.areas if index else ())
        for factor in area.factors
        for code in factor.items
    }
    lines = [(line.code, scored(line)) for line in summary.items]
    codes = {line.code for line in summary.items}
    lines += [
        (record.item, record)
        for record in summary.records
        if record.domain is None and record.item in summary.questionnaire.items and record.item not in codes
    ]
    for code, record in lines:
        sheet.text(0, code)
        sheet.text(1, label(summary, code), text_wrap=True)
        sheet.text(2, factor_of.get(code, ""), text_wrap=True)
        sheet.text(3, answer_label(summary, record), text_wrap=True)
        sheet.estimate(4, record)
        sheet.row += 1


def unit_sheet(book: Book, summary: Summary) -> None:
    """A row for each commune, in Vietnamese order."""
    names = [index_name(summary)] if summary.index is not None else []
    names += [headline_name(summary, line) for line in summary.headlines]
    titles = [f"{name}: {lower(title)}" for name in names for title in _estimate_head(summary, _("Estimate"))]
    against = () if is_open(summary) or not summary.index else (_("Against the rest"), _("Possible ranks"))
    people = () if summary.index else (_("People who answered"),)
    sheet = book.sheet(
        _("Communes"),
        (_("Code"), _("Name"), _("Kind"), *against, *people, *titles),
        (9, 20, 11, *((26, 12) if against else ()), *((14,) if people else ()), *(ESTIMATE_WIDTHS * len(names))),
        frozen_columns=2,
    )
    for line in by_name(summary):
        for column, text in enumerate(
            (line.unit.code, line.unit.name, lower(units.kind(line.unit)))
            + ((standing(line), ranks(line)) if against else ())
        ):
            sheet.text(column, text)
        if people:
            sheet.text(3, wording.base(line.index), align="right")
        records = [line.index, *line.headlines] if summary.index is not None else list(line.headlines)
        for place, record in enumerate(records):
            sheet.estimate(3 + len(against) + len(people) + 5 * place, record)
        sheet.row += 1
    for note in (
        [standing_words.no_sample()]
        if is_open(summary)
        else [*standing_words.of_standings(one.index for one in summary.units), *of_ranks(summary)]
    ):
        sheet.texts(note)


def group_sheet(book: Book, summary: Summary) -> None:
    """A row for each group of leaders, and for each unit that they rated where there are several."""
    titles = _estimate_head(summary, _("Index"))
    head = (_("Code"), _("Name"), _("Persons"), *titles)
    sheet = book.sheet(_("Groups"), head, (12, 48, 12, *ESTIMATE_WIDTHS), frozen_columns=2)
    for line in (*summary.groups, *summary.rated):
        sheet.text(0, line.code)
        sheet.text(1, line.name, text_wrap=True)
        if line.people is not None:
            sheet.number(2, line.people, "#,##0")
        if line.index is not None:
            sheet.estimate(3, line.index)
        sheet.row += 1


def remark_sheet(book: Book, summary: Summary, remarks: Remarks) -> None:
    """How many people wrote about each theme: the province, then a row for each commune. Paraphrases
    stand on a sheet of their own."""
    titles = [str(line.name) for line in remarks.whole.lines]
    sheet = book.sheet(
        _("Remarks"),
        (_("Code"), _("Name"), _("Forms"), _("People who wrote"), *titles),
        (9, 24, 12, 14, *([14] * len(titles))),
        frozen_columns=2,
    )
    places = [("", summary.province.name, remarks.whole)]
    names = {line.unit.code: line.unit.name for line in by_name(summary)}
    places += [(code, name, remarks.units[code]) for code, name in names.items() if code in remarks.units]
    for code, name, own in places:
        sheet.text(0, code)
        sheet.text(1, name)
        sheet.number(2, own.asked, WHOLE)
        counts = [(own.written, own.mark), *((line.count, line.mark) for line in own.lines)]
        for column, (count, mark) in enumerate(counts, start=3):
            if count is None:
                sheet.text(column, wording.counted(count, mark), align="right")
            else:
                sheet.number(column, count, WHOLE)
        sheet.row += 1
    for note in wording.of_remarks():
        sheet.texts(note)
    quotes = [
        (code, name, str(line.name), words)
        for code, name, own in places
        for line in own.lines
        for words in line.paraphrases
    ]
    if quotes:
        sheet = book.sheet(_("Paraphrases"), (_("Code"), _("Name"), _("Theme"), _("Sentence")), (9, 24, 32, 90))
    for row in quotes:
        sheet.texts(*row, text_wrap=True)


def _places(summary: Summary) -> list[tuple[str, int]]:
    """Where the forms come from."""
    came = summary.collection
    if summary.population.in_groups:
        return [(_("Persons who answered"), came.villages), (_("Groups"), came.strata)]
    sampled = [] if is_open(summary) else [(_("Villages"), came.villages), (_("Strata"), came.strata)]
    return [(_("Communes with forms"), came.units_reached), *sampled]


def collection_sheet(book: Book, summary: Summary) -> None:
    """The forms, as the report's table counts them."""
    sheet = book.sheet(_("Forms"), (_("Forms"), _("Number")), (56, 14, 16, 14))
    came = summary.collection
    for text, count in (
        (_("Issued"), came.issued),
        (_("Collected"), came.collected),
        (_("Valid, counted in the figures"), came.in_sample),
        (_("Rejected in the review, in no figure"), came.rejected),
        (_("In lots set aside by two people, in no figure"), came.aside),
        *([] if is_open(summary) else [(_("Not by the sample"), came.outside)]),
        *(_places(summary)),
        *((mode_label(mode), count) for mode, count in came.modes.items()),
    ):
        sheet.count(text, count)
    if came.paper is not None:
        sheet.row += 1
        sheet.texts(_("Paper forms: issued = collected + void + missing"), bold=True)
        for text, count, part in fieldwork.lines(came.paper):
            sheet.count(text, count, indent=int(part))
    if came.keying is not None:
        sheet.row += 1
        sheet.texts(fieldwork.keying(came.keying), text_wrap=True)
    if came.households is not None:
        _rates(sheet, came.households)


def _rates(sheet: Sheet, households: Households) -> None:
    """Households and rates below one another: each rate with the households that it is of."""
    sheet.row += 1
    titles = _("Response rates (AAPOR, Standard Definitions, 2023)"), _("Share"), _("Of households"), _("Weighted")
    sheet.texts(*titles, bold=True)
    heavy = response_rates(households.weighted) if households.weighted else {}
    for name, rate in response_rates(households.counted).items():
        if name in fieldwork.RATES:
            sheet.text(0, fieldwork.meaning(name))
            sheet.number(1, rate.share, SHARE)
            sheet.number(2, rate.base, "#,##0.0")
            sheet.number(3, heavy[name].share if heavy else None, SHARE)
            sheet.row += 1


def account_sheet(book: Book, paper: Paper) -> None:
    """Where the paper forms of each batch are; the last row is the sum."""
    counts = (_("Issued"), _("Entered"), _("Waiting to be entered"), _("Void"), _("Missing"), _("With a reason"))
    sheet = book.sheet(
        _("Accounting"),
        (_("Code"), _("Name"), _("Village"), _("Batch"), *counts),
        (9, 20, 20, 22, *([12] * len(counts))),
        frozen_columns=4,
    )
    for batch in paper.batches:
        for column, text in enumerate((batch.unit.code, batch.unit.name, batch.village, batch.line.batch or "")):
            sheet.text(column, text)
        _account(sheet, batch.line)
    sheet.text(1, _("All batches"), bold=True)
    _account(sheet, paper.total, bold=True)


def _account(sheet: Sheet, line: Line, **wanted: Any) -> None:
    counts = (line.issued, line.entered, line.waiting, line.void, line.missing, line.explained)
    for column, count in enumerate(counts, start=4):
        sheet.number(column, count, WHOLE, **wanted)
    sheet.row += 1


def method_sheet(book: Book, summary: Summary) -> None:
    """The report's own words on how it was done and how to compute it again."""
    sheet = book.sheet(_("Method"), (), (110,))
    for block in (*forms(summary), *method(summary), *again(summary)):
        if isinstance(block, Heading | Paragraph | Command):
            sheet.texts(block.text, bold=isinstance(block, Heading), text_wrap=True)


def tidy_sheet(book: Book, summary: Summary) -> None:
    """Every record behind the report, a row each, as `hailong report --format csv` prints them, and the names of
    its codes: a table of Excel, so that a pivot table can be made of it at once."""
    widths = (20, 8, 12, 12, *([13] * (len(FIELDS) - 6)), 24, 14, 46, 24, 12, 20)
    sheet = book.sheet(_("Data"), (*FIELDS, *LABELS), widths, frozen_columns=1)
    first, names = sheet.row, {line.unit.code: line.unit.name for line in summary.units}
    groups = {line.code: line.name for line in summary.groups}
    names |= groups | {line.code: line.name for line in summary.rated}
    for record, row in zip(summary.records, map(as_row, records(summary)), strict=True):
        whole = record.domain is None
        name = summary.province.name if whole else names.get(str(record.domain), str(record.domain))
        kind = "province" if whole else "stratum" if record.domain in groups else "unit"
        labels = label(summary, record.item), answer_label(summary, record), kind, name
        for column, value in enumerate((*row.values(), *labels)):
            if isinstance(value, (int, float)):
                sheet.number(column, value, "General")
            elif value:
                sheet.text(column, value)
        sheet.row += 1
    sheet.sheet.add_table(
        first - 1,
        0,
        max(sheet.row - 1, first),
        len(FIELDS) + len(LABELS) - 1,
        {
            "name": "records",
            "style": None,
            "columns": [
                {"header": name, "header_format": book.format(bold=True, bottom=1, valign="vcenter")}
                for name in (*FIELDS, *LABELS)
            ],
        },
    )
