import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from survey.storage.database import Database
from survey.storage.models import Draw, DrawnHousehold, Wave

Program = Callable[..., Any]
HEADER = "psu,unit,stratum,village_probability,household,replacement,probability,weight"
EACH = ("--wave", "ho-nam", "--villages", 2, "--per", "unit", "--per-village", 9)


@pytest.fixture
def framed(hailong: Program, tmp_path: Path) -> Program:
    """A wave `ho-nam` with a frame: ten villages of 60 to 150 households in each of two communes, two strata."""
    rows = ["psu,unit,stratum,households"]
    for unit in ("06652", "06658"):
        rows += [f"{unit}-{k},{unit},{'AB'[k % 2]},{60 + 10 * k}" for k in range(10)]
    (tmp_path / "khung.csv").write_text("\n".join(rows), encoding="utf-8")
    made = hailong(
        *("wave", "create", "ho-nam", "--questionnaire", "ho_gia_dinh@1", "--kind", "sample"),
        *("--from", "2026-01-01", "--to", "2099-12-31"),
    )
    assert made.code == 0
    assert hailong("frame", "import", tmp_path / "khung.csv", "--wave", "ho-nam").code == 0
    return hailong


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.both_databases
def test_a_sample_is_drawn_told_kept_and_printed(framed: Program, province: Database) -> None:
    done = framed("sample", "draw", *EACH, "--seed", "2026")
    assert done.code == 0
    assert done.out.splitlines()[0] == HEADER
    rows = table(done.out)
    main = [row for row in rows if row["replacement"] == "0"]
    assert len(main) == 36
    assert len(rows) == 36 + 4 * 3
    assert {row["stratum"] for row in rows} == {"06652", "06658"}
    for unit in ("06652", "06658"):  # 60 + 70 + … + 150 households in each
        assert sum(float(row["weight"]) for row in main if row["unit"] == unit) == pytest.approx(1050)
    assert all(float(row["weight"]) * float(row["probability"]) == pytest.approx(1) for row in rows)
    assert "4 villages in 2 of 54 communes; 36 forms." in done.err
    assert "Communes without a village: An Sinh, Ba Chẽ" in done.err
    assert "Two such waves can show a change of" in done.err
    assert "Kept as draw number 1 of the wave ho-nam, seed 2026." in done.err
    with province.reading() as session:
        assert session.scalar(select(func.count()).select_from(DrawnHousehold)) == len(rows)


def test_the_same_seed_gives_the_same_rows_and_the_first_draw_stays(framed: Program, province: Database) -> None:
    first = framed("sample", "draw", *EACH, "--seed", "2026")
    other = framed("sample", "draw", *EACH, "--seed", "2027")
    again = framed("sample", "draw", *EACH, "--seed", "2026")
    assert first.out == again.out != other.out
    assert framed("sample", "show", "--wave", "ho-nam", "--draw", 2).out == other.out
    shown = framed("sample", "show", "--wave", "ho-nam", "--draw", 1)
    assert shown.out == first.out
    assert "Draw number 1 of" in shown.err
    assert "It doesn't hold any more" in shown.err
    assert "it is exactly the same" in shown.err
    assert "doesn't hold" not in framed("sample", "show", "--wave", "ho-nam").err
    assert framed("sample", "use", "--wave", "ho-nam", "--draw", 2).code == 0
    assert framed("sample", "show", "--wave", "ho-nam").out == other.out
    assert framed("sample", "use", "--wave", "ho-nam", "--draw", 3).code == 0
    with province.reading() as session:
        assert session.get_one(Wave, "ho-nam").draw == session.scalar(select(func.max(Draw.id)))


def test_a_seed_is_made_up_and_told(framed: Program) -> None:
    done = framed("sample", "draw", *EACH)
    seed = done.err.rpartition("seed ")[2].strip(".\n")
    assert len(seed) == 12
    assert framed("sample", "draw", *EACH, "--seed", seed).out == done.out


def test_a_number_in_all_is_shared_out(framed: Program) -> None:
    done = framed(
        "sample", "draw", "--wave", "ho-nam", "--villages", 6, "--per-village", 9, "--allocation", "equal"
    )
    villages = {(row["stratum"], row["psu"]) for row in table(done.out)}
    assert sorted(stratum for stratum, _psu in villages) == ["A", "A", "A", "B", "B", "B"]


def test_every_way_of_drawing_can_be_asked_for(framed: Program) -> None:
    options = ("--method", "srs", "--households", "srs", "--allocation", "sqrt")
    done = framed("sample", "draw", "--wave", "ho-nam", "--villages", 6, "--per-village", 9, *options)
    assert {row["village_probability"] for row in table(done.out)} == {"0.3"}
    done = framed("sample", "draw", "--wave", "ho-nam", "--villages", 3, "--per", "stratum", "--per-village", 9)
    assert len({row["psu"] for row in table(done.out)}) == 6
    refused = framed(
        "sample", "draw", "--wave", "ho-nam", "--villages", 6, "--per-village", 9, "--allocation", "neyman"
    )
    assert (refused.code, refused.out) == (1, "")
    assert "needs a sample wave before this one" in refused.err


def test_one_village_a_stratum_is_refused_unless_neighbours_are_joined(
    framed: Program, province: Database
) -> None:
    one = ("--wave", "ho-nam", "--villages", 1, "--per", "unit", "--per-village", 9)
    refused = framed("sample", "draw", *one)
    assert (refused.code, refused.out) == (1, "")
    assert "--collapse" in refused.err
    with province.reading() as session:
        assert session.scalar(select(func.count()).select_from(Draw)) == 0
    done = framed("sample", "draw", *one, "--collapse")
    assert {row["stratum"] for row in table(done.out)} == {"06652+06658"}
    assert "Strata joined, so that two villages are together: 06652+06658." in done.err


def test_a_plan_keeps_nothing(framed: Program, province: Database) -> None:
    done = framed("sample", "plan", *EACH, "--cost", 10000)
    assert [row["villages"] for row in table(done.out)] == ["2", "2"]
    assert "The forms cost 360,000." in done.err
    assert "3 villages a commune: 54 forms" in done.err
    done = framed(
        *(
            "sample",
            "plan",
            "--wave",
            "ho-nam",
            "--per-village",
            27,
            "--margin",
            0.05,
            "--deff",
            2,
            "--share",
            0.5,
        ),
        *("--response", 0.9),
    )
    # 1.96²·.25/.05² = 384.15, times 2, ÷ (1 + 767.29/2100) = 562.7: 563 answers, 626 forms; 24 are too many.
    assert "563 answers, 626 forms, 24 villages" in done.err
    assert "Slovin's formula says 336" in done.err
    assert done.code == 1
    with province.reading() as session:
        assert session.scalar(select(func.count()).select_from(Draw)) == 0


@pytest.mark.parametrize("command", ["draw", "plan"])
def test_the_number_of_villages_has_to_be_said(framed: Program, command: str) -> None:
    done = framed("sample", command, "--wave", "ho-nam", "--per-village", 9)
    assert done.code == 2
    assert "--villages N" in done.err
