"""A questionnaire goes out and comes back the same, and other platforms take what went out."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from pyxform.xls2xform import convert

import forms
from survey.data_files.xlsform import exporting, importing
from translations.unicode import nfc

LEADERS = Path(__file__).parents[4] / "docs" / "examples" / "lanh_dao.yaml"
ALL = [*forms.shipped(), *forms.bank_documents(), forms.load(LEADERS)]


@pytest.mark.parametrize("questionnaire", ALL, ids=lambda one: one.name)
def test_a_shipped_questionnaire_comes_back_with_its_digest_and_pyxform_takes_it(
    questionnaire: forms.Questionnaire, tmp_path: Path
) -> None:
    file = tmp_path / "form.xlsx"
    file.write_bytes(exporting.written(questionnaire))
    again = importing.read(file.read_bytes(), "form.xlsx")
    assert forms.parse(again.document).digest == questionnaire.digest
    assert (again.remarks, again.rows) == ((), again.taken)
    warnings: list[str] = []
    assert convert(str(file), warnings=warnings).warnings == []
    assert warnings == []


def test_what_somebody_changes_in_the_sheets_is_changed_alone() -> None:
    questionnaire = next(one for one in ALL if one.name == "noi_phuc_vu@2")
    book = load_workbook(BytesIO(exporting.written(questionnaire)))
    survey = book["survey"]
    row = next(row for row in survey.iter_rows() if row[1].value == "hl_cho")
    row[2].value = "Thời gian chờ có làm Ông/Bà hài lòng không?"
    book["survey"].delete_rows(next(row[0].row for row in survey.iter_rows() if row[1].value == "gop_y"))
    file = BytesIO()
    book.save(file)
    again = importing.read(file.getvalue(), "form.xlsx")
    document = questionnaire.document
    item = next(one for page in document["pages"] for one in page["items"] if one["code"] == "hl_cho")
    item["label"]["vi"] = "Thời gian chờ có làm Ông/Bà hài lòng không?"
    document["pages"] = [page for page in document["pages"] if page["code"] != "loi_gop_y"]
    assert again.document == document
    assert "pages/loi_gop_y/items/gop_y/short/vi" in " ".join(map(str, again.remarks))


NO_SHRINKING = [
    Phase.explicit,
    Phase.reuse,
    Phase.generate,
]  # an example takes 20 ms, a shorter one minutes to find

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=12).map(
    lambda text: nfc(text).strip() or "x"
)
TEXT = st.fixed_dictionaries({"vi": WORDS, "en": WORDS}, optional={"tyz": WORDS})
CHOICES = st.dictionaries(st.integers(0, 120).map(str), TEXT, min_size=2, max_size=4)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Small documents of every kind of question, with conditions, texts beside and what is no answer."""
    scales = {"s1": draw(CHOICES), "s 2": draw(CHOICES)}
    items: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(sorted(forms.KINDS)))
        item: dict[str, Any] = {"code": f"q{number}", "kind": kind, "label": draw(TEXT)}
        if kind == "scale":
            item["scale"] = draw(st.sampled_from(sorted(scales)))
        elif kind == "number":
            low = draw(st.one_of(st.integers(-50, 50), st.floats(-50, 50, width=16)))
            item |= {"minimum": low, "maximum": low + draw(st.integers(1, 90))}
        elif kind != "text":
            item["choices"] = draw(CHOICES)
        if kind in ("single", "scale") and draw(st.booleans()):
            item["missing"] = [998, 999]
        if kind == "text" and draw(st.booleans()):
            item["max_length"] = draw(st.integers(1, 5000))
        for key in ("hint", "short", "reason"):
            if draw(st.booleans()):
                item[key] = draw(TEXT)
        chosen = [one for one in items if one["kind"] in ("single", "scale", "multiple")]
        if chosen and draw(st.booleans()):
            before = draw(st.sampled_from(chosen))
            codes = [int(code) for code in before.get("choices", scales.get(before.get("scale", ""), {}))]
            one = {"item": before["code"], "any": draw(st.lists(st.sampled_from(codes), min_size=1, unique=True))}
            item["show_if"] = draw(
                st.sampled_from([one, {"not": one}, {"all": [one]}, {"any": [one, {"not": one}]}])
            )
        items.append(item)
    half = draw(st.integers(0, len(items)))
    pages = [
        {"code": code, "title": draw(TEXT), "items": part}
        for code, part in (("A", items[:half]), ("q0", items[half:]))
    ]
    return {
        "code": "thu", "version": draw(st.integers(1, 9999)), "title": draw(TEXT), "purpose": draw(TEXT),
        "consent": draw(TEXT), "languages": {"tyz": "Tày"}, "scales": scales,
        "missing": {"998": draw(TEXT), "999": draw(TEXT)}, "pages": [page for page in pages if page["items"]],
    }  # fmt: skip


@settings(
    max_examples=25,
    phases=NO_SHRINKING,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(documents())
def test_any_document_comes_back_with_its_digest(document: dict[str, Any]) -> None:
    questionnaire = forms.parse(document)
    again = importing.read(exporting.written(questionnaire), "form.xlsx")
    assert forms.parse(again.document).digest == questionnaire.digest
