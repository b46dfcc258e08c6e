"""Another province, of seven communes: its own list and its own name everywhere."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from survey.operations import demo
from survey.operations.installation import prepare
from survey.storage.database import Database
from survey.storage.models import Role
from survey.waves import units
from survey.web.app import create_app

NAMES = ("An Bình", "Bình Sơn", "Cẩm Tú", "Đông Hải", "Hòa Lạc", "Tân Phú", "Vĩnh Long")
Program = Callable[..., Any]


SHIPPED = ("Quảng Ninh", "QUẢNG NINH", "Hạ Long", "Bái Tử Long")
SLOW = {"staff.unit_reports", "staff.rows_file", "staff.open_file"}  # what they hold, others show


@pytest.fixture
def own(hailong: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A data folder in which nothing is yet."""
    monkeypatch.delenv("HAILONG_DATABASE_URL")
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path / "moi"))
    return Database(f"sqlite:///{tmp_path / 'moi' / 'hailong.db'}")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    rows = [f"9000{place},{name},{'phường' if place < 3 else 'xã'}" for place, name in enumerate(NAMES)]
    path = tmp_path / "don-vi.csv"
    path.write_text("code,name,kind\n" + "\n".join(rows) + "\nSNV,Sở Nội vụ,sở\n", encoding="utf-8")
    return path


def test_another_province_starts_with_its_own_list_and_a_second_init_leaves_it(
    hailong: Program, own: Database, file: Path
) -> None:
    assert hailong("init", "--units", str(file)).code == 2
    assert hailong("init", "--units", str(file), "--province", "tỉnh Hoa Sen").code == 0
    assert hailong("init").code == 0
    with own.reading() as session:
        assert [unit.name for unit in units.communes(session)] == list(NAMES)
        assert units.named(units.province(session)) == "tỉnh Hoa Sen"
    days = ["--from", "2026-01-01", "--to", "2026-02-01", "--kind", "open"]
    assert hailong("wave", "create", "gop-y", "--questionnaire", "noi_phuc_vu@1", *days).code == 0
    refused = hailong("init", "--units", str(file), "--province", "Khác")
    assert (refused.code, "HAILONG_DATA" in refused.err) == (1, True)
    answers = file.with_name("phieu.csv")
    answers.write_text("unit,mode,day,hl_chung\n90000,phone,2026-01-05,4\n", encoding="utf-8")
    assert hailong("import", str(answers), "--wave", "gop-y").code == 0
    report = file.with_name("bao-cao.json")
    assert hailong("report", "--wave", "gop-y", "--format", "json", "--out", str(report)).code == 0
    text = report.read_text(encoding="utf-8")
    assert "06652" not in text


def test_a_wrong_row_is_named_and_nothing_is_changed(hailong: Program, own: Database, file: Path) -> None:
    assert hailong("init").code == 0
    file.write_text("code,name,kind\n1,A,xã\n1,B,xã\n", encoding="utf-8")
    refused = hailong("init", "--units", str(file), "--province", "Hoa Sen")
    assert (refused.code, "3" in refused.err) == (1, True)
    with own.reading() as session:
        assert len(units.communes(session)) == 54


def words(answer: TestResponse) -> str:
    """All that can be read in a page or a file."""
    if answer.data.startswith(b"%PDF"):
        return "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(answer.data))
    if answer.data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(answer.data)) as file:
            return "".join(file.read(name).decode(errors="ignore") for name in file.namelist())
    return (
        answer.get_data(as_text=True) if answer.mimetype.startswith(("text/", "application/", "image/svg")) else ""
    )


def addresses(rule: Rule) -> list[dict[str, Any]]:
    """What stands for the parts of an address; none where it leads to something that the demonstration lacks."""
    values = {"wave": "thu-nghiem", "unit": "90003", "year": 2025, "number": 1, "name": "xa-phuong"}
    if not rule.arguments <= values.keys() | {"format"}:
        return []
    found = {name: values[name] for name in rule.arguments - {"format"}}
    return [found | {"format": one} for one in ("docx", "pdf", "svg")] if "format" in rule.arguments else [found]


def test_no_page_or_file_of_another_province_names_the_one_that_is_shipped(
    tmp_path: Path, file: Path, account: Any, sign_in: Any
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'khac.db'}")
    prepare(database, file.read_text(encoding="utf-8"), "Hoa Sen")
    with database.writing() as session:
        demo.make(session, responses=150)
        for name, role in (("so", Role.HOME_AFFAIRS), ("quan", Role.ADMIN)):
            account(session, name, role)
    app = create_app(DATABASE_URL=database.url, SECRET_KEY="tests", RATE=1e9)
    read = set()
    for name in ("so", "quan"):
        client = sign_in(app, name)
        for rule in app.url_map.iter_rules():
            if rule.endpoint in read | SLOW or "GET" not in (rule.methods or ()):
                continue
            for parts in addresses(rule):
                address = app.url_map.bind("localhost").build(rule.endpoint, parts)
                answer = client.get(address)
                found = words(answer)
                assert not [one for one in SHIPPED if one in found], address
                if answer.status_code == 200:
                    read.add(rule.endpoint)
    assert len(read) > 90
    assert "Hoa Sen" in words(client.get("/ket-qua/nam-truoc"))
