from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

import forms
from survey.operations import installation
from survey.workshop import drafts

Program = Callable[..., Any]
SHIPPED = Path(forms.__file__).parent / "documents"


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """The short questionnaire as a later version."""
    path = tmp_path / "phieu.yaml"
    text = (SHIPPED / "noi_phuc_vu.yaml").read_text(encoding="utf-8")
    assert "\nversion: 1\n" in text
    path.write_text(text.replace("\nversion: 1\n", "\nversion: 7\n"), encoding="utf-8")
    return path


def test_a_document_in_order_is_said_to_be(hailong: Program, document: Path) -> None:
    done = hailong("questionnaire", "check", document)
    assert (done.code, done.out) == (0, "")
    assert "noi_phuc_vu@7 is in order: 12 items." in done.err
    assert "Hint, pages/muc_do/items/hl_thu_tuc/label/vi: “hồ sơ, lệ phí” may join two things" in done.err
    assert "noi_phuc_vu@7" not in hailong("questionnaire", "list").out


@pytest.mark.parametrize("command", ["check", "publish"])
def test_a_document_that_is_wrong_is_told_with_the_place(hailong: Program, document: Path, command: str) -> None:
    text = document.read_text(encoding="utf-8")
    line = text[: text.index("kind: single")].count("\n") + 1
    document.write_text(text.replace("kind: single", "kind: slider", 1), encoding="utf-8")
    done = hailong("questionnaire", command, document)
    assert (done.code, done.out) == (1, "")
    assert f"phieu.yaml:{line}" in done.err
    assert len(hailong("questionnaire", "list").out.splitlines()) == len(forms.shipped())


def test_a_version_is_published_once(hailong: Program, document: Path) -> None:
    assert "noi_phuc_vu@7 is published: " in hailong("questionnaire", "publish", document).err
    assert "was published before" in hailong("questionnaire", "publish", document).err
    text = document.read_text(encoding="utf-8")
    document.write_text(text.replace("Your views on the service", "Your views on what"), encoding="utf-8")
    done = hailong("questionnaire", "publish", document)
    assert done.code == 1
    assert "Give the new text the next version number." in done.err


def test_a_document_that_asks_for_a_name_is_published_with_a_reason_alone(
    hailong: Program, document: Path
) -> None:
    text = document.read_text(encoding="utf-8")
    asked = "  - code: ten\n        kind: text\n        label: {vi: Họ tên, en: Name}\n"
    document.write_text(text.replace("items:\n", "items:\n    " + asked, 1), encoding="utf-8")
    for command in ("check", "publish"):
        done = hailong("questionnaire", command, document)
        assert done.code == 1
        assert "“họ tên” asks who the person is" in done.err
    assert hailong("questionnaire", "publish", document, "--because", "Households get a gift").code == 0


def test_versions_are_listed(hailong: Program) -> None:
    lines = [line.split("\t") for line in hailong("questionnaire", "list").out.splitlines()]
    assert [line[0] for line in lines] == [one.name for one in forms.shipped()]
    assert all(len(line[2]) == 64 for line in lines)


def test_a_document_that_is_not_there_is_wrong_input(hailong: Program, tmp_path: Path) -> None:
    assert hailong("questionnaire", "check", tmp_path / "khong-co.yaml").code == 1


def test_a_crosswalk_is_kept_and_one_that_is_wrong_told_with_the_line(
    hailong: Program, document: Path, tmp_path: Path
) -> None:
    hailong("questionnaire", "publish", document)
    file = tmp_path / "doi-chieu.yaml"
    file.write_text("from: noi_phuc_vu@1\nto: noi_phuc_vu@7\nitems:\n  - {item: hl_chung, was: hl_chun}\n")
    done = hailong("questionnaire", "crosswalk", file)
    assert (done.code, done.out) == (1, "")
    assert "doi-chieu.yaml:4" in done.err
    assert "Write hl_chung instead of hl_chun." in done.err
    file.write_text(file.read_text().replace("hl_chun}", "hl_chung}"))
    assert "noi_phuc_vu@7 is compared with noi_phuc_vu@1" in hailong("questionnaire", "crosswalk", file).err
    assert "is already in use" in hailong("questionnaire", "crosswalk", file).err
    file.write_text(file.read_text().replace("noi_phuc_vu@7", "noi_phuc_vu@9"))
    assert "no published questionnaire noi_phuc_vu@9" in hailong("questionnaire", "crosswalk", file).err


