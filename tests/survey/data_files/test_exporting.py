import csv
import os
import shutil
import unicodedata
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forms import Item, Questionnaire
from survey.data_files import exporting, importing, response_file
from survey.fieldwork import reviews
from survey.responses import respondents, submission
from survey.storage.database import Database
from survey.storage.models import Mode, ReviewState
from survey.system import atomic_file, dates
from survey.system.csv_table import Writer, meant
from survey.waves import questionnaires, waves
from translations import Refusal, speaking


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with speaking("en"):
        yield


def submit(
    database: Database, wave: str, answers: dict[str, Any], psu: str | None = None, mode: Mode = Mode.PAPER
) -> str:
    id = uuid.uuid4()
    with database.writing() as session:
        submission.submit(session.connection(), waves.place(session, wave, "06652"), id, mode, answers, psu=psu)
    return str(id)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.both_databases
def test_the_columns_are_those_of_the_import_in_the_order_of_the_form(province: Database, tmp_path: Path) -> None:
    out = tmp_path / "phieu.csv"
    exporting.responses(province, "ho-mau", out)
    with province.reading() as session:
        items = questionnaires.find(session, "ho_gia_dinh@1").items
    header = out.read_text(encoding="utf-8").rstrip("\n").split(",")
    assert header == [*response_file.COLUMNS, *items]
    assert importing.responses(province, "ho-mau", importing.Wanted(out)).stored == 0


@pytest.mark.both_databases
def test_a_response_of_the_sample_has_its_design(province: Database, tmp_path: Path) -> None:
    id = submit(province, "ho-mau", {"C5": 1, "C2": [1, 6], "C2_khac": "Loa xã, tổ"}, psu="V1")
    submit(province, "ho-mau", {"C5": 3}, mode=Mode.PHONE)
    done = exporting.responses(province, "ho-mau", tmp_path / "phieu.csv")
    assert (done.rows, done.left_out) == (1, 1)
    (row,) = table(tmp_path / "phieu.csv")
    assert {name: cell for name, cell in row.items() if cell} == {
        "response_id": id,
        "unit": "06652",
        "stratum": "06652",
        "psu": "V1",
        "weight": "1",
        "mode": "paper",
        "day": dates.today().isoformat(),
        "C2": "1;6",
        "C2_khac": "Loa xã, tổ",
        "C5": "1",
    }


def test_those_outside_the_sample_have_a_file_of_their_own(province: Database, tmp_path: Path) -> None:
    submit(province, "ho-mau", {"C5": 1}, psu="V1")
    id = submit(province, "ho-mau", {"C5": 3}, mode=Mode.PHONE)
    done = exporting.responses(province, "ho-mau", tmp_path / "ngoai.csv", outside=True)
    assert (done.rows, done.left_out) == (1, 1)
    (row,) = table(tmp_path / "ngoai.csv")
    assert row["response_id"] == id
    assert "weight" not in row
    assert importing.responses(province, "ho-mau", importing.Wanted(tmp_path / "ngoai.csv")).there == 1


def test_a_response_that_a_review_rejected_is_in_no_file_and_not_called_outside(
    province: Database, tmp_path: Path
) -> None:
    out = submit(province, "ho-mau", {"C5": 1}, psu="V1")
    submit(province, "ho-mau", {"C5": 3}, psu="V1")
    submit(province, "ho-mau", {"C5": 3}, mode=Mode.PHONE)
    with province.writing() as session:
        reviews.decide(session, "ho-mau", [uuid.UUID(out)], ReviewState.REJECTED, "made up", "supervisor")
    for outside in (False, True):
        done = exporting.responses(province, "ho-mau", tmp_path / "phieu.csv", outside=outside)
        assert (done.rows, done.left_out) == (1, 1)
        assert out not in {row["response_id"] for row in table(tmp_path / "phieu.csv")}


