"""Forms as other platforms write them: what comes over, what is told of the rest, and what is refused."""

import contextlib
import zipfile
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

import forms
from survey.data_files.xlsform import importing, sheets
from tests.survey.data_files.xlsform.conftest import CHOICES, Read, workbook
from translations import Refusal, speaking


def items(made: importing.Imported) -> dict[str, Any]:
    return {item["code"]: item for page in made.document["pages"] for item in page["items"]}


def told(made: importing.Imported) -> list[str]:
    """What is told of the sheet survey."""
    return [str(remark) for remark in made.remarks if remark.sheet == "survey"]


def test_a_form_in_two_languages_becomes_a_questionnaire(read: Read) -> None:
    head = "type|name|label::Tiếng Việt (vi)|label::English (en)|hint::Tiếng Việt (vi)|hint::English (en)|relevant"
    choices = [["list_name", "name", "label::Tiếng Việt (vi)", "label::English (en)"]]
    choices += [["yn", 1, "Có", "Yes"], ["yn", 2, "Không", "No"]]
    rows: list[list[Any]] = [
        head.split("|"),
        ["note", "p", "Để phục vụ tốt hơn", "To serve you better"],
        ["note", "c", "Gửi là đồng ý", "Sending is consent"],
        ["begin group", "viec", "Việc", "Business"],
        ["note", "i", "Xin trả lời", "Please answer"],
        ["select_one yn", "den", "Đã đến chưa?", "Have you been there?"],
        ["select_multiple yn or_other", "gi", "Việc gì?", "Which?", "Chọn nhiều ý", "Several", "${den} = '1'"],
        ["end group"],
    ]
    settings = [
        ["form_title", "form_id", "version", "default_language"],
        ["Phiếu", "phieu thu", 3, "Tiếng Việt (vi)"],
    ]
    made = importing.read(workbook(survey=rows, choices=choices, settings=settings), "x.xlsx")
    document = made.document
    document["title"]["en"] = "Form"  # the settings have one title
    questionnaire = forms.parse(document)
    assert (questionnaire.name, made.rows, made.taken, made.remarks) == ("phieu_thu@3", 7, 7, ())
    page = questionnaire.pages[0]
    assert (page.code, str(page.intro), [*questionnaire.items]) == (
        "viec",
        "Please answer",
        ["den", "gi", "gi_khac"],
    )
    assert questionnaire.items["gi_khac"].beside == "gi"
    assert questionnaire.items["gi"].show_if == forms.Condition("item", item="den", values=(1,))


def test_choices_without_numbers_get_them_and_what_is_no_answer_is_known(read: Read) -> None:
    made = read(["select_one yn", "a", "A?"], ["select_one sat", "b", "B?", "${a} = 'no'"])
    assert items(made)["a"]["choices"] == {"1": {"en": "Yes"}, "2": {"en": "No"}}
    assert (items(made)["b"]["scale"], items(made)["b"]["missing"]) == ("sat", [98])
    assert items(made)["b"]["show_if"] == {"item": "a", "any": [2]}
    assert str(made.remarks[0]) == (
        "sheet choices, row 2, column name: the choices of the list are numbered from 1: codes are numbers."
    )


def test_each_row_that_is_left_out_is_told_once_with_its_rows(read: Read) -> None:
    made = read(
        ["start", "start"],
        ["end", "end"],
        ["geopoint", "place", "Where?"],
        ["begin repeat", "people", "People"],
        ["text", "who", "Who?"],
        ["end repeat"],
        ["integer", "n", "How many?", "${place} != ''"],
        ["text", "weight", "<b>Weight</b> of ${n}?"],
    )
    assert told(made)[:4] == [
        "sheet survey, rows 2–3, column type: left out: no time, device or place of a person is kept here.",
        "sheet survey, row 4, column type: left out: there is no question of the type geopoint here.",
        "sheet survey, row 5, column type: left out: nothing is asked more than once here.",
        "sheet survey, row 6, column type: left out: it stands in a part that is repeated.",
    ]
    assert items(made)["weight_2"]["label"] == {"en": "Weight of …?"}
    assert items(made)["n"] == {
        "code": "n", "kind": "number", "label": {"en": "How many?"}, "minimum": 0, "maximum": 999_999
    }  # fmt: skip
    assert any("left out, so it is always asked: place is no earlier question" in one for one in told(made))
    assert (made.rows, made.taken) == (8, 2)
    with speaking("vi"):
        assert told(made)[0].startswith("trang survey, dòng 2–3, cột type: bỏ qua: ở đây không lưu giờ")


def test_what_is_required_is_told_and_not_taken_over(read: Read) -> None:
    made = read(["text", "a", "A?", "yes"], ["text", "b", "B?", "no"], head="type name label required")
    assert told(made) == [
        "sheet survey, row 2, column required: not taken over: whoever leaves a question out may do so, and it is "
        "counted."
    ]


