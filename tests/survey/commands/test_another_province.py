"""Another province, of seven communes: its own list and its own name everywhere."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from survey.storage.database import Database
from survey.waves import units

NAMES = ("An Bình", "Bình Sơn", "Cẩm Tú", "Đông Hải", "Hòa Lạc", "Tân Phú", "Vĩnh Long")
Program = Callable[..., Any]


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
