"""A document becomes a questionnaire, or is refused with its file, its line and what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms import DocumentError, Questionnaire, load, parse
from translations import speaking

# What is changed in the small document, a text on the line that must be named, and what must be said of it.
REFUSED = [
    ("version: 2", "versoin: 2", "versoin", "Write version instead of versoin."),
    ("version: 2", "version: 2\nskips: []", "skips", "Take out skips: here stand only code, version"),
    ("version: 2", "version: zwei", "zwei", "Write a whole number from 1 to 9999 here."),
    ("version: 2", "version: true", "version: true", "Write a whole number"),
    ("version: 2\n", "", "code: thu", "Add version: it is needed here."),
    ("code: thu", "code: 1thu", "1thu", "Start a code with a letter"),
    ("code: thu", "code: thử", "code: thử", "Start a code with a letter"),
    ("title: {vi: Phiếu thử, en: Trial}", "title: {vi: Phiếu thử}", "title: {vi: P", "Write this text in en too"),
    ("title: {vi: Phiếu thử, en: Trial}", "title: {en: Trial}", "title: {en: Trial}", "Write this text in vi too"),
    ("title: {vi: Phiếu thử, en: Trial}", "title: {vi: '', en: Trial}", "{vi: ''", "Write a text of 1 to 2000"),
    ("title: {vi: Phiếu thử, en: Trial}", "title: {vi: 2024, en: Trial}", "2024", "quotation marks"),
    ("title: {vi: Phiếu thử, en: Trial}", "title: {vi: a, en: b, fr: c}", "fr: c", "Take out fr"),
    ("title: {vi: Phiếu thử, en: Trial}", "title: Trial", "title: Trial", "Write `key: value` lines here."),
    ("version: 2", "version: 2\nlanguages: {en: English}", "languages", "two or three letters"),
    ("version: 2", "version: 2\nlanguages: {Tày: Tày}", "languages", "two or three letters"),
    ("[hài lòng, thủ tục,", "[hài lòng, tốt,", "joined", "two or more syllables"),
    ("    3: {vi: Hài lòng, en: Satisfied}", "    ba: {vi: Hài lòng, en: Satisfied}", "ba:", "Number the choices"),
    (
        "    3: {vi: Hài lòng, en: Satisfied}",
        "    1: {vi: Hài lòng, en: Satisfied}",
        "Satisfied",
        "Take out the second 1",
    ),
    ("  muc:\n    1", "  muc: {}\n  mức:\n    1", "muc: {}", "Write `key: value` lines here."),
    ("kind: single", "kind: slider", "slider", "Write one of single, multiple, scale, number, text here."),
    ("kind: single", "kind: [single]", "[single]", "Write one of single"),
    ("        kind: single\n", "", "code: viec_gi\n", "Add kind: it is one of single"),
    ("code: kenh", "code: viec_gi", "code: viec_gi\n        kind: multiple", "another code: viec_gi is taken."),
    ("code: kenh", "code: VIEC_GI", "VIEC_GI", "VIEC_GI is taken"),
    ("code: kenh", "code: weight", "code: weight", "data files have a column weight of their own"),
    ("code: kenh", "code: kênh", "kênh", "Start a code with a letter"),
    ("code: kenh", "code: " + "k" * 41, "code: kk", "at most 39 letters"),
    ("code: kenh", "cod: kenh", "cod:", "Write code instead of cod."),
    (
        "          2: {vi: Báo, en: Press}\n          10: {vi: Mạng, en: Internet}\n",
        "",
        "choices:\n          1: {vi: Loa",
        "Add a choice: at least 2",
    ),
    ("{vi: Loa, en: Loudspeaker}", "{vi: Loa}", "vi: Loa}", "Write this text in en too"),
    ("missing: [98]", "missing: [99]", "[99]", "Write 99 and its text under `missing`"),
    ("missing: [98]", "missing: 98", "missing: 98", "Write a list here"),
    (
        "  98: {vi: Không biết, en: Don't know}",
        "  2: {vi: Không biết, en: Don't know}",
        "[98]",
        "Write 98 and its text",
    ),
    ("beside: viec_gi", "beside: kenh", "beside: kenh", "kenh does not stand before this one"),
    ("any: [2]}\n", "any: [7]}\n", "any: [7]", "Write one of 1, 2, 98 here: these are the choices of viec_gi."),
    ("any: [2]}\n", "any: []}\n", "any: []", "Write a list here"),
    ("any: [2]}\n", "none: [2]}\n", "none: [2]", "Take out none"),
    (
        "{item: viec_gi, any: [2]}",
        "{item: kenh, any: [2]}",
        "{item: kenh, any: [2]}",
        "Name an item that comes earlier: kenh",
    ),
    (
        "{item: viec_gi, any: [2]}",
        "{item: viec_gi_khac, any: [2]}",
        "viec_gi_khac, any",
        "Name an item that comes earlier",
    ),
    ("{item: viec_gi, any: [2]}", "{item: nowhere, any: [2]}", "nowhere", "nowhere does not stand before"),
    ("{not: {item: kenh, any: [10]}}", "{not: {item: lan, any: [1]}}", "lan, any", "lan has none"),
    ("{not: {item: kenh, any: [10]}}", "{not: {}}", "not: {}", "Write `key: value` lines here."),
    ("{not: {item: kenh, any: [10]}}", "{nor: {item: kenh, any: [10]}}", "nor", "Write not instead of nor"),
    ("{not: {item: kenh, any: [10]}}", "{all: [], any: []}", "all: [],", "Write one of `item` and `any`"),
    ("max_length: 20", "max_length: 0", "max_length: 0", "from 1 to 5000"),
    ("maximum: 50", "maximum: 0", "maximum: 0", "Write a maximum above the minimum."),
    ("        maximum: 50\n", "", "code: lan", "Add maximum"),
    ("minimum: 0", "minimum: ít", "ít", "Write a number from"),
    (
        "code: hl\n",
        "code: viec\n",
        "code: viec\n    title: {vi: Mức",
        "Give this page another code: viec is taken.",
    ),
    (
        "    together: true\n    items:\n      - code: hl_a",
        "    together: maybe\n    items:\n      - code: hl_a",
        "maybe",
        "Write true or false here.",
    ),
    (
        "        missing: [98]\n",
        "        missing: [98]\n        scale: muc\n",
        "scale: muc\n      - code: viec_gi_",
        "Take out scale",
    ),
    (
        "scale: muc\n        label: {vi: Thái độ",
        "scale: mức\n        label: {vi: Thái độ",
        "mức",
        "Write muc instead of mức.",
    ),
    (
        "        scale: muc\n        label: {vi: Thái độ",
        "        label: {vi: Thái độ",
        "code: hl_a",
        "Add scale: it is needed here.",
    ),
    ("sensitive: true", "sensitive: 1", "sensitive: 1", "Write true or false here."),
    ("paper: [hl, viec]", "paper: [hl]", "paper: [hl]", "Add viec: the paper form has every page."),
    ("paper: [hl, viec]", "paper: [hl, viec, hl]", "paper:", "Take out the second hl"),
    ("paper: [hl, viec]", "paper: [hl, viek]", "viek", "Write viec instead of viek."),
    ("rule: share", "rule: shere", "shere", "Write share instead of shere."),
    ("- name: mean", "- name: share", "- name: share\n      label: {vi: Trung", "Give this rule another name"),
    (
        "scores: {1: 0, 2: 0, 3: 1}",
        "scores: {1: 0, 2: 0}",
        "{1: 0, 2: 0}",
        "Add a score for 3: hl_a has this level.",
    ),
    (
        "scores: {1: 0, 2: 0, 3: 1}",
        "scores: {1: 0, 2: 0, 3: 1, 4: 1}",
        "4: 1",
        "Take out 4: hl_a has no such level.",
    ),
    ("scores: {1: 0, 2: 0, 3: 1}", "scores: {1: 0, 2: 0, 3: 5}", "3: 5", "Write a number from 0 to 1 here."),
    ("scores: {1: 0, 2: 0, 3: 1}", "scores: {1: 0, 2: 0, ba: 1}", "ba: 1", "Write the levels of the scale"),
    ("scores: {1: 0, 2: 0, 3: 1}", "scores: {muk: {1: 0, 2: 0, 3: 1}}", "muk:", "Take out muk: no item"),
    (
        "scores: {1: 0, 2: 0, 3: 1}",
        "scores: {muc: {1: 0, 3: 1}}",
        "{muc: {1: 0, 3: 1}}",
        "Add a score for 2: hl_a",
    ),
    ("scores: {1: 0, 2: 0, 3: 1}", "scores: {muc: {1: 0, 2: 0, 3: -1}}", "3: -1", "Write a number from 0 to 1"),
    ("scores: {1: 0, 2: 0, 3: 1}", "scores: {muc: {1: 0, 2: 0, 3: 1, 4: 1}}", "4: 1", "Take out 4: hl_a has"),
    ("items: [hl_b]", "items: [viec_gi]", "[viec_gi]", "only items on a scale can be in the index"),
    (
        "items: [hl_b]",
        "items: [hl_a]",
        "items: [hl_a]\nheadlines",
        "it stands in the index already",
    ),
    ("items: [hl_b]", "items: [hl_b, hl_b]", "[hl_b, hl_b]", "it stands in the index already"),
    ("items: [hl_b]", "items: [hl_c]", "[hl_c]", "Write hl_"),
    ("code: V.B", "code: V.A", "code: V.A\n          label: {vi: Kết", "it stands in the index already"),
    ("code: V.B", "code: W.B", "W.B", "Write the code of the area, a dot and a letter: V.A."),
    ("  - item: hl_b", "  - item: hl_x", "hl_x", "Write hl_"),
    ("  - item: hl_b\n    value: 1", "  - item: viec_gi\n    value: 98", "value: 98", "Write one of 1, 2 here"),
    ("    value: 1", "    value: 4", "value: 4", "Write one of 1, 2, 3 here"),
    ("    none: 3\n", "", "- item: hl_b", "Add none"),
]


def line_of(written: str, marker: str) -> int:
    """The line on which a marker begins that stands once."""
    assert written.count(marker) == 1, marker
    return written.count("\n", 0, written.index(marker)) + 1


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("old", "new", "marker", "reason"), REFUSED, ids=[case[1].strip()[:50] for case in REFUSED]
)
def test_a_bad_document_is_refused_with_file_line_and_reason(
    file: Path, written: str, old: str, new: str, marker: str, reason: str
) -> None:
    assert written.count(old) >= 1
    changed = written.replace(old, new, 1)
    file.write_text(changed, encoding="utf-8")
    with pytest.raises(DocumentError) as caught:
        load(file)
    error = caught.value
    assert reason in error.reason
    assert error.line == line_of(changed, marker), str(error)
    assert str(error).startswith(f"thu.yaml:{error.line}")


@pytest.mark.usefixtures("english")
def test_the_place_is_named_in_the_words_of_the_document(file: Path, written: str) -> None:
    file.write_text(written.replace("{vi: Loa, en: Loudspeaker}", "{vi: Loa}"), encoding="utf-8")
    with pytest.raises(
        DocumentError, match=r"^thu.yaml:\d+, pages/viec/items/kenh/choices/1: Write this text in en too"
    ):
        load(file)


def test_the_reason_is_in_vietnamese_too(file: Path, written: str) -> None:
    file.write_text(written.replace("version: 2", "version: 0"), encoding="utf-8")
    with pytest.raises(DocumentError, match="Hãy ghi một số nguyên từ 1 đến 9999 ở đây"):
        load(file)


@pytest.mark.usefixtures("english")
def test_rows_that_stand_together_share_a_scale(document: dict[str, Any]) -> None:
    document["pages"][0]["together"] = True
    with pytest.raises(DocumentError, match="pages/viec/together: Put only items of one scale together"):
        parse(document)


@pytest.mark.usefixtures("english")
def test_a_text_stands_beside_an_item_of_its_page(document: dict[str, Any]) -> None:
    text = {"code": "hl_khac", "kind": "text", "label": {"vi": "Khác", "en": "Other"}, "beside": "viec_gi"}
    document["pages"][1]["items"].append(text)
    with pytest.raises(DocumentError, match="Name an item of the same page"):
        parse(document)


@pytest.mark.usefixtures("english")
def test_a_questionnaire_without_end_is_refused(document: dict[str, Any]) -> None:
    row = document["pages"][1]["items"][0]
    document["pages"][1]["items"] += [row | {"code": f"x{n}"} for n in range(600)]
    with pytest.raises(DocumentError, match="it may have 500 items"):
        parse(document)


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize("document", [None, 7, "code", [], {}, [{}], {"code": {}}, {1: 2}])
def test_what_is_no_document_at_all_is_refused(document: object) -> None:
    with pytest.raises(DocumentError):
        parse(document)


def test_rows_are_open_only_where_the_document_says_so(
    document: dict[str, Any], questionnaire: Questionnaire
) -> None:
    assert not questionnaire.open_rows
    marked = parse(document | {"open_rows": True})
    assert marked.open_rows
    assert marked.digest != questionnaire.digest
    with pytest.raises(DocumentError, match="true hoặc false"):
        parse(document | {"open_rows": "yes"})


def test_a_stored_document_makes_the_same_questionnaire(questionnaire: Questionnaire) -> None:
    again = parse(json.loads(json.dumps(questionnaire.document)))
    assert again == questionnaire
    assert again.digest == questionnaire.digest
    assert again.items == questionnaire.items
    assert again.pages == questionnaire.pages
    assert again.index == questionnaire.index


def shuffled(value: Any, order: Any) -> Any:
    """The same document with the keys of every mapping in another order, as a database may give them back."""
    if isinstance(value, dict):
        return {key: shuffled(value[key], order) for key in order.draw(st.permutations(list(value)))}
    return [shuffled(part, order) for part in value] if isinstance(value, list) else value


@given(st.data())
def test_the_digest_does_not_hang_on_the_order_of_keys(questionnaire: Questionnaire, data: st.DataObject) -> None:
    again = parse(shuffled(questionnaire.document, data))
    assert again.digest == questionnaire.digest
    assert [list(item.choices) for item in again.keyed] == [list(item.choices) for item in questionnaire.keyed]
    assert again.index == questionnaire.index


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [found for key, part in inner for found in paths(part, (*path, key))]


odd = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["hl_a", "muc"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(st.data(), odd)
def test_any_value_at_any_place_is_taken_or_refused(
    questionnaire: Questionnaire, data: st.DataObject, value: Any
) -> None:
    """And what is taken is stored and read again as the same version."""
    document = questionnaire.document
    *way, last = data.draw(st.sampled_from(paths(document)))
    at = document
    for step in way:
        at = at[step]
    at[last] = value
    try:
        taken = parse(document)
    except DocumentError as error:
        vietnamese = str(error)
        with speaking("en"):
            english = str(error)
        assert vietnamese != english
    else:
        assert parse(json.loads(json.dumps(taken.document))).digest == taken.digest


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        (
            "{1: 0, 2: 0, 3: 1}",
            "Write the scores by scale, `muc: {level: score}`: hl_a and hl_b have other levels.",
        ),
        ("{muc: {1: 0, 2: 0, 3: 1}}", "Add scores for the scale hai: hl_b is on it."),
    ],
)
def test_scales_of_different_length_are_not_scored_by_one_table(
    file: Path, written: str, scores: str, reason: str
) -> None:
    changed = written.replace("scales:\n", "scales:\n  hai: {1: {vi: Không, en: No}, 2: {vi: Có, en: Yes}}\n", 1)
    place = changed.index("scale: muc", changed.index("code: hl_b"))
    changed = changed[:place] + changed[place:].replace("scale: muc", "scale: hai", 1)
    changed = changed.replace("together: true", "together: false").replace("none: 3", "none: 2")
    changed = changed.replace("scores: {1: 0, 2: 0, 3: 1}", f"scores: {scores}", 1)
    file.write_text(changed, encoding="utf-8")
    with pytest.raises(DocumentError) as caught:
        load(file)
    assert caught.value.reason == reason
    assert caught.value.place == "index/rules/share/scores"
    assert caught.value.line == line_of(changed, f"scores: {scores}")
