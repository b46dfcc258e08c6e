"""What is concluded, and what must not be: one way behind pages, reports, files and the API."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from typing import Any
from uuid import UUID

import numpy as np
import openpyxl
import pytest
from docx import Document
from flask import Flask
from flask.testing import FlaskClient

from analysis import Difference
from survey.reports import report
from survey.responses import submission
from survey.responses.respondents import sample
from survey.results import comparison, figure_marks, result_table, since, summary, verdicts
from survey.results.result_table import Record
from survey.storage.database import Database
from survey.storage.models import Duty, DutyKind, Mode, Village, Wave, WaveKind, YearRole, YearWave
from survey.system import dates
from survey.waves import questionnaires, units, waves

SignIn = Callable[[Flask, str], FlaskClient]
SAMPLE, OPEN = Wave(code="mau", kind=WaveKind.SAMPLE), Wave(code="mo", kind=WaveKind.OPEN)
GOOD, BAD = "06652", "06658"
# No word of a verdict, no sign of one, no rank and no p. The heads of a report don't conclude.
VERDICT = re.compile(
    r"cao hơn|thấp hơn|chưa đạt|\bđạt\b|có dấu hiệu|chưa phân biệt|chưa rõ|\btăng\b|\bgiảm\b|[▲▼△▽○✓✗]|\bhạng\b"
    r"|kết luận được|phép kiểm định|đã hiệu chỉnh|\bp = ",
    re.IGNORECASE,
)
NO_SAMPLE = "Ai đến thì trả lời, không chọn mẫu, nên không có kiểm định hay kết luận nào"


def difference(
    estimate: float, p: float | None, low: float | None = None, high: float | None = None
) -> Difference:
    return Difference("index", None, "rest", "06652", estimate, 0.01, low, high, 40, p, 100, "pooled")


def figure(*flags: str, **rest: Any) -> Record:
    made = Record(
        "index", None, GOOD, "index", 0.9, 0.01, 0.88, 0.92, 40, 1.5, 100, 60.0, "pooled", flags, 90, 100.0,
        rest=difference(0.1, 1e-6), standing="above",
    )  # fmt: skip
    return replace(made, **rest)


# One way


def test_of_an_open_wave_nothing_is_concluded_however_sure_it_looks() -> None:
    sure = [difference(0.3, 1e-9), difference(-0.3, 1e-9)]
    assert verdicts.concluded(SAMPLE, sure) == ["above", "below"]
    assert verdicts.concluded(OPEN, sure) == [None, None]
    left = verdicts.untested(difference(0.3, 1e-9, 0.2, 0.4))
    assert (left.estimate, left.p, left.low, left.high, left.standard_error) == (0.3, None, None, None, None)


def test_what_is_hidden_has_no_word_and_weighs_on_no_other() -> None:
    seen = [difference(-0.2, 0.03), None, difference(0.0, 0.9)]
    with_none = verdicts.concluded(SAMPLE, seen)
    assert with_none[1] is None
    assert [with_none[0], with_none[2]] == verdicts.concluded(SAMPLE, [seen[0], seen[2]])
    assert verdicts.concluded(SAMPLE, [difference(0.1, None)]) == [None]


def test_no_word_contradicts_the_interval_that_stands_beside_it() -> None:
    assert verdicts.concluded(SAMPLE, [difference(0.1, 0.049, -0.001, 0.2)]) == ["not_apart"]
    assert verdicts.concluded(SAMPLE, [difference(0.1, 0.049, 0.001, 0.2)]) == ["above"]


def test_no_word_contradicts_the_overall_figure_drawn_beside_the_interval() -> None:
    around = figure(low=0.80, high=0.84)
    assert verdicts.reconcile("below", around, 0.83) == "signs_below"
    assert verdicts.reconcile("above", around, 0.83) == "signs_above"
    assert verdicts.reconcile("below", around, 0.85) == "below"
    assert [verdicts.reconcile(one, around, 0.83) for one in ("not_apart", None)] == ["not_apart", None]


@pytest.mark.parametrize(
    ("told", "word"),
    [
        ((5.3e-7, 1e-4, 1.6e-7, 9.1e-7), "not_apart"),  # other last digits of the weights, the same villages
        ((-0.0004, 1e-4, -0.0006, -0.0002), "not_apart"),
        ((0.0004, 1e-4), "not_apart"),  # of a commune and the rest, which has no interval
        ((0.03, 1e-9, 0.02999, 0.03001), "not_apart"),
        ((0.03, None), None),
        ((-0.0006, 1e-4, -0.0011, -0.0001), "below"),
    ],
)
def test_what_reads_as_nothing_is_neither_more_nor_less(told: Any, word: str | None) -> None:
    assert verdicts.concluded(SAMPLE, [difference(*told)]) == [word]


@pytest.mark.parametrize("flag", ["hidden", "hidden_with", "under_3", "not_a_sample"])
def test_a_record_that_says_less_bears_no_standing_whoever_marked_it(flag: str) -> None:
    assert figure().standing == "above"
    for silent in (figure(flag), replace(figure(), flags=(flag,)), figure(low=None), figure(high=None)):
        assert (silent.standing, silent.rest) == (None, None)


def test_a_pooled_figure_bears_its_mark_and_its_legend() -> None:
    assert figure_marks.mark(figure()) == "§"
    assert figure_marks.mark(figure("few")) == "*§"
    assert figure_marks.mark(figure(variance="direct")) == figure_marks.mark(figure("hidden")) == ""
    [legend] = figure_marks.legend([figure(), figure(variance="direct")])
    assert "cùng thôn" in legend
    [legend] = figure_marks.legend([figure("not_a_sample")])
    assert "thôn" not in legend
    assert figure_marks.legend([figure(variance="direct")]) == []


# A made-up province of eight communes, four villages each


def fill(province: Database, seed: int, shift: dict[str, float], code: str = "mau", communes: int = 8) -> None:
    """A wave: people of a village are alike; `shift` is added to a commune's chance of satisfied answers."""
    chance = np.random.default_rng(seed)
    with province.writing() as session:
        asked = questionnaires.find(session, "ho_gia_dinh@1")
        made = waves.create(session, code, asked, WaveKind.SAMPLE, date(2026, 1, 1), date(2026, 12, 1))
        there = [unit.code for unit in units.communes(session, made.opens)][:communes]
        assert asked.index is not None
        items = asked.index.codes()["index"][:5]
        for unit in there:
            for village in range(4):
                session.add(Village(wave=code, psu=f"{unit}-{village}", unit=unit, stratum=unit))
        session.flush()
        for unit in there:
            place = waves.place(session, code, unit, made.opens)
            for village in range(4):
                share = np.clip(chance.beta(16, 4) + shift.get(unit, 0.0), 0.02, 0.98)
                for _person in range(10):
                    levels = np.where(chance.random(len(items)) < share, 4, 2)
                    answers = {item: int(level) for item, level in zip(items, levels, strict=True)}
                    id_ = UUID(bytes=chance.bytes(16), version=4)
                    psu = f"{unit}-{village}"
                    submission.submit(
                        session.connection(), place, id_, Mode.PAPER, answers, psu=psu, day=made.opens
                    )


