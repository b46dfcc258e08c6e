"""What a version says otherwise than the one before."""

from __future__ import annotations

from typing import Any

from forms import POPULATIONS, differences, parse, shipped


def changed(which: str = "tiep_xuc", **texts: Any) -> list[differences.Difference]:
    """The differences of a short form of which one question is changed."""
    old = next(one for one in shipped() if one.name == "noi_phuc_vu@2")
    document = old.document
    for page in document["pages"]:
        for item in page["items"]:
            if item["code"] == which:
                item |= texts
    return list(differences.between(old, parse(document)))


def test_a_version_differs_from_itself_in_nothing() -> None:
    assert changed() == []


def test_another_word_in_the_vietnamese_question_asks_whether_it_can_be_compared() -> None:
    (one,) = changed(label={"vi": "Ông/Bà có gặp công chức không?", "en": "Have you dealt with an official?"})
    assert (one.place, one.code, one.what, one.asks) == ("item", "tiep_xuc", "changed", True)


def test_another_word_in_english_alone_asks_nothing() -> None:
    old = next(one for one in shipped() if one.name == "noi_phuc_vu@2").items["tiep_xuc"]
    (one,) = changed(label={"vi": old.label.vi, "en": "Did you meet an official?"})
    assert not one.asks


def test_a_renamed_item_is_the_same_question_under_another_code() -> None:
    found = {(one.what, one.code, one.was) for one in changed("gop_y", code="loi_khac") if one.place == "item"}
    assert ("recoded", "loi_khac", "gop_y") in found
    assert not {what for what, code, _was in found if code == "gop_y"}


def test_a_condition_differs_by_what_it_looks_at_and_not_by_what_that_is_called() -> None:
    short = changed(short={"vi": "Gặp công chức", "en": "Met an official"})
    assert [(one.code, [said.part for said in one.said]) for one in short] == [("tiep_xuc", ["short"])]


def test_another_population_factor_or_score_is_told_and_a_word_of_a_question_is_not_one() -> None:
    old = next(one for one in shipped() if one.name == "noi_phuc_vu@2")
    document = old.document | {"population": "leaders"}
    document["index"]["rules"][1]["scores"]["3"] = 0.5
    document["index"]["areas"][0]["factors"][1]["items"].remove("hl_le_phi")
    found = {one.code: one for one in differences.between(old, parse(document))}
    assert list(found) == ["population", "index"]
    (population,) = found["population"].said
    assert (population.before and population.before.en, population.now and population.now.en) == (
        str(old.population.label),
        POPULATIONS["leaders"].label,
    )
    assert [said.part for said in found["index"].said] == ["factor", "rule"]
    assert "3 → 0.5" in str(found["index"].said[1].now and found["index"].said[1].now.en)
    assert not any(one.asks for one in found.values())


def test_words_are_paired_so_that_only_what_differs_is_marked() -> None:
    before, now = differences.words("Có hài lòng với hồ sơ không?", "Có hài lòng với giấy tờ không?")
    assert "".join(text for same, text in before if not same) == "hồsơ"
    assert "".join(text for _same, text in now) == "Có hài lòng với giấy tờ không?"