def test_a_group_s_condition_holds_for_its_questions(read: Read) -> None:
    made = read(
        ["select_one yn", "a", "A?"],
        ["begin_group", "g", "G", "${a} = 'yes'"],
        ["text", "b", "B?"],
        ["select_one yn", "c", "C?", "${a} != 'no'"],
        ["end_group"],
    )
    yes, no = {"item": "a", "any": [1]}, {"item": "a", "any": [2]}
    assert items(made)["b"]["show_if"] == yes
    assert items(made)["c"]["show_if"] == {"all": [yes, {"not": no}]}
    assert [page["code"] for page in made.document["pages"]] == ["page_1", "g"]


BAD: dict[str, tuple[list[list[Any]], str]] = {
    "a name twice": (
        [["text", "a", "A?"], ["text", "a", "B?"]],
        "Sheet survey, row 3, column name: write another name: a is there already.",
    ),
    "no such list": (
        [["select_one nix", "a", "A?"]],
        "Sheet survey, row 2, column type: write the list nix on the sheet choices: it is not there.",
    ),
    "a circle": (
        [["select_one yn", "a", "A?", "${b} = 'yes'"], ["select_one yn", "b", "B?", "${a} = 'yes'"]],
        "column relevant: mend this condition: it goes in a circle,",
    ),
    "merged cells": (
        [["text", "a", "A?"], [None, "b", "B?"]],
        "Sheet survey, row 3, column type: write a type in each row: of merged cells only the first is read.",
    ),
    "a formula": (
        [["text", "a", "=B2"]],
        "row 2, column label: write the value in the place of the formula: it has not been computed.",
    ),
    "an open group": ([["begin_group", "g", "G"]], "row 2, column type: close this group with end_group"),
    "an end too many": (
        [["end_group"]],
        "Sheet survey, row 2, column type: take out this end: nothing was begun.",
    ),
    "no name": ([["text", None, "A?"]], "Sheet survey, row 2, column name: write a name for this question."),
    "too long": (
        [["text", f"a{n}", "A?"] for n in range(sheets.MOST_ROWS + 1)],
        "Sheet survey has more than 5000 rows: a questionnaire has fewer.",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_must_be_mended_first_is_refused_with_row_and_column(read: Read, case: str) -> None:
    rows, sentence = BAD[case]
    with pytest.raises(Refusal) as refused:
        read(*rows)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        (
            [*CHOICES, ["yn", "yes", "Again"]],
            "row 10, column name: write another name: the list yn has yes already.",
        ),
        ([*CHOICES, [None, "x", "X"]], "Sheet choices, row 10, column list_name: write the name of the list"),
        ([*CHOICES, ["yn", None, "X"]], "Sheet choices, row 10, column name: write a name for this choice."),
        ([["list_name", "name", "label", "label"]], "row 1: the column label is there twice."),
    ],
)
def test_choices_that_must_be_mended_are_refused(read: Read, choices: list[list[Any]], sentence: str) -> None:
    with pytest.raises(Refusal) as refused:
        read(["text", "a", "A?"], choices=choices)
    assert sentence in str(refused.value)


def test_a_file_that_is_no_workbook_is_refused_in_one_sentence(english: None) -> None:
    good = workbook(survey=[["type", "name", "label"], ["text", "a", "A?"]])
    for file, sentence in (
        (b"type,name,label\n", "x.xlsx can't be read as a workbook."),
        (good[: len(good) // 2], "x.xlsx can't be read as a workbook."),
        (sheets.OLD_OR_LOCKED + b"...", "Save the file as .xlsx, without a password"),
        (good + bytes(sheets.MOST_BYTES), "at most 10 MB are read."),
        (workbook(Sheet1=[["type"]]), "Name the sheet with the questions `survey`"),
    ):
        with pytest.raises(Refusal) as refused:
            importing.read(file, "x.xlsx")
        assert sentence in str(refused.value)


def test_a_part_that_is_damaged_within_is_no_crash(english: None) -> None:
    good = workbook(survey=[["type", "name", "label"], ["text", "a", "A?"]])
    for name in zipfile.ZipFile(BytesIO(good)).namelist():
        broken = BytesIO()
        with zipfile.ZipFile(BytesIO(good)) as whole, zipfile.ZipFile(broken, "w") as written:
            for part in whole.namelist():
                written.writestr(part, b"<x" if part == name else whole.read(part))
        with contextlib.suppress(Refusal):
            importing.read(broken.getvalue(), "x.xlsx")


def test_of_a_formula_counts_what_was_computed(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    book = load_workbook(BytesIO(workbook(survey=[["type", "name", "label"], ["text", "a", "=1+1"]])))
    file = BytesIO()
    book.save(file)
    computed = BytesIO()
    with zipfile.ZipFile(file) as whole, zipfile.ZipFile(computed, "w") as written:
        for part in whole.namelist():
            text = whole.read(part).replace(b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>")
            written.writestr(part, text.replace(b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>"))
    made = importing.read(computed.getvalue(), "x.xlsx")
    assert items(made)["a"]["label"] == {"en": "2"}
    assert told(made) == [
        "sheet survey, row 2, column label: a formula: the value that was computed last is taken."
    ]