def test_where_nothing_differs_nothing_is_named(province: Database) -> None:
    for seed in (1, 2):
        fill(province, seed, {}, f"mau-{seed}")
        with province.reading() as session:
            said = summary.gather(session, f"mau-{seed}")
        named = [line.index.standing for line in said.units] + [
            one.group for found in said.standouts.values() for one in found
        ]
        assert not {"above", "below"} & set(named), seed


def test_of_few_communes_none_is_named_whose_interval_holds_the_overall_figure(province: Database) -> None:
    """The test is against the other two, and a third of the overall figure is the commune's own."""
    eased = 0
    for seed in range(6):
        fill(province, seed, {BAD: -0.13}, f"ba-{seed}", communes=3)
        with province.reading() as session:
            said = summary.gather(session, f"ba-{seed}")
            table = result_table.estimates(session, f"ba-{seed}", by=["unit"], released=True)
            whole = result_table.estimates(session, f"ba-{seed}", released=True)
        overall = {(one.item, one.value): one.estimate for one in whole}
        words = [(one, one.standing) for one in table]
        words += [(one.record, one.group) for found in said.standouts.values() for one in found]
        for one, word in words:
            line = overall[one.item, one.value]
            if word is None or line is None or one.low is None or one.high is None or one.rest is None:
                continue
            holds = one.low <= line <= one.high
            assert not (holds and word in ("above", "below"))
            eased += holds and word in ("signs_below", "signs_above") and (one.rest.p or 1) < 0.05
    assert eased > 0


def word(report: bytes) -> tuple[str, list[str]]:
    """The paragraphs of a Word report, and the rows of its tables."""
    document = Document(io.BytesIO(report))
    rows = [" | ".join(cell.text for cell in row.cells) for table in document.tables for row in table.rows]
    return "\n".join(paragraph.text for paragraph in document.paragraphs), rows