@pytest.mark.both_databases
def test_the_weights_are_those_of_the_estimates(province: Database, tmp_path: Path) -> None:
    rows = ["06652,V1,06652,10", "06652,V1,06652,30", "06658,V3,06658,0.00001"]
    (tmp_path / "in.csv").write_text("unit,psu,stratum,weight\n" + "\n".join(rows) + "\n")
    importing.responses(province, "ho-mau", importing.Wanted(tmp_path / "in.csv"))
    keyed = submit(province, "ho-mau", {"C5": 1}, psu="V1")  # after the weights were made
    exporting.responses(province, "ho-mau", tmp_path / "out.csv")
    with province.reading() as session:
        found = respondents.sample(session, waves.find(session, "ho-mau"))
    written = {row["response_id"]: float(row["weight"]) for row in table(tmp_path / "out.csv")}
    assert written == dict(zip(map(str, found.ids), found.weight, strict=True))
    assert written[keyed] == 20
    assert "0.00001" in {row["weight"] for row in table(tmp_path / "out.csv")}


@pytest.mark.both_databases
def test_an_open_wave_counts_everybody_once(province: Database, tmp_path: Path) -> None:
    submit(province, "ho-mo", {"C5": 1}, mode=Mode.PHONE)
    exporting.responses(province, "ho-mo", tmp_path / "phieu.csv")
    (row,) = table(tmp_path / "phieu.csv")
    assert (row["stratum"], row["psu"], row["weight"]) == ("06652", dates.today().isoformat(), "1")
    assert importing.responses(province, "ho-mo", importing.Wanted(tmp_path / "phieu.csv")).there == 1


def test_text_that_looks_like_a_formula_is_computed_nowhere_and_read_back_as_it_was(
    province: Database, tmp_path: Path
) -> None:
    texts = ['=1+1,"a"\nb', "'=1+1", "''+A1", "-a", "@x", "＝1", "'Hà Tu", "-1"]
    for text in texts:
        submit(province, "ho-mo", {"C10_khac": text}, mode=Mode.PHONE)
    exporting.responses(province, "ho-mo", tmp_path / "phieu.csv")
    written = {row["C10_khac"] for row in table(tmp_path / "phieu.csv")}
    assert written == {f"'{text}" for text in texts[:6]} | set(texts[6:])
    assert importing.responses(province, "ho-mo", importing.Wanted(tmp_path / "phieu.csv")).there == len(texts)
    exporting.responses(province, "ho-mo", tmp_path / "phieu.parquet", "parquet")
    assert set(parquet.read_table(tmp_path / "phieu.parquet").column("C10_khac").to_pylist()) == set(texts)


@pytest.mark.both_databases
def test_parquet_holds_the_same(province: Database, tmp_path: Path) -> None:
    for number in range(3):
        submit(province, "ho-mau", {"C5": 1 + number, "C2": [1, 6], "C2_khac": "Loa"}, psu="V1")
    exporting.responses(province, "ho-mau", tmp_path / "phieu.csv")
    exporting.responses(province, "ho-mau", tmp_path / "phieu.parquet", "parquet")
    read = parquet.read_table(tmp_path / "phieu.parquet")
    assert str(read.schema.field("C5").type) == "int16"
    assert str(read.schema.field("day").type) == "date32[day]"
    rows = [
        {
            name: "" if cell is None else f"{cell:g}" if isinstance(cell, float) else str(cell)
            for name, cell in row.items()
        }
        for row in read.to_pylist()
    ]
    assert rows == table(tmp_path / "phieu.csv")


def test_an_empty_parquet_file_has_the_columns(province: Database, tmp_path: Path) -> None:
    exporting.responses(province, "ho-mau", tmp_path / "phieu.parquet", "parquet")
    read = parquet.read_table(tmp_path / "phieu.parquet")
    assert (read.num_rows, read.schema.names[:3]) == (0, ["response_id", "unit", "stratum"])


def test_the_rows_are_in_the_order_of_their_ids(province: Database, tmp_path: Path) -> None:
    for _ in range(30):
        submit(province, "ho-mo", {"C5": 1}, mode=Mode.PHONE)
    exporting.responses(province, "ho-mo", tmp_path / "phieu.csv")
    ids = [row["response_id"] for row in table(tmp_path / "phieu.csv")]
    assert ids == sorted(ids)


