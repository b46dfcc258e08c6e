"""The report of one commune, and of all of them in one file."""

from __future__ import annotations

import io
import os
import re
import sys
import threading
import traceback
import zipfile
from dataclasses import replace
from typing import Any

import pypdfium2
import pytest
from docx import Document
from flask import Flask

from survey.reports import commune, commune_bundle, report, unit_tables
from survey.reports.structure import Paragraph, Table
from survey.results import standing_words, summary, wording
from survey.results.comparison import Change, Comparison
from survey.results.since import Since
from survey.results.summary import Summary
from survey.storage.models import Unit
from survey.system import cache
from translations import speaking


@pytest.fixture(scope="module")
def said(made_up: Flask) -> Summary:
    with made_up.extensions["database"].reading() as session:
        return summary.gather(session, "thu-nghiem")


def texts(said: Summary, place: int) -> str:
    notice = commune.contents(said, said.units[place])
    return " ".join(block.text for block in (*notice.blocks, *notice.annex) if isinstance(block, Paragraph))


def questions(said: Summary, place: int) -> Table:
    annex = commune.contents(said, said.units[place]).annex
    return next(block for block in annex if isinstance(block, Table) and "theo câu hỏi" in block.caption)


def test_the_annex_on_communes_names_those_without_a_village_once_and_has_no_empty_rows(said: Summary) -> None:
    first, *rest = said.units
    bare = replace(first.index, estimate=None, low=None, high=None, n=None, flags=("not_sampled",))
    told = unit_tables.tables(replace(said, units=(replace(first, index=bare), *rest)))
    [outside] = [block.text for block in told if isinstance(block, Paragraph)]
    assert first.unit.name in outside
    for table in (block for block in told if isinstance(block, Table)):
        assert len(table.rows) == len(rest)


def test_a_commune_without_a_village_in_the_sample_is_told_so_once_and_gets_no_empty_tables(said: Summary) -> None:
    line = said.units[0]
    bare = replace(line.index, estimate=None, low=None, high=None, n=None, flags=("not_sampled",))
    notice = commune.contents(said, replace(line, index=bare))
    assert not notice.annex
    assert not [block for block in notice.blocks if isinstance(block, Table)]
    told = " ".join(block.text for block in notice.blocks if isinstance(block, Paragraph))
    assert "không có thôn, tổ dân phố nào của" in told
    assert "không lấy mẫu ở đây" not in told
    assert said.index is not None
    assert wording.cell(said.index.estimate, 1) in told
    assert "Phụ lục" not in told


def test_a_rank_is_told_as_one_only_where_its_range_has_one(said: Summary) -> None:
    first, *rest = said.units
    one, several = (
        texts(replace(said, units=(replace(first, ranks=ranks), *rest)), 0) for ranks in ((3, 3), (3, 21))
    )
    assert "hạng là 3 trong 54 nơi" in one
    assert "3–3" not in one
    assert "trong khoảng 3–21" in several


def test_a_commune_s_notice_gives_three_conclusions_and_its_figures_beside_the_province_s(said: Summary) -> None:
    line = said.units[0]
    notice, told = commune.contents(said, line), texts(said, 0)
    assert (notice.kind, notice.number, notice.addressee) == ("THÔNG BÁO", "Số: ……/TB-SNV", "")
    assert said.index is not None
    assert f"a) Chỉ số hài lòng chung: {wording.cell(line.index, 1)}; 54 người, " in told
    assert wording.cell(said.index.estimate, 1) in told
    assert "b) Trước đợt này không có đợt nào để so sánh" in told  # nothing of the wave before was gathered
    assert "c) Cho rằng nhiều công chức gây phiền hà" in told
    [factors] = [block for block in notice.blocks if isinstance(block, Table)]
    assert len(factors.rows) == 1 + len(said.factors)
    table = questions(said, 0)
    assert len(table.rows) == 39
    assert table.notes[-1] == wording.whole_base((one.estimate for one in said.items), said.whole_head)
    assert not re.search(r"[Hh]ạng", " ".join(one.text for one in notice.blocks if isinstance(one, Paragraph)))


