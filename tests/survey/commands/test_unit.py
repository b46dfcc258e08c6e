from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from survey.storage.database import Database
from survey.waves import units
from translations import NotFound

Program = Callable[..., Any]


@pytest.fixture
def load(hailong: Program, tmp_path: Path) -> Program:
    def load(content: bytes) -> Any:
        (tmp_path / "don-vi.csv").write_bytes(content)
        return hailong("unit", "import", tmp_path / "don-vi.csv")

    return load


def test_units_are_added(load: Program, province: Database) -> None:
    rows = "code,name,kind,parent,valid_from,valid_to,replaces\nTT1,Trung tâm,trung tâm,22,2025-07-01,,\n"
    done = load(b"\xef\xbb\xbf" + rows.encode())
    assert (done.code, done.out) == (0, "")
    assert "Units new or changed: 1." in done.err
    with province.reading() as session:
        assert units.find(session, "TT1").name == "Trung tâm"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"code,name,kind\nTT1,Trung t\xe2m,x\n", "Row 2, column name: Save the file in UTF-8"),
        (b"code,name,kind\nTT1,a\n", "Row 2: The row has 2 cells, the header 3."),
        (b"code,name,kinds\nTT1,a,b\n", "Row 1, column kinds: There is no such column. Did you mean kind?"),
        ("code,name,kind,loại\nTT1,a,b,c\n".encode(), "Row 1, column loại: There is no such column. Take it out"),
        (b"code,name,kind,parent\nTT1,a,b,22\nTT2,a,b,99\n", "Row 3, column parent"),
    ],
)
def test_units_that_are_wrong_are_refused_whole(
    load: Program, province: Database, content: bytes, told: str
) -> None:
    done = load(content)
    assert (done.code, done.out) == (1, "")
    assert told in done.err
    with province.reading() as session, pytest.raises(NotFound):
        units.find(session, "TT1")
