"""Tiles: a place for each commune, from the file that is shipped or the province's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from survey.results import commune_tiles
from survey.storage.database import Database
from survey.waves import units
from translations import Refusal

HEAD = "code,name,column,row\n"


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of the test's own."""
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def test_every_commune_that_is_shipped_has_a_tile_and_no_others_do(database: Database) -> None:
    with database.reading() as session:
        codes = {unit.code for unit in units.communes(session)}
    grid = commune_tiles.grid(codes)
    assert grid is not None
    assert grid.codes == codes
    assert {len(row) for row in grid.rows} == {13}
    assert len(grid.rows) == 10
    assert grid.corner
    assert commune_tiles.grid({*codes, "00001"}) is None


def test_another_province_loads_its_own(tmp_path: Path) -> None:
    class Here:
        code, name = "00001", "Bắc"

    path = tmp_path / "tiles.csv"
    path.write_text(HEAD + "00001,Bắc,2,1\n,Hồ Tây,1,2\n", encoding="utf-8")
    assert commune_tiles.load(path, [Here()]) == 1  # type: ignore[list-item]
    grid = commune_tiles.grid(["00001"])
    assert grid is not None
    assert [[place.code or place.sea for place in row] for row in grid.rows] == [["", "00001"], ["Hồ Tây", ""]]
    path.write_text(HEAD, encoding="utf-8")
    with pytest.raises(Refusal, match="Bắc"):
        commune_tiles.load(path, [Here()])  # type: ignore[list-item]


@pytest.mark.parametrize(
    "text",
    [
        "code,name\n",
        HEAD + "1,A,0,1\n",
        HEAD + "1,A,1,1\n2,B,1,1\n",
        HEAD + "1,A,1,1\n1,A,2,1\n",
        HEAD + "1,A,x,1\n",
    ],
)
def test_what_is_no_grid_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        commune_tiles.read(text)
