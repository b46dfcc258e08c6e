"""The same totals from another engine: as one GROUP BY, in DuckDB and in Spark with two workers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.csv
import pyarrow.parquet
import pytest

from survey.commands import main
from survey.data_files import engines
from translations import Refusal

REFERENCE = Path(__file__).parents[2] / "analysis" / "reference"
DESIGN = ("--weights", "w", "--strata", "vung", "--psu", "thon")
SHARES = ("--item", "c9_01=4,5", "--item", "nhung_nhieu=2")
CALLS = {
    "shares": ("estimate", "sipas_a", *DESIGN, *SHARES, "--by", "xa", "--variance", "auto"),
    "two-columns": ("estimate", "sipas_a", *DESIGN, *SHARES, "--by", "xa", "--by", "gioi_tinh"),
    "ratio": ("estimate", "sipas_a", *DESIGN, "--item", "so_lan_tre", "--statistic", "ratio",
              "--denominator", "so_lan", "--by", "xa"),
    "fpc": ("estimate", "sipas_fpc_a", *DESIGN, "--fpc", "so_thon", "--item", "c9_01=4,5"),
    "raking": ("estimate", "calibrated_a", *DESIGN, *SHARES, "--by", "gioi_tinh",
               "--calibrate", str(REFERENCE / "margins_calibrate-calibrate-raking.csv")),
    "rows": ("estimate", "sipas_a", "--weights", "w", "--strata", "vung", *SHARES, "--by", "xa",
             "--variance", "auto"),
    "rows-ratio": ("estimate", "sipas_a", "--weights", "w", "--item", "so_lan_tre", "--statistic", "ratio",
                   "--denominator", "so_lan"),
    "rows-raking": ("estimate", "calibrated_a", "--weights", "w", "--strata", "vung", *SHARES, "--by", "xa",
                    "--calibrate", str(REFERENCE / "margins_calibrate-calibrate-raking.csv")),
    "rows-within": ("compare", "waves_a", "--weights", "w", "--strata", "vung", "--item", "c9_03=4,5",
                    "--by", "dot", "--from", "1", "--to", "2", "--within", "xa=Việt Hưng"),
    "index": ("estimate", "sipas_a", *DESIGN, "--item", "nhung_nhieu=2", "--index", "chung=c9_01,c9_02,c9_05:4,5",
              "--index", "khac=c9_01,c9_03:4,5:1,2,4,5", "--by", "xa", "--variance", "auto"),
    "rows-index": ("estimate", "sipas_a", "--weights", "w", "--strata", "vung", "--index", "chung=c9_01,c9_02:4,5",
                   "--by", "xa"),
    "within": ("compare", "waves_a", *DESIGN, "--item", "c9_03=4,5", "--by", "dot", "--from", "1", "--to", "2",
               "--within", "xa=Việt Hưng"),
}  # fmt: skip

pytestmark = [
    pytest.mark.spark,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


def run(call: tuple[str, ...], data: Path, engine: str, capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    capfd.readouterr()
    main([call[0], str(data), *call[2:], "--engine", engine])  # ends the process where something is wrong
    printed = capfd.readouterr()
    records: list[dict[str, Any]] = json.loads(printed.out)
    return records


def same(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> None:
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        for name, value in a.items():
            if isinstance(value, float):
                assert b[name] == pytest.approx(value, rel=1e-9, abs=1e-12), (name, a)
            else:
                assert b[name] == value, (name, a)


@pytest.fixture
def parquet(tmp_path: Path) -> Any:
    def written(name: str) -> Path:
        path = tmp_path / f"{name}.parquet"
        pyarrow.parquet.write_table(pyarrow.csv.read_csv(REFERENCE / f"{name}.csv"), path, row_group_size=200)
        return path

    return written


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_duckdb_adds_up_alike(call: tuple[str, ...], parquet: Any, capfd: pytest.CaptureFixture[str]) -> None:
    for data in (REFERENCE / f"{call[1]}.csv", parquet(call[1])):
        same(run(call, data, "numpy", capfd), run(call, data, "duckdb", capfd))


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_spark_with_two_workers_adds_up_alike(
    call: tuple[str, ...], parquet: Any, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARK_MASTER", "local-cluster[2,1,1024]")  # two processes: rows really cross
    data = parquet(call[1])
    same(run(call, data, "numpy", capfd), run(call, data, "spark", capfd))


def test_a_missing_engine_says_how_to_get_it() -> None:
    with pytest.raises(Refusal):
        engines._module("no_such_engine_anywhere")
