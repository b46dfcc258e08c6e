"""Any table of a wave: the records of `results`, with both bases of a sensitive item, for the house alone."""

from __future__ import annotations

import csv
import io
import re
import uuid
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.responses import submission
from survey.responses.respondents import sample
from survey.results import result_table
from survey.storage import audit
from survey.storage.database import Database
from survey.storage.models import Mode
from survey.waves import units, waves
from survey.web.staff.results import tables

PAGE = "/quan-tri/thu-nghiem/bang"


@pytest.fixture(scope="module")
def reader(made_up: Flask, sign_in: Any) -> FlaskClient:
    return sign_in(made_up, "home_affairs")  # type: ignore[no-any-return]


def made(app: Flask, wanted: str, *by: str, wave: str = "thu-nghiem") -> tables.Table:
    with app.extensions["database"].reading() as session:
        return tables.made(session, sample(session, waves.find(session, wave)), wanted, by)


@pytest.mark.parametrize(
    ("wanted", "by"),
    [("C4", ()), ("C5", ("gioi_tinh",)), ("index", ("unit", "gioi_tinh")), ("C2=1,2", ("do_tuoi",))],
)
def test_a_table_prints_the_released_records(made_up: Flask, wanted: str, by: tuple[str, ...]) -> None:
    with made_up.extensions["database"].reading() as session:
        records = result_table.estimates(session, "thu-nghiem", items=[wanted], by=by, released=True)
    shown = made(made_up, wanted, *by)
    assert sorted(map(repr, shown.records)) == sorted(map(repr, records))


def test_a_sensitive_item_stands_with_both_bases(made_up: Flask) -> None:
    """Of those who answered, and of all who were asked: the second share is smaller by the silent."""
    [whole] = made(made_up, "C5").groups
    for line in whole.lines:
        assert line.of_asked is not None
        assert line.of_asked.n > line.record.n
        assert line.of_asked.estimate < line.record.estimate
        assert line.of_asked.estimate * line.of_asked.weight_sum == pytest.approx(
            line.record.estimate * line.record.weight_sum
        )
    assert all(line.of_asked is None for group in made(made_up, "C4").groups for line in group.lines)


def test_what_must_be_hidden_is_hidden_in_both_bases(made_up: Flask) -> None:
    hidden = [
        line
        for group in made(made_up, "C5", "unit", "hoc_van").groups
        for line in group.lines
        if "hidden" in line.record.flags
    ]
    assert hidden
    assert all(line.record.estimate is None and line.of_asked.estimate is None for line in hidden)  # type: ignore[union-attr]


def test_groups_are_tested_only_where_the_test_is_honest(made_up: Flask) -> None:
    tested = made(made_up, "C4", "gioi_tinh").tested
    assert tested is not None
    assert tested.n <= 2916
    assert made(made_up, "C4", "gioi_tinh", "do_tuoi").tested is None  # crossed
    assert made(made_up, "C5", "nghe_nghiep").tested is None or not any(
        "hidden" in record.flags for record in made(made_up, "C5", "nghe_nghiep").records
    )
    assert made(made_up, "tiep_xuc", "dich_vu", wave="gop-y").tested is None  # no sample


def test_the_address_holds_the_whole_table(reader: FlaskClient) -> None:
    page = reader.get(f"{PAGE}?muc=C5&theo=gioi_tinh&theo=do_tuoi")
    assert page.status_code == 200
    for chosen in ("C5", "gioi_tinh", "do_tuoi"):
        assert f'<option value="{chosen}" selected>' in page.text
    assert "muc=C5&amp;theo=gioi_tinh&amp;theo=do_tuoi" in page.text  # the files are of the same table


def test_the_files_hold_the_page_s_figures_and_say_that_they_stay_here(
    made_up: Flask, reader: FlaskClient
) -> None:
    query = "?muc=C5&theo=gioi_tinh"
    records = made(made_up, "C5", "gioi_tinh").records
    answer = reader.get(f"{PAGE}.csv{query}")
    assert "khong-pho-bien" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [float(row["share"]) for row in rows] == [record.estimate for record in records]
    assert {row["note"] for row in rows} == {"Không phổ biến"}
    with made_up.extensions["database"].reading() as session:
        noted = audit.newest(session)
    assert noted is not None
    assert (noted.who, noted.what) == ("home_affairs", "Downloaded a free table")
    assert noted.subject == "wave=thu-nghiem format=csv asked=muc=C5&theo=gioi_tinh"
    sheet = openpyxl.load_workbook(io.BytesIO(reader.get(f"{PAGE}.xlsx{query}").data)).active
    assert sheet is not None
    assert sheet["A2"].value == "Không phổ biến"
    assert [sheet.cell(row, 4).value for row in range(5, 5 + len(records))] == pytest.approx(
        [record.estimate for record in records]
    )


def test_what_can_not_be_a_table_is_told(reader: FlaskClient) -> None:
    assert reader.get(f"{PAGE}?muc=C55").status_code == 400
    assert reader.get(f"{PAGE}?muc=C5&theo=psu").status_code == 400
    assert reader.get(f"{PAGE}.csv").status_code == 404
    assert reader.get(f"{PAGE}.pdf?muc=C5").status_code == 404


def test_a_table_is_kept_until_an_answer_is_added_or_a_commune_gets_another_name(province: Database) -> None:
    def table() -> tables.Table:
        with province.reading() as session:
            people = sample(session, waves.find(session, "gop-y"))
            return tables.made(session, people, "hl_chung", ("unit",))

    def answer() -> None:
        with province.writing() as session:
            place = waves.place(session, "gop-y", "06652")
            submission.submit(session.connection(), place, uuid.uuid4(), Mode.PHONE, {"hl_chung": 5})

    for _person in range(6):
        answer()
    before = table()
    assert table() is before
    answer()
    after = table()
    assert [max(record.n or 0 for record in one.records) for one in (before, after)] == [6, 7]
    with province.writing() as session:
        units.find(session, "06652").name = "Hà Tu Mới"
    assert "Hà Tu Mới" in [group.name for group in table().groups]


def test_the_lines_of_all_groups_sort_by_a_column(reader: FlaskClient) -> None:
    """With their groups' names, lowest first at the first click; the head leads back the other way."""
    page = reader.get(f"{PAGE}?muc=C4&theo=gioi_tinh&xep=uoc-luong").text
    shares = [float(one.replace(",", ".")) for one in re.findall(r'figure">\s*([\d,]+)%', page)]
    assert len(shares) > 4
    assert shares == sorted(shares)
    assert 'aria-sort="ascending"' in page
    assert "xep=-uoc-luong" in page
    assert "Nam · " in page
    assert 'scope="rowgroup"' not in page