def test_a_failure_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    path = tmp_path / "phieu.csv"
    path.write_text("before")

    def write() -> None:
        with atomic_file.atomic_write(path) as file:
            file.write(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["phieu.csv"]


def test_the_file_is_its_owners_alone(province: Database, tmp_path: Path) -> None:
    exporting.responses(province, "ho-mau", tmp_path / "phieu.csv")
    assert (tmp_path / "phieu.csv").stat().st_mode & 0o777 == 0o600


def test_a_folder_that_is_not_there_is_said(province: Database, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="can't be written"):
        exporting.responses(province, "ho-mau", tmp_path / "nowhere" / "phieu.csv")


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), max_size=80)


def values(item: Item) -> st.SearchStrategy[Any]:
    """Any cell that the import takes for an item."""
    codes = st.sampled_from(list(item.choices) or [0])
    if item.kind.is_text:
        return WORDS.filter(lambda text: len(text.encode()) <= (item.max_length or 0))
    if item.kind.several:
        return st.lists(codes, unique=True).map(lambda chosen: ";".join(map(str, chosen)))
    return st.one_of(st.just(""), codes.map(str))


@st.composite
def files(draw: st.DrawFn, questionnaire: Questionnaire) -> list[dict[str, Any]]:
    """Rows of some responses: villages of one commune each, any weights, any answers to any items."""
    codes = draw(st.lists(st.sampled_from(list(questionnaire.items)), max_size=6, unique=True))
    homes = {"T1": ("06652", "A"), "T2": ("06652", "B"), "=T3": ("06978", "Ă,;")}
    rows = []
    for id in draw(st.lists(st.uuids(), max_size=8, unique=True)):
        psu = draw(st.sampled_from(list(homes)))
        unit, stratum = homes[psu]
        weight = draw(st.floats(0, 1e300))
        day = dates.today() - timedelta(draw(st.integers(0, 30)))
        mode = draw(st.sampled_from([mode.value for mode in Mode]))
        answers = {code: draw(values(questionnaire.items[code])) for code in codes}
        rows.append(
            {
                "response_id": id,
                "unit": unit,
                "stratum": stratum,
                "psu": psu,
                "weight": weight,
                "mode": mode,
                "day": day,
                **answers,
            }
        )
    return rows


@pytest.fixture(scope="module")
def household(sqlite_templates: dict[str, Path]) -> Questionnaire:
    made = Database(f"sqlite:///{sqlite_templates['province']}")
    with made.reading() as session:
        found = questionnaires.find(session, "ho_gia_dinh@1")
    made.engine.dispose()
    return found


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_what_is_exported_and_imported_is_the_same(
    household: Questionnaire, sqlite_templates: dict[str, Path], tmp_path: Path, data: st.DataObject
) -> None:
    rows = data.draw(files(household))
    given_file, first_file, second_file = (tmp_path / name for name in ("in.csv", "1.csv", "2.csv"))
    with given_file.open("w", newline="", encoding="utf-8") as file:
        Writer(file).records(list(rows[0]) if rows else ["unit"], rows)
    for source, target in ((given_file, first_file), (first_file, second_file)):
        # A name of its own: what was read of a database is known by its address.
        path = Path(shutil.copy(sqlite_templates["province"], tmp_path / f"{uuid.uuid4()}.db"))
        database = Database(f"sqlite:///{path}")
        try:
            assert importing.responses(database, "ho-mau", importing.Wanted(source)).stored == len(rows)
            exporting.responses(database, "ho-mau", target)
        finally:
            database.engine.dispose()  # which takes the log with it
            path.unlink()
    assert first_file.read_bytes() == second_file.read_bytes()
    written = {row["response_id"]: row for row in table(first_file)}
    for row in rows:
        kept = written[str(row["response_id"])]
        assert float(kept["weight"]) == row["weight"]
        place = (meant(kept["psu"]), kept["stratum"], kept["day"])
        assert place == (row["psu"], row["stratum"], row["day"].isoformat())
        for code in set(row) - set(response_file.COLUMNS):
            assert meant(kept[code]) == settled(household.items[code], row[code])


def settled(item: Item, cell: str) -> str:
    """The cell as it comes back."""
    if item.kind.several:
        return ";".join(sorted(cell.split(";"), key=lambda code: int(code or 0)))
    return unicodedata.normalize("NFC", cell).strip()
