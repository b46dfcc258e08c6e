"""Figures that others published: cited, corrected by a new row, never given an interval."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.storage import audit
from survey.storage.database import Database
from survey.year import published
from tests.survey.year import example
from translations import Refusal

SignIn = Callable[[Flask, str], FlaskClient]
ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "docs" / "examples" / "nam"
BAD = Path(__file__).parent / "bad"
FAULTS = {  # file -> row, and a column that is named
    "above_max": (3, "value"),
    "decimal_comma": (3, "value"),
    "group_5": (4, "group"),
    "key_twice": (8, "part"),
    "no_max_of_points": (2, "max"),
    "no_place": (4, "place"),
    "no_source": (3, "source"),
    "nothing_and_no_note": (4, "note"),
    "rank_above_of": (4, "rank"),
    "unit_unknown": (4, "unit"),
    "year_unlikely": (2, "year"),
}


def guard(reader: FlaskClient) -> dict[str, str]:
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', reader.get("/quan-tri/da-cong-bo").text)
    assert token is not None
    return {"csrf_token": token[1]}


def load(database: Database, name: str = "published_2024.csv") -> published.Outcome:
    with database.writing() as session:
        return published.load(session, EXAMPLES / name)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_file_stores_nothing_and_is_told_by_row_and_column(province: Database, fault: str) -> None:
    row, column = FAULTS[fault]
    with pytest.raises(Refusal) as refusal, province.writing() as session:
        published.load(session, BAD / f"bad_published_{fault}.csv")
    assert f"{row}, cột {column}:" in str(refusal.value)
    with province.reading() as session:
        assert published.list_all(session) == []


@pytest.mark.both_databases
def test_a_correction_is_a_new_row_and_the_same_file_twice_stores_nothing(province: Database) -> None:
    first = load(province)
    assert (first.stored, first.changed) == (74, 0)
    assert load(province).unchanged == 74
    assert load(province, "published_correction.csv").changed == 1
    with province.reading() as session:
        rows = [one for one in published.list_all(session, 2024, "PAPI", "Quảng Ninh") if one.part == "6"]
        assert [(one["value"], one["current"]) for one in published.records(rows)] == [
            (8.4198, False),
            (8.41, True),
        ]
        assert not {"low", "high", "standard_error"} & set(published.FIELDS)


def test_a_change_is_between_two_years_that_were_both_published(province: Database) -> None:
    load(province)
    with province.reading() as session:

        def change(index: str) -> float | None:
            figure = published.find(session, 2024, "Quảng Ninh", index)
            assert figure is not None
            return published.change(session, figure)

        assert (change("PAR_INDEX"), change("SIPAS")) == (-0.69, -0.49)
        assert change("PAPI") is None  # of 2023 nothing was published


def test_parts_that_do_not_add_up_mark_their_whole(province: Database) -> None:
    load(province)
    with province.writing() as session:
        assert published.flags(published.current(session)) == {}
        row = {
            "year": "2024",
            "place": "Quảng Ninh",
            "index": "PAPI",
            "part": "8.1",
            "value": "1.5",
            "unit": "points",
        }
        blank = dict.fromkeys(published.COLUMNS, "")
        published.put(session, published.read(blank | row | {"max": "3.3333", "source": "thử"}))
        marked = published.flags(published.current(session))
        whole = published.find(session, 2024, "Quảng Ninh", "PAPI", "8")
        assert whole is not None
        assert marked == {whole.id: ("does_not_add_up",)}


def test_the_page_draws_no_value_for_a_year_that_was_not_published(app: Flask, sign_in: SignIn) -> None:
    reader = sign_in(app, "home_affairs")
    empty = reader.get("/quan-tri/da-cong-bo").text
    assert "Chưa nhập số liệu đã công bố nào" in empty
    with (EXAMPLES / "published_2024.csv").open("rb") as file:
        sent = reader.post(
            "/quan-tri/da-cong-bo/tep",
            data={"file": (file, "da-cong-bo.csv"), **guard(reader)},
            follow_redirects=True,
        )
    assert sent.status_code == 200
    assert "91,49" in sent.text
    assert "giảm 0,69" in sent.text
    assert "Không công bố: 2021, 2023" in sent.text


def test_a_figure_is_entered_on_the_page_and_a_fault_stands_at_its_field(app: Flask, sign_in: SignIn) -> None:
    reader = sign_in(app, "home_affairs")
    figure = guard(reader) | {
        "year": "2025",
        "place": "Quảng Ninh",
        "index": "SIPAS",
        "unit": "percent",
        "value": "101",
    }
    wrong = reader.post("/quan-tri/da-cong-bo", data=figure | {"source": "Bộ Nội vụ"})
    assert wrong.status_code == 422
    assert 'id="value-error"' in wrong.text
    right = reader.post(
        "/quan-tri/da-cong-bo", data=figure | {"value": "91,2", "source": "Bộ Nội vụ"}, follow_redirects=True
    )
    assert "91,20%" in right.text
    with app.extensions["database"].reading() as session:
        entry = audit.newest(session)
    assert entry is not None
    assert entry.subject.endswith("year=2025 place=Quảng Ninh index=SIPAS part=")


def test_own_indicators_stand_apart_with_their_caution_and_interval(
    province: Database, app: Flask, sign_in: SignIn
) -> None:
    example.fill(province)
    page = sign_in(app, "home_affairs").get(f"/quan-tri/da-cong-bo?year={example.YEAR}").text
    [own] = re.findall(r'<section class="own".*?</section>', page, re.S)
    rows = re.findall(r"<tr[^>]*>.*?</tr>", own, re.S)[1:]
    assert len(rows) == 3
    assert all("không phải PAPI" in row and re.search(r"từ [\d,]+ đến [\d,]+", row) for row in rows)
    assert "staff-published" not in own