def test_a_commune_truly_below_is_named_everywhere_alike(province: Database, app: Flask, sign_in: SignIn) -> None:
    fill(province, 4, {BAD: -0.45})
    with province.reading() as session:
        said = summary.gather(session, "mau")
        table = result_table.estimates(session, "mau", items=["index"], by=["unit"])
        [line] = [line for line in said.units if line.unit.code == BAD]
        empty = next(line for line in said.units if not line.index.n)
    assert line.index.standing == "below"
    assert empty.index.standing is None
    assert {record.domain: record.standing for record in table} == {
        one.unit.code: one.index.standing for one in said.units
    }
    weak = {one.group for one in said.standouts[BAD]}
    assert "below" in weak
    assert "above" not in weak
    reader = sign_in(app, "home_affairs")
    name = line.unit.name
    pages = {page: plain(reader, f"/quan-tri/mau/{page}") for page in ("don-vi", f"don-vi/{BAD}", "don-vi?xem=o")}
    assert re.search(rf"{name} phường .*?thấp hơn", pages["don-vi"])
    assert "1 nơi thấp hơn" in pages["don-vi"]
    assert f"{name}: thấp hơn mức chung" in pages[f"don-vi/{BAD}"]
    assert re.search(rf"{name} [\d,]+ , [\d,–]+, thấp hơn", pages["don-vi?xem=o"])
    for page in pages.values():  # what the words promise stands beside them
        assert "trong 100 cuộc khảo sát như thế này chưa đến 5 cuộc nêu nhầm một nơi" in page
        assert "trung bình nhiều nhất một phần năm là do ngẫu nhiên" in page
        assert "hệ số tương quan nội cụm" in page
    only = plain(reader, "/quan-tri/mau/don-vi?nhom=thap").partition("Khoảng tin cậy")[2]
    assert name in only
    assert not [one.unit.name for one in said.units if one is not line and f" {one.unit.name} phường" in only]
    words, rows = word(report.write(said, "docx"))
    assert "0 nơi cao hơn, 1 nơi thấp hơn" in words
    assert all(row.endswith("| thấp hơn") for row in rows if row.startswith(f"Phường {name} | 40"))
    assert sum(row.startswith(f"Phường {name} | 40") for row in rows) == 2  # what stands out, and the annex
    own, _rows = word(report.write_unit(said, line, "docx"))
    assert re.search(
        r"a\) Chỉ số hài lòng chung: .*, thấp hơn phần còn lại \(\d xã, phường trong mẫu trên 54", own
    )
    rows = json.loads(report.write(said, "json"))
    standing = {(row["item"], row["domain"]): row["standing"] for row in rows}
    assert standing["index", BAD] == "below"
    assert standing["index", None] is None
    csv = report.write(said, "csv").decode("utf-8-sig").splitlines()
    assert csv[0].endswith(",flags,standing")
    assert sum(row.endswith(",below") for row in csv) == sum(row["standing"] == "below" for row in rows)
    api = reader.get("/api/v1/waves/mau/results?by=unit&item=index").json
    assert {row["domain"]: row["standing"] for row in api or ()} == {one.domain: one.standing for one in table}
    book = openpyxl.load_workbook(io.BytesIO(report.write(said, "xlsx")))
    [cells] = [row for row in book["Xã, phường"].iter_rows(values_only=True) if row[0] == BAD]
    assert "thấp hơn" in cells


# An open wave is no sample


def aim(year: int, code: str, value: float, unit: str | None) -> Duty:
    """A target on the index, in a year that nobody may name an open wave for."""
    given = {"what": "x", "measure": "survey:index", "at_most": False, "office": "SNV", "head": "Giám đốc"}
    given |= {"deadline": dates.today(), "decision": "", "source": "", "set_by": "", "after_data": False}
    return Duty(year=year, code=code, version=1, kind=DutyKind.TARGET, value=value, unit=unit, **given)


