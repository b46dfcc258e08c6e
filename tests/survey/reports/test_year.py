"""The year's document in each format: marked while a draft, its kinds of values apart, signed on its page."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace

import docx
import openpyxl
import pypdfium2
import pytest

from survey.operations.installation import prepare
from survey.reports import year, year_contents, year_words
from survey.reports.structure import Table
from survey.storage.database import Database
from survey.year import document
from survey.year.document import YearDocument
from tests.conftest import fill
from tests.survey.year import example
from translations import Refusal


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, YearDocument]]:
    made = Database(f"sqlite:///{tmp_path_factory.mktemp('year')}/hailong.db")
    prepare(made)
    fill(made)
    with example.fill(made).reading() as session:
        yield document.in_every_language(session, example.YEAR)
    made.engine.dispose()


@pytest.fixture
def gathered(both: dict[str, YearDocument]) -> YearDocument:
    return both["vi"]


def words(file: bytes) -> str:
    opened = docx.Document(io.BytesIO(file))
    cells = [cell.text for table in opened.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in opened.paragraphs), *cells])


def footers(file: bytes) -> list[str]:
    section = docx.Document(io.BytesIO(file)).sections[0]
    return ["".join(one.text for one in part.paragraphs) for part in (section.footer, section.first_page_footer)]


def pages(file: bytes) -> list[str]:
    opened = pypdfium2.PdfDocument(file)
    return [page.get_textpage().get_text_range() for page in opened]


@pytest.mark.variants(1)
@pytest.mark.parametrize(("language", "mark"), [("vi", "DỰ THẢO"), ("en", "DRAFT")])
def test_a_draft_says_so_on_each_page_and_an_approved_one_nowhere(
    both: dict[str, YearDocument], language: str, mark: str
) -> None:
    one = both[language]
    assert all(mark in footer for footer in footers(year.write(one, "docx")))
    assert all(mark in page for page in pages(year.write(one, "pdf")))
    assert mark not in words(year.write(one, "docx", approved=True))
    assert not any(footers(year.write(one, "docx", approved=True)))
    assert not any(mark in page for page in pages(year.write(one, "pdf", approved=True)))


def test_made_up_data_are_marked_on_each_page_even_of_an_approved_one(gathered: YearDocument) -> None:
    made_up = replace(gathered, simulated=("ho-mau",))
    assert all("mô phỏng" in footer for footer in footers(year.write(made_up, "docx", approved=True)))


def test_word_has_the_figures_and_empty_lines_for_the_clerk(gathered: YearDocument) -> None:
    file = year.write(gathered, "docx")
    text = words(file)
    for figure in ("91,49", "0,69", "9,88", "47,82", "3,94", "2,57", "4,43", "90,00"):
        assert figure in text
    empty = [
        one for one in docx.Document(io.BytesIO(file)).paragraphs if one.style.name == "Body Text" and not one.text
    ]
    assert len(empty) >= 6


def test_published_own_and_wanted_values_never_share_a_table_column(gathered: YearDocument) -> None:
    """Each caption of published figures stands over a table without any own figure, and the other way round."""
    report = year_contents.contents(gathered, approved=False)
    tables = [block for block in (*report.blocks, *report.annex) if isinstance(block, Table)]
    own = {line.label for line in gathered.lines if line.key.startswith(("survey:", "score:papi_tinh:"))}
    published = {line.label for line in gathered.lines if line.key.startswith("published:")}
    mixed = [
        table.caption
        for table in tables
        if {row.cells[0] for row in table.rows} & own and {row.cells[0] for row in table.rows} & published
    ]
    assert mixed == []
    [simulated] = [table for table in tables if "mô phỏng" in table.caption]
    assert any("không phải PAPI" in note for note in simulated.notes)


def test_excel_has_numbers_as_numbers_each_kind_in_its_column(gathered: YearDocument) -> None:
    book = openpyxl.load_workbook(io.BytesIO(year.write(gathered, "xlsx")))
    found: dict[str, set[float]] = {"Đã công bố": set(), "Của tỉnh": set(), "Mục tiêu": set()}
    for sheet in book:
        rows = [*sheet.iter_rows(values_only=True)]
        head = next(row for row in rows if "Của tỉnh" in row)
        for row in rows[rows.index(head) + 1 :]:
            for name in found:
                value = row[head.index(name)]
                if value is not None:
                    assert isinstance(value, int | float)
                    found[name].add(round(value, 4))
    assert {91.49, 90.12, 47.82, 2.57} <= found["Đã công bố"]
    assert 90 in found["Của tỉnh"]
    assert 20 in found["Mục tiêu"]
    assert not {91.49, 47.82} & found["Của tỉnh"]


def test_it_is_signed_on_its_own_page_and_annexes_follow(gathered: YearDocument) -> None:
    told = pages(year.write(gathered, "pdf"))
    signed = next(number for number, page in enumerate(told) if "GIÁM ĐỐC" in page)
    annex = next(number for number, page in enumerate(told) if "PHỤ LỤC" in page)
    assert signed < annex
    assert "91,49" in "".join(told[annex:])


def test_a_year_without_figures_has_no_annex_that_is_empty(gathered: YearDocument) -> None:
    bare = replace(gathered, lines=())
    assert year_contents.contents(bare, False).annex == ()
    assert year_contents.contents(gathered, False).annex


def test_json_is_the_records_and_no_other_format_is_known(gathered: YearDocument) -> None:
    assert json.loads(year.write(gathered, "json")) == gathered.records()
    with pytest.raises(Refusal, match="csv"):
        year.write(gathered, "csv")


def test_nothing_is_better_than_the_first_place_or_group(gathered: YearDocument) -> None:
    told = {line.key: year_words.goal(line) for line in gathered.of("targets") if line.unit in ("place", "group")}
    assert set(told.values()) == {"hạng 5 hoặc cao hơn", "nhóm 1"}
