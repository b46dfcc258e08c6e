import csv
from pathlib import Path

import pyarrow.parquet as parquet
import pyreadstat
from flask import Flask

from survey.data_files import codebook, exporting
from survey.waves import waves
from survey.web.current import database


def test_rows_hold_codes_and_numbers_alone_and_nothing_that_tells_a_time(made_up: Flask, tmp_path: Path) -> None:
    with made_up.app_context():
        done = exporting.rows(database(), "gop-y", tmp_path / "r.csv")
        exporting.rows(database(), "thu-nghiem", tmp_path / "r.parquet", "parquet")
        with database().reading() as session:
            book = codebook.of(session, waves.find(session, "gop-y"))
    with (tmp_path / "r.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == done == book.rows
    assert {"response_id", "day", "gop_y"} & set(rows[0]) == set()
    assert not any(row["psu"].startswith("20") for row in rows)  # no day as its village
    assert [int(row["row"]) for row in rows] == list(range(1, done + 1))
    sampled = parquet.read_table(tmp_path / "r.parquet").column_names
    assert {"nghe_nghiep_khac", "C10_khac", "response_id", "day"} & set(sampled) == set()
    columns = {column.code: column for column in book.columns}
    assert sum(value.count for value in columns["hl_chung"].values) + columns["hl_chung"].blank == done
    modes = {value.code: value.texts for value in columns["mode"].values}
    assert modes["kiosk"][0] != modes["kiosk"][1] != "kiosk"
    assert ("06652", ("Hà Tu", "Hà Tu")) in {(value.code, value.texts) for value in columns["unit"].values}
    assert sum(value.count for value in columns["unit"].values) == done


def test_a_row_of_a_grid_says_what_is_asked(made_up: Flask, tmp_path: Path) -> None:
    with made_up.app_context():
        exporting.rows(database(), "thu-nghiem", tmp_path / "r.sav", "sav")
        with database().reading() as session:
            book = codebook.of(session, waves.find(session, "thu-nghiem"))
    texts = next(column.texts for column in book.columns if column.code == "mm_minh_bach")
    stem, label = texts[0].replace("\u00a0", " ").split(" – ")
    assert stem.startswith("Ông/Bà mong muốn")
    assert label == "Công khai, minh bạch thông tin"
    _data, about = pyreadstat.read_sav(tmp_path / "r.sav", output_format="dict")
    assert about.column_names_to_labels["mm_minh_bach"].startswith("Công khai, minh bạch thông tin – Ông/Bà")


def test_an_spss_file_names_units_and_modes(made_up: Flask, tmp_path: Path) -> None:
    with made_up.app_context():
        exporting.rows(database(), "gop-y", tmp_path / "r.sav", "sav")
    _data, about = pyreadstat.read_sav(tmp_path / "r.sav", output_format="dict")
    labels = about.variable_value_labels
    assert labels["unit"]["06652"] == "Hà Tu"
    assert set(labels["mode"]) == {"phone", "kiosk"}