@pytest.fixture
def open_wave(province: Database) -> str:
    """Two open waves in which one commune is content and another is not, on the phone and at the kiosk, with
    targets that the figures would reach and miss: whoever concluded anything would do so here."""
    first = dates.today() - timedelta(days=200)
    for code, opens, sharp in (("mo-truoc", first, 0.6), ("mo-nay", first + timedelta(days=100), 1.0)):
        chance = np.random.default_rng(opens.toordinal())
        with province.writing() as session:
            asked = questionnaires.find(session, "noi_phuc_vu@1")
            made = waves.create(
                session, code, asked, WaveKind.OPEN, opens, opens + timedelta(days=90), public=True
            )
            items = asked.index.codes()["index"] if asked.index else ()
            for unit, share in ((GOOD, 0.97 * sharp), (BAD, 0.2)):
                place = waves.place(session, code, unit, made.opens)
                for person in range(80):
                    mode = Mode.PHONE if person % 2 else Mode.KIOSK
                    good = share - (0.1 if mode is Mode.KIOSK else 0.0)
                    answers = {item: 5 if chance.random() < good else 1 for item in items}
                    id_ = UUID(bytes=chance.bytes(16), version=4)
                    day = opens + timedelta(days=person % 8)
                    submission.submit(session.connection(), place, id_, mode, answers, day=day)
            session.add(YearWave(year=opens.year, role=YearRole.SURVEY, wave=code, set_on=opens))
            for unit, percent in ((None, 10), (GOOD, 10), (BAD, 95)):
                session.add(aim(opens.year, f"{code}-{unit}", percent, unit))
    return "mo-nay"


def plain(reader: FlaskClient, address: str) -> str:
    """What a page says to everybody, read aloud or seen, without its menus, forms and title."""
    answer = reader.get(address)
    assert answer.status_code == 200, address
    main = re.search(r"<main.*</main>", answer.text, re.DOTALL)
    assert main is not None
    words = re.sub(r"<(script|style|select|form).*?</\1>|<[^>]+>", " ", main[0], flags=re.DOTALL)
    return " ".join(unescape(words).split())


PAGES = (
    "", "don-vi", "don-vi?xep=uoc-luong", "don-vi?xep=chu-y", f"don-vi/{GOOD}", f"don-vi/{BAD}", "don-vi?xem=o",
    "cau-hoi", "so-sanh", "so-sanh?theo=don-vi", "cach-tra-loi", "qua-cac-dot", f"qua-cac-dot?don-vi={GOOD}",
    "cach-tinh?item=index", f"cach-tinh?item=index&unit={GOOD}",
)  # fmt: skip
SAYING_WHY = (
    "",
    "don-vi",
    f"don-vi/{GOOD}",
    "don-vi?xem=o",
    "cau-hoi",
    "so-sanh",
    "cach-tra-loi",
    "qua-cac-dot",
)


def test_no_page_concludes_anything_of_an_open_wave_and_says_why(
    open_wave: str, app: Flask, sign_in: SignIn
) -> None:
    reader = sign_in(app, "admin")
    for page in PAGES:
        words = plain(reader, f"/quan-tri/{open_wave}/{page}")
        words = words.partition("Số liệu nơi khác đã công bố")[0]  # others' ranks are cited
        if page in SAYING_WHY:
            assert words.count(NO_SAMPLE) >= 1, page
        assert not VERDICT.findall(words.replace(NO_SAMPLE, "")), (page, VERDICT.findall(words))


def test_no_report_and_no_record_concludes_anything_of_an_open_wave(
    open_wave: str, province: Database, app: Flask, sign_in: SignIn
) -> None:
    with province.reading() as session:
        said = summary.gather(session, open_wave)
        records = result_table.estimates(session, open_wave, by=["unit"])
        old, new = (sample(session, waves.find(session, code)) for code in ("mo-truoc", open_wave))
        changes = comparison.compare(session, old, new, by_unit=True).changes
        said = replace(said, since=since.of_report(session, new))
    assert {one.standing for one in records} == {None}
    assert {one.verdict for one in changes} == {None}
    assert {(one.difference.p, one.difference.low) for one in changes if one.difference} == {(None, None)}
    assert not said.standouts
    assert {line.ranks for line in said.units} == {None}
    assert said.targets == ()
    letters = [report.write(said, "docx")]
    letters += [report.write_unit(said, line, "docx") for line in said.units if line.unit.code in (GOOD, BAD)]
    for letter in letters:
        document = Document(io.BytesIO(letter))
        words = " ".join(paragraph.text for paragraph in document.paragraphs)
        words += " ".join(cell.text for table in document.tables for row in table.rows for cell in row.cells)
        assert NO_SAMPLE in words
        assert not VERDICT.findall(words), VERDICT.findall(words)
    book = openpyxl.load_workbook(io.BytesIO(report.write(said, "xlsx")))
    words = " ".join(
        str(value)
        for sheet in book
        for row in sheet.iter_rows(values_only=True)
        for value in row
        if value is not None
    )
    assert not VERDICT.findall(words), VERDICT.findall(words)
    assert {row["standing"] for row in json.loads(report.write(said, "json"))} == {None}
    api = sign_in(app, "home_affairs").get(f"/api/v1/waves/{open_wave}/results?by=unit").json
    assert {row["standing"] for row in api or ()} == {None}
