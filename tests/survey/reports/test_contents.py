"""What the report says."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from analysis import Difference, Estimate
from analysis.contrast import Group
from forms.items import Text
from survey.reports import commune
from survey.reports.contents import contents
from survey.reports.labels import lower
from survey.reports.method import COVERAGE
from survey.reports.structure import Blank, Command, Heading, Notice, Paragraph, Report, Table
from survey.results.comparison import Change, Comparison
from survey.results.since import Since
from survey.results.summary import Summary
from survey.storage.models import Release, Wave
from survey.web.public import result_words
from translations import speaking
from translations.formats import official_day

Make = Callable[..., Summary]


def said(report: Report) -> str:
    """Every word of the report, annexes with it."""
    found = [*report.subject, *report.marks]
    for block in (*report.blocks, *report.annex):
        match block:
            case Heading():
                found.append(block.whole)
            case Paragraph(text, _):
                found.append(text)
            case Notice(text) | Command(text):
                found.append(text)
            case Table():
                found += [block.caption, *(column.title for column in block.columns), *block.notes]
                found += [cell for row in block.rows for cell in row.cells]
    return "\n".join(found)


def headings(report: Report, level: int) -> list[str]:
    every = (*report.blocks, *report.annex)
    return [block.whole for block in every if isinstance(block, Heading) and block.level == level]


def table(report: Report, words: str) -> Table:
    every = (*report.blocks, *report.annex)
    return next(block for block in every if isinstance(block, Table) and words in block.caption)


def row(found: Table, name: str) -> tuple[str, ...]:
    return next(line.cells for line in found.rows if line.cells[0].startswith(name))


def test_what_is_signed_comes_first_and_all_else_is_annexed(summary: Summary) -> None:
    report = contents(summary)
    assert headings(report, 1) == ["I. TỔ CHỨC KHẢO SÁT", "II. KẾT QUẢ", "III. ĐÁNH GIÁ, KIẾN NGHỊ"]
    assert headings(report, 0) == [
        "Phụ lục 1. Kết quả theo xã, phường, đặc khu",
        "Phụ lục 2. Kết quả theo từng câu hỏi",
        "Phụ lục 3. Kiểm kê phiếu và tính toàn vẹn",
        "Phụ lục 4. Cách làm",
        "Phụ lục 5. Cách tính lại",
    ]
    assert not [block for block in report.blocks if isinstance(block, Command)]  # nothing of machines is signed
    signed = said(replace(report, annex=()))
    assert summary.data_version not in signed
    assert not re.search(r"[Hh]ạng", signed)
    lines = [block for block in report.blocks if isinstance(block, Blank)]
    assert [(one.lines, one.dotted) for one in lines] == [(2, True), (2, True), (3, True)]
    assert lines[-1].leads  # the signature is never alone on its page


def test_the_head_is_that_of_an_official_report(summary: Summary) -> None:
    report = contents(summary)
    assert (report.authority, report.issuer) == ("UBND TỈNH QUẢNG NINH", "SỞ NỘI VỤ")
    assert report.state == "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
    assert report.motto == "Độc lập - Tự do - Hạnh phúc"
    assert report.number == "Số: ……/BC-SNV"
    assert report.place_and_day == "Quảng Ninh, ngày … tháng … năm 2026"


def test_the_index_stands_with_interval_base_rule_and_survey(summary: Summary) -> None:
    words = said(contents(summary))
    assert "90,12% [89,40; 90,70]; 2.916 người" in words
    assert "tỷ lệ trả lời hài lòng (mức 4 và 5)" in words
    assert "đợt thu-nghiem" not in words
    assert lower(summary.wave.title) in contents(summary).subject[0]
    assert "9,88% [9,30; 10,60]: Bình thường; Không hài lòng; Rất không hài lòng." in words
    assert "SIPAS" not in words


def test_the_report_and_the_public_page_call_people_as_the_document_does(summary: Summary) -> None:
    assert "lấy ý kiến người dân tại" in said(contents(summary))
    asked = replace(summary.questionnaire, people=Text("doanh nghiệp", "businesses"))
    summary = replace(summary, questionnaire=asked)
    assert "lấy ý kiến doanh nghiệp tại" in said(contents(summary))
    release = Release(wave="thu-nghiem", number=1, frozen=date(2026, 2, 5))
    assert " doanh nghiệp đã trả lời" in result_words.asked(summary, release)


def test_people_are_never_said_to_have_answered_after_the_day_of_the_data(make: Make) -> None:
    for data_day, last in ((date(2026, 2, 5), date(2026, 2, 5)), (date(2027, 1, 3), date(2026, 12, 31))):
        with speaking("vi"):
            summary = make(data_day=data_day)
            days = f"từ {official_day(summary.wave.opens)} đến {official_day(last)}"
            assert days in said(contents(summary)).lower()


def compared(summary: Summary, verdict: Group | None, low: float | None = 0.005) -> Summary:
    """The summary a year after another, its index, first item and first commune with this verdict."""
    assert summary.index is not None
    code, unit = summary.items[0].code, summary.units[10].unit.code
    old = Wave(**{column.key: getattr(summary.wave, column.key) for column in Wave.__table__.columns})
    old.code, old.opens = "truoc", date(2024, 10, 1)
    difference = Difference("x", None, "old", "new", 0.0134, 0.004, low, 0.0219, 108, 0.002, 5832, "direct")
    found = difference if verdict else None

    def beside(*changes: Change) -> Comparison:
        rules = (summary.rule, summary.rule)
        return Comparison(old, summary.wave, rules, changes, (), (), (), {}, (), (), kept=False)

    record = summary.index.estimate
    whole = beside(
        Change("index", None, None, record, record, found, verdict),
        Change(code, "4,5", None, record, record, found, verdict),
    )
    units = beside(Change("index", None, unit, record, record, found, verdict))
    return replace(summary, since=Since(summary.wave, old, True, whole, units))


@pytest.mark.parametrize(
    ("verdict", "low", "told"),
    [
        (
            "above",
            0.005,
            (
                "tăng: +1,34 điểm % [0,50; 2,19]",
                "So được 1 nội dung với năm 2024. Có 1 nội dung tăng:",
                "1 nơi tăng",
            ),
        ),
        ("signs_above", 0.005, ("có dấu hiệu tăng nhưng chưa đủ để kết luận", "Có dấu hiệu tăng:")),
        ("not_apart", -0.005, ("chưa đủ cơ sở để nói là tăng hay giảm", "Không nội dung nào tăng vượt sai số.")),
        (None, None, ("Không có số liệu của năm 2024 để so sánh.",)),
    ],
)
def test_what_moved_is_told_only_where_its_test_says_so(
    summary: Summary, verdict: Group | None, low: float | None, told: tuple[str, ...]
) -> None:
    words = said(contents(compared(summary, verdict, low))).replace("\N{NO-BREAK SPACE}", " ")
    for one in told:
        assert one in words
    assert ("1 nội dung tăng" in words) == (verdict == "above")


def test_a_wave_before_that_is_not_released_is_named_and_no_more(summary: Summary) -> None:
    since = compared(summary, "above").since
    assert since is not None
    assert f"đợt trước ({since.former.title}) chưa công bố" in said(
        contents(replace(summary, since=Since(since.wave, since.former, False)))
    )
    assert "không có đợt nào để so sánh" in said(contents(summary))


def test_a_report_of_withdrawn_figures_says_so_on_each_page(summary: Summary) -> None:
    gone = Release(wave="thu-nghiem", number=1, withdrawn=date(2026, 3, 1), withdrawal="sai quyền số")
    report = contents(replace(summary, release=gone))
    assert report.marks == ("ĐÃ THU HỒI", "Dữ liệu mô phỏng")
    assert "số 1 bị thu hồi ngày 01/03/2026: sai quyền số." in said(report)
    assert "Đây là dự thảo" not in said(report)
    now = said(contents(replace(summary, withdrawn=gone)))
    assert "Đây là dự thảo" in now  # the present data, while the release is withdrawn
    assert "sai quyền số." in now


def test_silence_stands_beside_the_answers_with_both_extremes(summary: Summary) -> None:
    report = contents(summary)
    asked = table(report, "phiền hà, sách nhiễu người dân")
    assert row(asked, "Không có công chức nào")[1:] == ("2.843", "90,06%", "[88,50; 91,43]")
    assert row(asked, "Có nhiều công chức")[1:] == ("2.843", "1,94%", "[1,41; 2,60]")
    assert row(asked, "Để trống (trên 2.916 người được hỏi)")[1:] == ("–", "2,50%", "–")
    words = said(report)
    assert "tỷ lệ là 1,89%" in words
    assert "tỷ lệ là 4,39%" in words


def test_no_case_reads_with_its_bound(summary: Summary) -> None:
    report = contents(summary)
    assert row(table(report, "phải đưa tiền"), "Nhiều người phải đưa")[1:] == (
        "2.843",
        "0 trên 2.843",
        "nhiều nhất 0,1%",
    )
    assert row(table(report, "Phiền hà, sách nhiễu và tiền"), "Phường Hà Tu")[1] == "0 trên 54, nhiều nhất 6,6%"
    shares = re.findall(r"(?<![\d,])0,00%", said(report))
    assert len(shares) == 1  # the share if nobody of the silent had the answer


def test_what_is_hidden_leaves_no_figure_anywhere(make: Make) -> None:
    """A mark on a record must be enough, even where its numbers were left in."""
    plain = make()
    secret = 0.123456
    units = list(plain.units)
    for place, flag in ((10, "hidden"), (11, "hidden_with")):
        record = replace(
            units[place].index, estimate=secret, low=secret - 0.01, high=secret + 0.01, n=4321, flags=(flag,)
        )
        record = replace(record, standing="above")
        units[place] = replace(units[place], index=record, headlines=(record, record), ranks=(41, 43))
    items = [replace(plain.items[0], estimate=record), *plain.items[1:]]
    report = contents(make(units=tuple(units), items=tuple(items)))
    words = said(report)
    for number in ("12,3", "11,3", "13,3", "4.321", "41–43"):
        assert number not in words
    name = units[10].unit.name
    assert row(table(report, "Chỉ số hài lòng chung theo xã"), f"Xã {name}")[1:] == ("–", "ẩn", "–", "–", "–")
    signed = said(replace(report, annex=()))
    assert "Cao hơn: phường Phong Cốc, đặc khu Cô Tô." in signed
    assert name not in signed


def test_a_hidden_headline_takes_its_sentences_along(make: Make, summary: Summary) -> None:
    first = summary.headlines[0]
    gone = tuple(
        replace(
            line, estimate=replace(line.estimate, estimate=None, low=None, high=None, n=None, flags=("hidden",))
        )
        for line in first.values
    )
    hidden = replace(first, values=gone, blank=None, least=None, most=None)
    report = contents(make(headlines=(hidden, *summary.headlines[1:])))
    words = said(report)
    for number in ("1,89%", "4,39%"):
        assert number not in words
    assert "C5=3" not in words  # no command that would show it either
    # Nor the share of the silent, which with the number of those asked gives the number of answers.
    assert [line.cells[2] for line in table(report, "phiền hà, sách nhiễu người dân").rows] == ["ẩn"] * 3


def test_one_or_two_cases_can_not_be_worked_out_from_the_extremes(make: Make, summary: Summary) -> None:
    first = summary.headlines[0]
    values = tuple(
        replace(line, estimate=replace(line.estimate, estimate=None, low=None, flags=("under_3",)))
        if line is first.line
        else line
        for line in first.values
    )
    few = replace(first, values=values, least=None, most=None)
    words = said(contents(make(headlines=(few, *summary.headlines[1:]))))
    assert "1,89%" not in words
    assert "dưới 3 trường hợp" in words


def test_communes_are_counted_by_groups_and_a_rank_is_a_range(summary: Summary) -> None:
    report = contents(summary)
    words = said(report)
    assert "2 nơi cao hơn, 1 nơi thấp hơn, 47 nơi chưa phân biệt được" in words
    assert "Cao hơn: phường Phong Cốc, đặc khu Cô Tô." in words
    assert "Không so sánh vì số liệu bị ẩn: 1 nơi." in words
    assert "Chưa so sánh được vì chưa đủ thôn hoặc quá ít người trả lời: 2 nơi." in words
    low = table(report, "Những nơi thấp hơn phần còn lại")
    assert [line.cells[0] for line in low.rows] == ["Phường Hà Tu"]
    communes = table(report, "Chỉ số hài lòng chung theo xã")
    assert row(communes, "Đặc khu Cô Tô")[4:] == ("1–9", "cao hơn")
    assert all(re.fullmatch(r"\d+(–\d+)?|–", line.cells[4]) for line in communes.rows)


def test_the_table_of_communes_is_no_ranking(summary: Summary) -> None:
    names = [
        line.cells[0].split(" ", 1)[1] for line in table(contents(summary), "Chỉ số hài lòng chung theo xã").rows
    ]
    assert names[:4] == ["An Sinh", "Ba Chẽ", "Bãi Cháy", "Bình Khê"]
    assert names.index("Đầm Hà") > names.index("Cửa Ông")


def test_few_answers_are_marked_and_the_mark_explained(summary: Summary) -> None:
    communes = table(contents(summary), "Chỉ số hài lòng chung theo xã")
    assert row(communes, "Phường Việt Hưng")[2] == "81,2%*"
    assert any(note.startswith("* Ít: dưới 30") for note in communes.notes)
    assert row(communes, "Phường Bãi Cháy")[2:4] == ("88,9%†", "chưa đủ để tính khoảng")


def test_the_method_names_all_that_a_figure_rests_on(summary: Summary) -> None:
    report = contents(summary)
    words = said(report)
    for fact in (
        "106 thôn, tổ dân phố trong 53 tầng",
        "Không theo mẫu: 37.",
        "Quyền số: phiên bản 1.",
        "(centered)",
        "Korn–Graubard",
        "hệ số tương quan nội cụm",
        "Số liệu bị ẩn trong báo cáo: 7.",
    ):
        assert fact in words
    forms = table(report, "Phiếu")
    assert [line.cells for line in forms.rows][:4] == [
        ("Phát ra", "2.916"), ("Thu về", "2.953"), ("Hợp lệ, tính vào số liệu", "2.916"), ("Không theo mẫu", "37"),
    ]  # fmt: skip


def test_pooling_is_told_only_where_it_was_done(make: Make, summary: Summary) -> None:
    direct = tuple(replace(record, variance="direct") for record in summary.records)
    assert "được gộp từ" not in said(contents(make(records=direct)))


def test_the_trial_of_the_intervals_is_quoted_as_it_is_published(summary: Summary, opened: Summary) -> None:
    published = (Path(__file__).parents[3] / "docs" / "coverage.md").read_text(encoding="utf-8")
    for villages, alone, pooled, worst in COVERAGE:
        alike = re.search(rf"ρ = 0.05 \| 0.9 \| {villages} \| (\S+) /[^|]*\| (\S+) /", published)
        unlike = re.search(rf"ρ log-normal \| 0.9 \| {villages} \|[^|]*\| \S+ / (\S+) ", published)
        assert alike is not None
        assert unlike is not None
        assert [float(one) for one in (*alike.groups(), unlike[1])] == [alone, pooled, worst]
    assert row(table(contents(summary), "chứa giá trị thật"), "2") == ("2", "99,6%", "98,1%", "93%")
    assert "chứa giá trị thật" not in said(contents(opened))


def test_it_says_how_to_get_the_same_figures(summary: Summary) -> None:
    commands = [block.text for block in contents(summary).annex if isinstance(block, Command)]
    assert commands[0] == summary.data_version
    assert commands[1] == "hailong data --wave thu-nghiem --format csv --out thu-nghiem.csv"
    assert (
        "hailong estimate thu-nghiem.csv --weights weight --strata stratum --psu psu --item C5=3 --variance auto "
        "--single-psu centered --output json"
    ) in commands


def test_the_figures_of_a_release_are_got_from_that_release(summary: Summary) -> None:
    released = replace(summary, release=Release(wave="thu-nghiem", number=2))
    commands = [block.text for block in contents(released).annex if isinstance(block, Command)]
    assert "hailong data --wave thu-nghiem --release 2 --format csv --out thu-nghiem.csv" in commands
    assert commands[2].startswith("hailong estimate thu-nghiem.csv --weights weight")
    assert "--index index=gt_hinh_thuc," in commands[2]


def test_an_index_that_counts_no_share_is_got_from_the_database(summary: Summary) -> None:
    assert summary.rule is not None
    scores = {item: {5: 1.0, 4: 0.8} for item in summary.rule.scores}
    released = replace(
        summary, release=Release(wave="thu-nghiem", number=2), rule=replace(summary.rule, scores=scores)
    )
    commands = [block.text for block in contents(released).annex if isinstance(block, Command)]
    assert "hailong results --wave thu-nghiem --item index --released --release 2 --output json" in commands


def test_draft_and_made_up_data_are_marked(summary: Summary, opened: Summary) -> None:
    assert contents(summary).marks == ("DỰ THẢO", "Dữ liệu mô phỏng")
    [notice] = [block for block in contents(summary).blocks if isinstance(block, Notice)]
    assert len(notice.text.splitlines()) == 2
    assert contents(opened).marks == ()
    assert not [block for block in contents(opened).blocks if isinstance(block, Notice)]


def test_a_wave_without_forms_is_no_draft_but_says_that_there_is_nothing_yet(summary: Summary) -> None:
    empty = replace(summary, collection=replace(summary.collection, in_sample=0))
    assert contents(empty).marks == ("CHƯA CÓ PHIẾU", "Dữ liệu mô phỏng")
    [notice] = [block for block in contents(empty).blocks if isinstance(block, Notice)]
    assert notice.text.splitlines()[1] == "Chưa có phiếu nào được tính nên chưa có con số nào."


def test_an_open_wave_claims_no_more_than_it_knows(opened: Summary) -> None:
    report = contents(opened)
    words = said(report)
    assert "khoảng dao động" in words
    assert "không cho biết gì về những người không trả lời" in words
    assert words.count("khoảng tin cậy") == 1  # "…, không phải khoảng tin cậy"
    assert "Mẫu phân tầng" not in words
    said_of_villages = re.sub("† Chỉ có một thôn, hoặc một ngày", "", words)
    assert not re.search(r"\bthôn\b", said_of_villages)  # its days stand for villages
    assert "khảo sát sự hài lòng" not in " ".join(report.subject)
    assert "tính theo quyền số" not in said(contents(replace(opened, weighting="")))
    own = commune.contents(opened, opened.units[0])
    assert not re.search(r"\b[Mm]ẫu\b|khảo sát", said(own).replace("không chọn mẫu", ""))
    assert "khảo sát" not in " ".join(own.subject)


def test_a_questionnaire_without_an_index_has_a_report_too(make: Make) -> None:
    report = contents(make(index=None, rule=None, areas=(), factors=(), items=(), units=(), records=()))
    assert headings(report, 0)[0] == "Phụ lục 1. Kết quả theo từng câu hỏi"
    assert "1. Phiền hà, sách nhiễu và tiền ngoài quy định" in headings(report, 2)


def test_by_the_rule_of_means_there_is_no_share_of_the_dissatisfied(make: Make, summary: Summary) -> None:
    index = summary.questionnaire.index
    assert index is not None
    score: list[Estimate] = [replace(line.estimate, statistic="mean", value=None) for line in summary.items]
    items = tuple(replace(line, estimate=record) for line, record in zip(summary.items, score, strict=True))
    report = contents(make(rule=index.rules["mean"], items=items))
    words = said(report)
    assert "điểm trung bình chia 5" in words
    assert "ở mức bình thường trở xuống" not in words
    assert row(table(report, "Chỉ số hài lòng chung, theo câu hỏi"), "Hình thức cung cấp")[2] == "84,00%"


def test_it_speaks_the_language_that_is_asked_for_and_no_other(summary: Summary) -> None:
    with speaking("en"):
        words = said(contents(summary))
    assert "90.12% [89.40; 90.70]; 2,916 people" in words
    assert "Many officials" in words
    assert "in another language" not in words  # labels of the page on which the summary was gathered
    left = re.findall(r"\b(?:của|không|được|người|phường|ẩn)\b", words)
    assert not left