def test_a_version_goes_out_in_each_format_and_a_workbook_comes_back_as_the_same_document(
    hailong: Program, tmp_path: Path
) -> None:
    for form, begins in (("yaml", b"code: noi_phuc_vu"), ("xlsform", b"PK"), ("pdf", b"%PDF"), ("docx", b"PK")):
        file = tmp_path / f"phieu.{form}"
        done = hailong("questionnaire", "export", "noi_phuc_vu@2", "--format", form, "--out", file)
        assert (done.code, done.out) == (0, "")
        assert file.read_bytes().startswith(begins)
    done = hailong("questionnaire", "import", tmp_path / "phieu.xlsform", "--out", tmp_path / "lai.yaml")
    assert done.err == "24 of 24 rows are in the document.\n"
    shipped = next(one for one in forms.shipped() if one.name == "noi_phuc_vu@2")
    assert forms.load(tmp_path / "lai.yaml").digest == shipped.digest
    assert (
        hailong("questionnaire", "import", tmp_path / "phieu.xlsform").out == (tmp_path / "lai.yaml").read_text()
    )


@pytest.mark.parametrize("form", ["yaml", "xlsform"])
def test_a_file_becomes_a_draft_that_anybody_goes_on_with(hailong: Program, tmp_path: Path, form: str) -> None:
    file = tmp_path / ("phieu.yaml" if form == "yaml" else "phieu.xlsx")
    hailong("questionnaire", "export", "noi_phuc_vu@2", "--format", form, "--out", file)
    done = hailong("questionnaire", "import", file, "--draft")
    assert (done.code, done.out) == (0, "")
    assert "Draft 1 is in the workshop: /quan-tri/bo-phieu/nhap/1" in done.err
    with installation.opened().reading() as session:
        draft = drafts.find(session, 1)
        shipped = next(one for one in forms.shipped() if one.name == "noi_phuc_vu@2")
        assert drafts.present(session, draft) == shipped.document
        assert drafts.holder(draft, "lan") is None


def test_a_workbook_that_must_be_mended_leaves_nothing(hailong: Program, tmp_path: Path) -> None:
    file = tmp_path / "x.xlsx"
    file.write_bytes(b"no workbook")
    done = hailong("questionnaire", "import", file, "--out", tmp_path / "x.yaml")
    assert (done.code, done.out) == (1, "")
    assert "x.xlsx can't be read as a workbook." in done.err
    assert not (tmp_path / "x.yaml").exists()
    assert hailong("questionnaire", "import", tmp_path / "absent.xlsx").code == 1


@pytest.mark.parametrize("form", ["xlsx", "po"])
def test_a_further_language_is_a_column_that_comes_back(hailong: Program, tmp_path: Path, form: str) -> None:
    table, out = tmp_path / f"loi.{form}", tmp_path / "moi.yaml"
    tay = ("--language", "tyz", "--called", "Tày")
    assert hailong("questionnaire", "translations", "export", "noi_phuc_vu@2", *tay, "--out", table).code == 0
    if form == "xlsx":
        book = load_workbook(table)
        sheet = book["survey"]
        row = next(row for row in sheet.iter_rows() if row[0].value == "title")
        assert (row[3].value or "", row[4].value) == ("", "missing: tyz")
        row[3].value = "Ý kiến (Tày)"
        book.save(table)
    else:
        text = table.read_text()
        at = text.index('msgctxt "title"')
        table.write_text(text[:at] + text[at:].replace('msgstr ""', 'msgstr "Ý kiến (Tày)"', 1))
    given = ("questionnaire", "translations", "import", table, "--into", "noi_phuc_vu@2", *tay, "--out", out)
    assert "noi_phuc_vu@3 is in" in hailong(*given).err
    made = forms.load(out)
    assert (made.name, made.languages) == ("noi_phuc_vu@3", {"tyz": "Tày"})
    assert made.title.more == {"tyz": "Ý kiến (Tày)"}