@pytest.mark.parametrize(
    ("flag", "why"),
    [("hidden", "vì quá ít người trả lời"), ("hidden_with", "vì từ số này có thể suy ra một số")],
)
def test_a_commune_whose_figures_are_hidden_reads_why(said: Summary, flag: str, why: str) -> None:
    assert said.index is not None
    record = replace(said.units[0].index, flags=(flag,))
    line = replace(said.units[0], index=record)
    change = Change("index", None, line.unit.code, replace(record, flags=()), record, None, None)
    beside = Comparison(said.wave, said.wave, (None, None), (change,), (), (), (), {}, (), (), False)
    since = Since(said.wave, said.wave, is_released=True, whole=beside, units=beside)
    told = texts(replace(said, since=since, units=(line, *said.units[1:])), 0)
    assert f"a) Chỉ số hài lòng chung: ẩn {why}" in told
    assert "vì số liệu của đợt này bị ẩn." in told
    assert "–" not in told.partition("a)")[0]


@pytest.mark.parametrize("place", [0, 7, 53])
def test_what_is_signed_stands_on_one_page(said: Summary, place: int) -> None:
    pdf = pypdfium2.PdfDocument(report.write_unit(said, said.units[place], "pdf"))
    first, second = (pdf[number].get_textpage().get_text_range() for number in (0, 1))
    pdf.close()
    assert "GIÁM ĐỐC" in first
    assert second.split("\n")[1].startswith("Phụ lục.")


def test_an_item_is_named_only_where_the_corrected_test_holds(said: Summary) -> None:
    with_some = next(place for place, line in enumerate(said.units) if line.unit.code in said.standouts)
    without = next(place for place, line in enumerate(said.units) if line.unit.code not in said.standouts)
    words = [row.cells[-1] for row in questions(said, with_some).rows if row.strong]
    assert sorted(words) == sorted(
        standing_words.side(one.group) for one in said.standouts[said.units[with_some].unit.code]
    )
    assert "không câu nào khác phần còn lại" in texts(said, without)
    for standouts in said.standouts.values():
        for one in standouts:
            assert one.record.rest is not None
            assert (one.group in ("above", "signs_above")) == ((one.record.rest.estimate or 0) > 0)
        sure = [one.record.rest for one in standouts if one.group in ("above", "below")]
        tests = sorted(rest.p or 0.0 for rest in sure if rest is not None)
        assert all(0 < p <= 0.05 / (39 - step) for step, p in enumerate(tests))  # Holm's steps


@pytest.mark.parametrize("language", ["vi", "en"])
def test_no_other_commune_stands_in_it(said: Summary, language: str) -> None:
    line = said.units[5]
    with speaking(language):
        made = report.write_unit(said, line, "docx", language)
    words = " ".join(paragraph.text for paragraph in Document(io.BytesIO(made)).paragraphs)
    assert line.unit.name in words
    others = {other.unit.name for other in said.units if other.unit.name not in line.unit.name}
    assert not [name for name in others if f" {name}" in words]


def test_word_and_pdf_say_the_same(said: Summary) -> None:
    line = said.units[7]
    pdf = pypdfium2.PdfDocument(report.write_unit(said, line, "pdf"))
    try:
        words = " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in pdf)
    finally:
        pdf.close()
    for figure in (wording.figure(line.index, 1), wording.figure(said.index.estimate, 1)):  # type: ignore[union-attr]
        assert figure in words
    document = Document(io.BytesIO(report.write_unit(said, line, "docx")))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    assert {text for row in questions(said, 7).rows for text in row.cells} <= set(cells)


def test_all_communes_come_in_one_file_the_same_each_time(said: Summary, monkeypatch: pytest.MonkeyPatch) -> None:
    few = replace(said, units=said.units[:3])
    counted: list[int] = []
    files = [io.BytesIO(), io.BytesIO()]
    for file in files:
        report.write_units(few, file, progress=counted.append)
    assert counted == [1, 2, 3] * 2
    with zipfile.ZipFile(files[0]) as packed, zipfile.ZipFile(files[1]) as again:
        assert len(packed.namelist()) == 6
        assert all(name.isascii() for name in packed.namelist())
        for name in packed.namelist():
            if name.endswith(".pdf"):
                assert packed.read(name) == again.read(name)


