"""What is changed of a document that is being written."""

from __future__ import annotations

from typing import Any

from forms import bank_documents, faults, parse, shipped
from survey.workshop import edits


def short() -> dict[str, Any]:
    return next(one for one in shipped() if one.name == "noi_phuc_vu@2").document


def codes(document: dict[str, Any]) -> list[str]:
    return [str(item["code"]) for _page, item in edits.items(document)]


def test_a_document_from_nothing_lacks_only_what_somebody_must_say() -> None:
    document = edits.blank("thuy_loi", "Ý kiến về thủy lợi")
    assert {one.error.place for one in faults.of(document)[0]} == {"title/en", "pages/phan_1/items/cau_1/label/vi"}


def test_a_question_moves_over_its_neighbour_and_onto_the_next_page() -> None:
    document = short()
    before = codes(document)
    edits.move(document, "hl_chung", 1)
    assert codes(document)[1:3] == [before[2], "hl_chung"]
    edits.move(document, "hl_chung", -1)
    assert codes(document) == before
    edits.move(document, "dich_vu", 1)  # the only one of its page, which goes
    assert len(document["pages"]) == 3
    assert codes(document) == before
    edits.move(document, "dich_vu", -1)
    assert codes(document) == before


def test_a_question_more_is_answered_as_the_one_before_it_where_that_one_has_a_scale() -> None:
    document = edits.blank("thuy_loi", "Ý kiến về thủy lợi")
    first = edits.find(document, "cau_1")
    assert first is not None
    first[1].update({"kind": "scale", "scale": "hai_long", "missing": [98]})
    for after in ("cau_1", ""):
        place = edits.find(document, edits.add_item(document, after))
        assert place is not None
        assert place[1] == {**first[1], "code": place[1]["code"]}
    first[1].update({"kind": "single", "choices": {1: {"vi": "Có", "en": "Yes"}}})
    del first[1]["scale"]
    place = edits.find(document, edits.add_item(document, "cau_1"))
    assert place is not None
    assert place[1]["kind"] == "text"


def test_a_question_that_is_taken_out_leaves_the_index_whole() -> None:
    document = short()
    edits.remove_item(document, "hl_cho")
    assert faults.of(document)[0] == ()
    assert "hl_cho" not in parse(document).index.codes()["index"]  # type: ignore[union-attr]


def test_a_question_that_others_depend_on_leaves_a_fault_at_each() -> None:
    document = short()
    edits.remove_item(document, "tiep_xuc")
    assert {one.code for one in faults.of(document)[0]} == {"bi_phien_ha", "bi_doi_tien", "da_dua_tien"}


def test_another_code_is_followed_wherever_it_is_named() -> None:
    document = short()
    edits.rename(document, "tiep_xuc", "gap")
    assert faults.of(document)[0] == ()
    assert parse(document).items["bi_doi_tien"].show_if.item == "gap"  # type: ignore[union-attr]


def test_a_choice_may_be_spelled_out_beside_the_question() -> None:
    document = short()
    edits.spell_out(document, "dich_vu", 10)
    text = parse(document).items["dich_vu_khac"]
    assert (text.beside, text.show_if.values if text.show_if else ()) == ("dich_vu", (10,))
    edits.spell_out(document, "dich_vu", None)
    assert "dich_vu_khac" not in codes(document)


def test_questions_of_a_version_come_with_their_codes_and_scales() -> None:
    document = edits.blank("moi", "Mới")
    left = edits.take(document, short(), ["hl_cho", "tiep_xuc", "khong_co"])
    assert left == ["khong_co"]
    assert codes(document)[1:] == ["hl_cho", "tiep_xuc"]
    assert edits.take(document, short(), ["hl_cho"]) == ["hl_cho"]


def test_what_has_a_name_in_the_draft_keeps_its_meaning() -> None:
    """`hai_long` says other words in the draft, and 98 is “không nhớ” there, not “không biết”."""
    document = edits.blank("moi", "Mới")
    scale, missing = document["scales"]["hai_long"], document["missing"]["98"]
    scale["3"] = {"vi": "Tạm được", "en": "Fair"}
    [shipped_bank] = bank_documents()
    assert not edits.take(document, shipped_bank.document, ["cs_bau_truong_thon", "cs_hop_thon"])
    assert (document["scales"]["hai_long"], document["missing"]["98"]) == (scale, missing)
    found = faults.of(document)[1]
    assert found is not None
    taken, source = found.items["cs_bau_truong_thon"], shipped_bank.items["cs_bau_truong_thon"]
    assert [text.vi for text in taken.choices.values()] == [text.vi for text in source.choices.values()]


def test_a_file_that_says_nothing_before_its_questions_gets_the_usual_words() -> None:
    title = {"vi": "Chợ", "en": "Market"}
    document = {**edits.blank("cho", "Chợ", "Market"), "consent": {"vi": "Lời khác", "en": "Other words"}}
    document["pages"][0]["title"] = dict(title)
    purpose = document.pop("purpose")
    assert edits.fill_in(document)
    assert (document["purpose"], document["consent"]["vi"]) == (purpose, "Lời khác")
    assert document["pages"][0]["title"] == {"vi": "Câu hỏi", "en": "Questions"}
    assert not edits.fill_in(document)
