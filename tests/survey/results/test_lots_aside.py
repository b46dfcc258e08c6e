"""A lot that is set aside is in no later figure, file or report, and each of them says how many forms it is."""

import csv
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.data_files import exporting, open_data
from survey.fieldwork import outcomes
from survey.reports import contents, xlsx
from survey.responses import lot_steps
from survey.responses.respondents import sample, sample_with
from survey.results import release_steps, releases, summary
from survey.storage.database import Database
from survey.storage.models import Lot, Release, Response
from survey.system import dates
from survey.waves import waves

WAVE = "thu-nghiem"


@pytest.fixture
def made_up_database(made_up_copy: Flask) -> Database:
    database: Database = made_up_copy.extensions["database"]
    return database


def largest(session: Session, wave: str) -> tuple[int, int]:
    """The largest lot of a wave, and how many forms it holds."""
    counts = select(Response.lot, func.count()).where(Response.wave == wave).group_by(Response.lot)
    number, count = session.execute(counts.order_by(func.count().desc(), Response.lot).limit(1)).one()
    return number, count


def set_aside(session: Session, wave: str, number: int, aside: bool = True) -> None:
    lot_steps.propose(session, wave, number, aside, "Một hộ kể rằng không ai đến hỏi.", "An")
    lot_steps.confirm(session, wave, number, "Bình")


def test_every_figure_file_and_report_leaves_it_out_and_says_so(
    made_up_database: Database, tmp_path: Path
) -> None:
    with made_up_database.writing() as session:
        number, count = largest(session, WAVE)
        before = summary.gather(session, WAVE)
        set_aside(session, WAVE, number)
        inside = {str(id) for id in session.scalars(select(Response.id).where(Response.lot == number))}
    with made_up_database.reading() as session:
        now = summary.gather(session, WAVE)
        came = now.collection
        assert (came.aside, came.collected) == (count, before.collection.collected)
        assert came.collected == came.in_sample + came.outside + came.rejected + came.aside
        assert came.in_sample == before.collection.in_sample - count
        assert now.index is not None
        assert before.index is not None
        assert now.index.estimate.estimate != before.index.estimate.estimate
        assert now.data_version != before.data_version
        rows = {row for block in contents.contents(now).annex for row in _table_rows(block)}
        assert (
            "Trong các lô do hai người để riêng, không vào số liệu nào",
            str(count),
        ) in rows
        sheet = load_workbook(BytesIO(xlsx.write(now)))["Phiếu"]
        assert ("Trong các lô do hai người để riêng, không vào số liệu nào", count) in {
            tuple(cell.value for cell in row[:2]) for row in sheet.iter_rows()
        }
        # Whoever made up interviews met nobody: they are no interviews in the response rates either.
        wave = waves.find(session, WAVE)
        people = sample(session, wave)
        whole = sample_with(session, wave, {number}, set())
        assert np.isclose(people.weight.sum() / whole.weight.sum(), len(people) / len(whole), rtol=0.05)
        assert outcomes.villages(session, wave, people) is not None
    done = exporting.responses(made_up_database, WAVE, tmp_path / "phieu.csv")
    assert (done.rows, done.aside) == (came.in_sample, count)
    with (tmp_path / "phieu.csv").open(encoding="utf-8-sig") as file:
        assert not inside & {row["response_id"] for row in csv.DictReader(file)}


def _table_rows(block: object) -> list[tuple[str, ...]]:
    return [tuple(row.cells[:2]) for row in getattr(block, "rows", ())]


def test_a_release_holds_what_counted_when_it_was_frozen(made_up_database: Database) -> None:
    with made_up_database.writing() as session:
        number, count = largest(session, WAVE)
        shown = releases.freeze(session, waves.find(session, WAVE), "An")
        release_steps.check(shown, "An")
        release_steps.approve(shown, shown, "Bình")
        before = sample(session, waves.find(session, WAVE), shown).version
        set_aside(session, WAVE, number)
    with made_up_database.writing() as session:
        wave = waves.find(session, WAVE)
        assert sample(session, wave, shown).version == before
        later = releases.freeze(session, wave, "An", "Lô để riêng không được tính.")
        assert (later.aside, releases.size(later)) == (count, releases.size(shown) - count)
        assert sample(session, wave, later).aside == count
        release_steps.check(later, "An")
        release_steps.approve(later, later, "Bình")
        assert len(open_data.microdata(session, WAVE)) == releases.size(later)
        set_aside(session, WAVE, number, aside=False)
    with made_up_database.reading() as session:
        wave = waves.find(session, WAVE)
        assert sample(session, wave).aside == 0
        assert sample(session, wave, session.get_one(Release, later.id)).aside == count
        assert session.get_one(Lot, number).closed == dates.today()