def wait() -> None:
    """Until no bundle is being made any more."""
    for thread in threading.enumerate():
        if thread.name == commune_bundle.THREAD:
            thread.join()


def test_what_could_not_be_made_says_why_to_who_looks_next(
    said: Summary, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))
    named = Unit(code="06652", name="Hà Tu 😀", kind="phường")
    wrong, right = (
        replace(said, units=(replace(said.units[0], unit=unit),)) for unit in (named, said.units[0].unit)
    )
    for one in (wrong, right):
        commune_bundle.begin(one, "vi")
        wait()
    found = commune_bundle.state(wrong, "vi")
    assert (found.file, found.done) == (None, None)
    assert "😀" in str(found.refused)
    assert commune_bundle.state(right, "vi").file is not None


def test_bundles_begun_together_are_made_one_after_the_other(
    said: Summary, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))
    few = replace(said, units=said.units[:2])
    (tmp_path / "reports").mkdir()
    for age in range(7):
        old = tmp_path / "reports" / f"{age}.zip"
        old.touch()
        os.utime(old, (age, age))
    for language in ("vi", "en"):
        commune_bundle.begin(few, language)
    written = set()
    making = [thread for thread in threading.enumerate() if thread.name == commune_bundle.THREAD]
    assert len(making) == 2
    while any(thread.is_alive() for thread in making):
        written.add(sum(1 for path in (tmp_path / "reports").iterdir() if path.name.startswith(".")))
        making[0].join(0.01)
        making[1].join(0.01)
    assert written <= {0, 1}
    made = {commune_bundle.state(few, language).file for language in ("vi", "en")}
    assert None not in made
    assert set((tmp_path / "reports").iterdir()) - made == {old.with_name(f"{age}.zip") for age in range(3, 7)}


def is_within(thread: threading.Thread, function: str) -> bool:
    frames = traceback.walk_stack(sys._current_frames().get(thread.ident or 0))
    return any(frame.f_code.co_name == function for frame, _line in frames)


def test_a_bundle_gives_way_to_figures_that_somebody_waits_for(
    said: Summary, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))
    few, begun, go_on = replace(said, units=said.units[:2]), threading.Event(), threading.Event()

    @cache.cached(lambda: tmp_path, len)
    def figures() -> bytes:
        begun.set()
        go_on.wait(300)
        return b"figures"

    somebody = threading.Thread(target=figures)
    somebody.start()
    assert begun.wait(300)
    commune_bundle.begin(few, "vi")
    [making] = [thread for thread in threading.enumerate() if thread.name == commune_bundle.THREAD]
    while making.is_alive() and not is_within(making, "wait_until_idle"):
        making.join(0.01)
    assert commune_bundle.state(few, "vi").done == 1
    go_on.set()
    somebody.join()
    making.join()
    assert commune_bundle.state(few, "vi").file


def test_the_page_makes_the_file_beside_the_pages_and_keeps_it(
    made_up: Flask, said: Summary, sign_in: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the letters the first commune's are made: the test above makes several, and 108 take seven seconds."""
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))
    make = report.write_unit
    first = said.units[0].unit.code
    monkeypatch.setattr(report, "write_unit", lambda *of: make(*of) if of[1].unit.code == first else b"")
    client = sign_in(made_up, "home_affairs")
    address = "/quan-tri/thu-nghiem/bao-cao/xa.zip"
    nothing_yet = client.get(address).text
    assert "Chưa lập" in nothing_yet
    assert "Lập tất cả báo cáo này" in nothing_yet
    page = client.get("/quan-tri/thu-nghiem/bao-cao").text
    token = page.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
    waiting = client.post(address, data={"csrf_token": token}, follow_redirects=True)
    assert waiting.headers.get("Refresh") == "2" or waiting.mimetype == "application/zip"
    wait()
    done = client.get(address)
    with zipfile.ZipFile(io.BytesIO(done.data)) as packed:
        assert len(packed.namelist()) == 108
        made = [name for name in packed.namelist() if packed.getinfo(name).file_size]
        assert [name.partition("-")[0] for name in made] == [first, first]
    done.close()
    assert [path.suffix for path in (tmp_path / "reports").iterdir()] == [".zip"]
