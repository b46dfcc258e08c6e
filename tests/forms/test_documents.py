"""The questionnaires that come with the platform keep the codes, scales and promises that others rely on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from forms import Condition, DocumentError, Item, Questionnaire, Text, crosswalk, parse, shipped
from forms.crosswalk import same_question
from forms.parsing import NO_BREAK
from translations import speaking

SHIPPED = {questionnaire.name: questionnaire for questionnaire in shipped()}
HOUSEHOLD, SHORT = SHIPPED["ho_gia_dinh@1"], SHIPPED["noi_phuc_vu@1"]
SECOND, ONE_TAP = SHIPPED["noi_phuc_vu@2"], SHIPPED["mot_cham@1"]
EACH = pytest.mark.parametrize("questionnaire", SHIPPED.values(), ids=SHIPPED)

# The blocks of the paper form with the codes of their items, in the order of the paper.
BLOCKS = {
    "A": "gioi_tinh dan_toc do_tuoi hoc_van nghe_nghiep",
    "C1": "qt_kinh_te qt_y_te qt_giao_duc qt_nuoc qt_dien qt_trat_tu qt_giao_thong qt_an_sinh qt_cai_cach",
    "C2": "C2",
    "C3": "ph_loa ph_hop ph_can_bo ph_nguoi_than ph_bao_dai ph_internet ph_khac",
    "C4": "C4",
    "C5": "C5",
    "C6": "C6",
    "C7": "ht_truc_tiep ht_toan_trinh ht_mot_phan",
    "C8": "tn_giao_duc tn_y_te tn_hcc_tinh tn_hcc_xa tn_hoi tn_danh_gia tn_phan_anh",
    "C9": "gt_hinh_thuc gt_day_du tg_gop_y tg_phan_hoi "
    "th_kinh_te th_y_te th_giao_duc th_trat_tu th_giao_thong th_dien th_nuoc th_an_sinh th_cai_cach "
    "kq_kinh_te_gd kq_kinh_te_xh kq_y_te kq_giao_duc kq_trat_tu kq_giao_thong "
    "kq_dien kq_nuoc kq_an_sinh kq_cong_vu "
    "tc_bien_hieu tc_ghe_ban tc_thiet_bi tt_niem_yet tt_ho_so tt_phi tt_thoi_han "
    "cc_thai_do cc_huong_dan cc_tuan_thu kq_dung_hen kq_chinh_xac kq_cong_bang pa_hinh_thuc pa_xu_ly pa_thong_bao",
    "C10": "mm_minh_bach mm_giai_trinh mm_giam_sat mm_hieu_qua mm_co_so mm_nang_luc mm_thai_do mm_cntt "
    "mm_truc_tuyen mm_phan_anh",
}
# The choices of each item run from 1 to this.
LAST = {
    "gioi_tinh": 2,
    "dan_toc": 2,
    "do_tuoi": 5,
    "hoc_van": 6,
    "nghe_nghiep": 7,
    "C2": 7,
    "C4": 4,
    "C5": 3,
    "C6": 3,
}
LAST_OF_BLOCK = {"C1": 4, "C3": 4, "C7": 4, "C8": 2, "C9": 5, "C10": 4}
OTHERS = {"dan_toc_khac": 2, "hoc_van_khac": 6, "nghe_nghiep_khac": 7, "C2_khac": 7}
FACTORS = {
    "index": 39,
    "index:CS": 23,
    "index:CS.A": 2,
    "index:CS.B": 2,
    "index:CS.C": 9,
    "index:CS.D": 10,
    "index:DV": 16,
    "index:DV.A": 3,
    "index:DV.B": 4,
    "index:DV.C": 3,
    "index:DV.D": 3,
    "index:DV.E": 3,
}
DIGESTS = {
    "ho_gia_dinh@1": "da7c8dea6eb568d622c0931a38bb83ba367fdddfec9cee13b4e3689ec5aa5072",
    "ho_gia_dinh@2": "60c9d53cca0563bb65554d25dc19fa46dc9d708760e27962254893f4edb07964",
    "mot_cham@1": "753fc01421dd85d7a69be91cf713dd8596ef1ac674dc70dc7c76287264027c35",
    "noi_phuc_vu@2": "8e6f475a42e44ee14ebfcaabbf9eef19c0788616c6b0e4adea47b343278b3ed0",
    "noi_phuc_vu@1": "9d448f4ac5de82885b15e45b863ead45f6133885f9b5c1f7990048ff3dd29a59",
}
# Words that a line never splits, whatever the document lists.
WHOLE_WORDS = (
    "hồ sơ, rõ ràng, hài lòng, thủ tục, hành chính, chính sách, công chức, quy định, phiền hà, sách nhiễu"
)


def prose(questionnaire: Questionnaire) -> Iterator[Text]:
    """What is read as running text: all but the names for tables."""
    yield from (questionnaire.purpose, questionnaire.consent)
    yield from (page.intro for page in questionnaire.pages if page.intro)
    for item in questionnaire.keyed:
        yield from (text for text in (item.label, item.hint, item.reason) if text)


def test_the_household_form_has_84_items_under_their_codes_in_the_order_of_the_paper() -> None:
    paper = {page.code: [item.code for item in page.items if item.no] for page in HOUSEHOLD.paper}
    assert paper == {block: codes.split() for block, codes in BLOCKS.items()}
    assert list(paper) == list(BLOCKS)
    assert [item.no for item in HOUSEHOLD.keyed if item.no] == list(range(1, 85))


def test_on_a_screen_the_person_comes_last() -> None:
    assert [page.code for page in HOUSEHOLD.pages] == [*list(BLOCKS)[1:], "A"]
    assert sum(len(page.screens) for page in HOUSEHOLD.pages) == 53


def test_kinds_choices_and_levels_are_those_of_the_paper_form() -> None:
    for item in HOUSEHOLD.keyed:
        if item.no:
            last = LAST.get(item.code) or LAST_OF_BLOCK[item.page]
            assert list(item.choices) == list(range(1, last + 1)), item.code
            kind = "multiple" if item.code == "C2" else "single" if item.code in LAST else "scale"
            assert (item.kind.name, item.missing) == (kind, frozenset()), item.code


def test_only_the_texts_beside_a_choice_have_a_condition() -> None:
    texts = {item.code: item for item in HOUSEHOLD.keyed if item.kind.is_text}
    assert set(texts) == {*OTHERS, "C10_khac"}
    for code, choice in OTHERS.items():
        assert texts[code].beside == code.removesuffix("_khac")
        assert texts[code].show_if == Condition("item", item=code.removesuffix("_khac"), values=(choice,))
    assert (texts["C10_khac"].beside, texts["C10_khac"].page) == (None, "C10")
    assert [item.code for item in HOUSEHOLD.keyed if item.show_if] == [
        item.code for item in HOUSEHOLD.keyed if item.code in OTHERS
    ]


def test_rows_of_a_short_scale_stand_together_and_satisfaction_is_asked_one_by_one() -> None:
    assert {page.code for page in HOUSEHOLD.pages if page.together} == {"C1", "C3", "C7", "C8", "C10"}
    assert all(page.intro for page in HOUSEHOLD.pages if page.together)


def test_the_household_index_has_two_areas_and_nine_factors() -> None:
    index = HOUSEHOLD.index
    assert index
    assert {code: len(items) for code, items in index.codes().items()} == FACTORS
    assert list(index.codes()["index"]) == BLOCKS["C9"].split()
    assert (index.rule, list(index.rules)) == ("share", ["share", "mean"])
    assert [dict(table) for table in index.rules["share"].tables] == [{1: 0, 2: 0, 3: 0, 4: 1, 5: 1}]
    assert [dict(table) for table in index.rules["mean"].tables] == [{1: 0.2, 2: 0.4, 3: 0.6, 4: 0.8, 5: 1}]


def test_what_is_sensitive_gives_its_reason() -> None:
    def sensitive(questionnaire: Questionnaire) -> list[Item]:
        return [item for item in questionnaire.items.values() if item.sensitive]

    assert [item.code for item in sensitive(HOUSEHOLD)] == ["C5", "C6", "dan_toc", "dan_toc_khac"]
    assert [item.code for item in sensitive(SHORT)] == ["bi_phien_ha", "bi_doi_tien", "da_dua_tien"]
    for item in sensitive(HOUSEHOLD) + sensitive(SHORT):
        assert item.reason or item.beside
    for questionnaire in SHIPPED.values():
        for page in questionnaire.pages:
            assert not re.search("tiền|phiền|sách nhiễu|money|harass", page.title.vi + page.title.en)


def test_headlines_are_perception_in_the_one_and_experience_in_the_other() -> None:
    assert [(line.item, line.value, line.none) for line in HOUSEHOLD.headlines] == [("C5", 3, 1), ("C6", 3, 1)]
    assert [(line.item, line.value, line.none) for line in SHORT.headlines] == [
        ("bi_phien_ha", 1, 2),
        ("bi_doi_tien", 1, 2),
        ("da_dua_tien", 1, 2),
    ]
    assert set(HOUSEHOLD.items).isdisjoint(SHORT.items)


def test_the_short_form_has_its_twelve_items_in_order() -> None:
    assert " ".join(SHORT.items) == (
        "dich_vu hl_chung hl_tiep_can hl_thu_tuc hl_cong_chuc hl_ket_qua hl_phan_anh "
        "tiep_xuc bi_phien_ha bi_doi_tien da_dua_tien gop_y"
    )


def test_experience_is_asked_of_those_who_met_an_official() -> None:
    for code in ("bi_phien_ha", "bi_doi_tien", "da_dua_tien"):
        item = SHORT.items[code]
        assert item.show_if == Condition("item", item="tiep_xuc", values=(1,))
        assert item.label.vi.startswith(f"Trong 12{NO_BREAK}tháng qua, ")
        assert item.label.en.startswith("In the last 12 months, ")
        assert list(item.choices) == [1, 2, 98, 99]
        assert item.missing == {98, 99}
    assert SHORT.items["tiep_xuc"].missing == {98, 99}


def test_the_index_of_the_short_form_leaves_the_overall_question_out() -> None:
    index = SHORT.index
    assert index
    assert index.codes()["index"] == ("hl_tiep_can", "hl_thu_tuc", "hl_cong_chuc", "hl_ket_qua", "hl_phan_anh")
    assert [len(items) for items in index.codes().values()] == [5, 5, 1, 1, 1, 1, 1]


def test_a_remark_warns_of_names() -> None:
    remark = SHORT.items["gop_y"]
    assert (remark.kind.name, remark.max_length) == ("text", 2000)
    assert remark.hint
    assert "đừng ghi tên" in remark.hint.vi
    assert "no names" in remark.hint.en


@EACH
def test_consent_says_who_asks_what_is_kept_how_long_and_that_sending_is_the_act(
    questionnaire: Questionnaire,
) -> None:
    vietnamese = questionnaire.consent.vi.replace(NO_BREAK, " ")
    for words in (
        "Sở Nội vụ",
        "không ghi tên, địa chỉ",
        "ngày gửi",
        "ngôn ngữ",
        "ai đã giúp",
        "Tỉnh hủy",
        "12 tháng",
        "bỏ qua",
        "Gửi phiếu nghĩa là",
    ):
        assert words in vietnamese
    for words in (
        "Home Affairs",
        "no name, address",
        "the day",
        "the language",
        "who helped",
        "12 months",
        "Leave out",
        "Sending the form means",
    ):
        assert words in questionnaire.consent.en


@EACH
def test_no_word_of_a_question_is_split_at_the_end_of_a_line(questionnaire: Questionnaire) -> None:
    words = "|".join(questionnaire.document["joined"] + WHOLE_WORDS.split(", "))
    split = re.compile(rf"(?<!\w)({words})(?!\w)", re.IGNORECASE)
    broken = [(found[0], text.vi) for text in prose(questionnaire) if (found := split.search(text.vi))]
    assert broken == []


@EACH
def test_every_listed_word_is_used(questionnaire: Questionnaire) -> None:
    everything = " ".join(text.vi for text in prose(questionnaire)).replace(NO_BREAK, " ").casefold()
    assert [word for word in questionnaire.document["joined"] if word.casefold() not in everything] == []


@EACH
def test_a_question_fits_three_lines_of_a_phone(questionnaire: Questionnaire) -> None:
    """About 28 letters of 22 px fit into 328 px: three lines were measured in a browser up to these lengths."""
    for item in questionnaire.keyed:
        assert len(item.label.vi) <= 80, item.label.vi
        assert len(item.label.en) <= 82, item.label.en


@EACH
def test_names_for_tables_are_short_plain_and_told_apart(questionnaire: Questionnaire) -> None:
    for language in ("vi", "en"):
        names = [getattr(item.short, language) for item in questionnaire.keyed]
        assert max(map(len, names)) <= 60
        assert not [name for name in names if NO_BREAK in name or "?" in name]
        assert len(set(names)) == len(names), [name for name in names if names.count(name) > 1]


@EACH
def test_the_two_languages_are_not_one_copied_twice(questionnaire: Questionnaire) -> None:
    assert not [text.en for text in prose(questionnaire) if text.vi.replace(NO_BREAK, " ") == text.en]
    english = " ".join(text.en for text in prose(questionnaire))
    assert not re.search("[ăâđêôơưạảấầậắặẹếềệỉịọốồộớờợụứừựỳỵ]", english)


@EACH
def test_a_version_that_was_shipped_does_not_change(questionnaire: Questionnaire) -> None:
    """An installation holds it for good. Another wording is another version, with its digest here."""
    assert questionnaire.digest == DIGESTS[questionnaire.name]


def test_the_second_short_form_asks_one_thing_at_a_time_and_sounds_like_no_confession() -> None:
    assert " ".join(SECOND.items) == (
        "dich_vu hl_chung hl_cho hl_ho_so hl_le_phi hl_thoi_han hl_cong_chuc hl_ket_qua hl_phan_anh "
        "tiep_xuc bi_phien_ha bi_doi_tien da_dua_tien gop_y"
    )
    own = {"hl_le_phi": {95}, "hl_ket_qua": {97}, "hl_phan_anh": {96}}
    for item in SECOND.items.values():
        if item.kind.is_scale:
            assert item.missing == own.get(item.code, set())
            two = (
                item.label.vi.replace(NO_BREAK, " ")
                .partition(" với ")[2]
                .replace("phí, lệ phí", "")
                .replace("tiếp nhận, xử lý góp ý, phản ánh", "")
            )
            assert not re.search(", | và | hoặc ", two)
    for code in ("bi_phien_ha", "bi_doi_tien", "da_dua_tien"):
        item = SECOND.items[code]
        assert item.sensitive
        assert item.show_if == Condition("item", item="tiep_xuc", values=(1,))
        said = item.short.vi + item.short.en + SECOND.pages[2].title.vi
        assert not re.search("đòi|phiền|đưa|ngoài quy định|brib|ask|gave", said)
    for code in ("bi_doi_tien", "da_dua_tien"):
        hint = SECOND.items[code].hint
        assert hint
        assert "tiền cảm ơn, bồi dưỡng, lót tay, quà" in hint.vi.replace(NO_BREAK, " ")


def test_one_touch_is_followed_by_the_questions_of_the_short_form() -> None:
    assert ONE_TAP.one_tap
    assert list(ONE_TAP.one_tap.pictures.values()) == ["clock", "paper", "speech", "envelope"]
    assert [*ONE_TAP.items][:2] == [ONE_TAP.one_tap.answer, ONE_TAP.one_tap.why]
    assert ONE_TAP.items["ly_do"].sensitive  # one of its reasons is harassment
    for code in [*ONE_TAP.items][2:]:
        own, other = ONE_TAP.items[code], SECOND.items[code]
        assert (own.label, own.choices, own.hint, own.show_if) == (
            other.label,
            other.choices,
            other.hint,
            other.show_if,
        )


def test_from_the_first_short_form_leads_a_crosswalk() -> None:
    walk = crosswalk.load(crosswalk.SHIPPED / "noi_phuc_vu@2.yaml", SHIPPED.__getitem__)
    then = walk.questionnaire(SHORT)
    alike = {
        code for code in SECOND.items if code in then.items and same_question(then.items[code], SECOND.items[code])
    }
    assert alike == {"dich_vu", "hl_chung", "hl_cong_chuc", "hl_ket_qua", "hl_phan_anh", "gop_y"}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"answer": "ly_do"}, "Name the first item here"),
        ({"why": "dich_vu"}, "Name the second item here"),
        ({"pictures": {"1": "clock", "9": "paper"}}, "Write a choice of ly_do"),
        ({"pictures": {"1": "clock"}}, "Add a picture for 2, 3, 4"),
        ({"pictures": {"1": "sun"}}, "Write one of clock"),
    ],
)
def test_one_touch_is_of_the_first_two_items_and_each_reason_has_a_picture(
    wrong: dict[str, Any], told: str
) -> None:
    document = ONE_TAP.document
    document["one_tap"] |= wrong
    with speaking("en"), pytest.raises(DocumentError, match=told):
        parse(document)


def test_the_second_household_form_keeps_codes_and_index_and_mends_our_wording() -> None:
    second = SHIPPED["ho_gia_dinh@2"]
    assert [(item.code, item.no) for item in second.keyed] == [(item.code, item.no) for item in HOUSEHOLD.keyed]
    assert second.index == HOUSEHOLD.index
    assert (second.headlines, second.quality and second.quality.again) != ((), None)
    assert second.items["hoc_van"].choices[7].vi == "Chưa đi học"
    assert second.items["C4"].choices[5].vi == "Không sẵn sàng góp ý"
    parts = [page for page in second.pages if page.code.startswith("C9")]
    assert sum(len(page.screens) for page in parts) == 39
    assert all(len(page.items) <= 13 for page in parts)
    for item in second.items.values():
        assert "theo quy định" not in item.label.vi.replace(NO_BREAK, " ")
        if item.code.startswith(("tc_", "tt_", "cc_", "pa_", "kq_d", "kq_ch", "kq_cong_b")):
            page = next(page for page in second.pages if page.code == item.page)
            assert (page.intro is not None) == (item.code not in ("kq_dien",))
    walk = crosswalk.load(crosswalk.SHIPPED / "ho_gia_dinh@2.yaml", SHIPPED.__getitem__)
    then = walk.questionnaire(HOUSEHOLD)
    assert {code for code, item in second.items.items() if same_question(then.items[code], item)} == {
        *second.items
    }


def test_each_question_was_checked_in_the_table_of_questions() -> None:
    table = (Path(__file__).resolve().parent.parent.parent / "docs" / "cau-hoi.md").read_text("utf-8")
    for name in ("ho_gia_dinh@2", "noi_phuc_vu@2", "mot_cham@1"):
        for item in SHIPPED[name].items.values():
            asked = f"| `{item.code}` | {item.label.vi.replace(NO_BREAK, ' ')} |"
            assert item.beside or asked in table or (name == "mot_cham@1" and f"| `{item.code}` |" in table)
