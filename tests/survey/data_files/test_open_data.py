"""Open data of a release: nobody in it stands alone, and it says what was changed."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pyarrow.parquet as parquet
import pyreadstat
import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy.orm import Session

from forms import openness, parse
from survey.data_files import open_data, open_data_bundle
from survey.data_files.open_data import Open
from survey.operations import demo
from survey.operations.installation import prepare
from survey.responses import submission
from survey.responses.respondents import sample
from survey.results import release_steps, releases
from survey.storage.database import Database
from survey.storage.models import Mode, WaveKind
from survey.system import dates
from survey.waves import questionnaires, waves
from tests.browser.axe import violations
from translations import Conflict


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The demo's waves, each with an approved release."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('released') / 'hailong.db'}")
    prepare(database)
    with database.writing() as session:
        demo.make(session)
        for wave in ("thu-nghiem", "gop-y"):
            release = releases.freeze(session, waves.find(session, wave), "lan")
            release_steps.check(release, "minh")
            releases.approve(session, release, "hoa")
    yield database
    database.engine.dispose()


@pytest.fixture(scope="module")
def made(released: Database) -> Open:
    """The open file of the sample wave."""
    with released.reading() as session:
        return open_data.microdata(session, "thu-nghiem")


def rows(made: Open) -> list[dict[str, str]]:
    file = io.BytesIO()
    made.write(file, "csv")
    return list(csv.DictReader(io.StringIO(file.getvalue().decode())))


def test_everybody_is_like_k_others_in_all_that_is_declared(made: Open) -> None:
    keys = [open_data.AREA, *openness.of(made.questionnaire).keys]
    alike = Counter(tuple(row[key] for key in keys) for row in rows(made))
    assert min(alike.values()) == made.smallest >= made.k == 5


def test_no_group_gave_a_sensitive_answer_all_together(made: Open, released: Database) -> None:
    keys = [open_data.AREA, *openness.of(made.questionnaire).keys]
    for item in ("C5", "C6"):
        groups: dict[tuple[str, ...], list[str]] = {}
        for row in rows(made):
            if row[item]:
                groups.setdefault(tuple(row[key] for key in keys), []).append(row[item])
        assert groups
        for answers in groups.values():
            assert len(answers) >= 30
            assert set(answers) == {"1"} or len(set(answers)) > 1  # 1: nobody


def test_it_names_no_form_commune_village_day_or_word(made: Open, released: Database) -> None:
    with released.reading() as session:
        people = sample(session, waves.find(session, "thu-nghiem"))
    columns = set(rows(made)[0])
    assert columns.isdisjoint({"response_id", "unit", "stratum", "mode", "day"})
    texts = {item.code for item in people.questionnaire.items.values() if item.kind.is_text}
    assert columns.isdisjoint(texts)
    for kind in ("csv", "sav"):
        file = io.BytesIO()
        made.write(file, kind)
        content = file.getvalue()
        for names in (people.unit, people.psu, map(str, people.ids)):
            assert not [name for name in set(names) if len(name) > 3 and f"{name}".encode() in content]


def test_a_cluster_joins_three_communes_and_weights_keep_their_sum(made: Open, released: Database) -> None:
    with released.reading() as session:
        people = sample(session, waves.find(session, "thu-nghiem"))
    given = [float(row["weight"]) for row in rows(made)]
    assert sum(given) == pytest.approx(people.weight.sum(), rel=1e-6)
    assert min(Counter(given).values()) >= open_data.WEIGHTS_ALIKE
    assert len({row["psu"] for row in rows(made)}) <= len(set(people.psu)) // 3


def test_the_same_rows_stand_in_all_three_kinds_of_file(made: Open, tmp_path: Path) -> None:
    for kind in ("sav", "parquet"):
        made.save(tmp_path / f"open.{kind}", kind)
    data, about = pyreadstat.read_sav(tmp_path / "open.sav", output_format="dict", user_missing=True)
    arrow = parquet.read_table(tmp_path / "open.parquet").to_pydict()
    written = rows(made)
    for code in ("khu_vuc", "do_tuoi", "C5", "qt_y_te", "weight"):
        csv_values = [float(row[code]) if row[code] else None for row in written]
        assert [None if value != value else value for value in data[code]] == csv_values
        assert arrow[code] == csv_values
    assert about.variable_value_labels["khu_vuc"] == {1: "Phường", 2: "Xã, đặc khu"}
    assert about.variable_value_labels["do_tuoi"][1] == "18–34"
    assert about.column_names_to_labels["dan_toc"]


def test_made_again_it_is_the_same_to_the_byte(made: Open, released: Database) -> None:
    with released.reading() as session:
        again = open_data.microdata(session, "thu-nghiem")
    files = [io.BytesIO(), io.BytesIO()]
    made.write(files[0], "sav")
    again.write(files[1], "sav")
    assert files[0].getvalue() == files[1].getvalue()


def test_what_was_changed_is_listed_with_its_extent(made: Open) -> None:
    listed = {(change.column, change.what.message): change.values for change in made.changes}
    blanks = [key for key in listed if key[1].startswith("Blanked where fewer than %(k)s people")]
    assert blanks
    for column, _what in blanks:
        gone = sum(value is None for value in made.answers[column])
        assert gone >= listed[(column, _what)] > 0
    columns = {column for column, _what in listed}
    assert {"", "khu_vuc", "do_tuoi", "C2_khac", "psu", "weight"} <= columns


def test_an_open_wave_has_neither_clusters_nor_weights(released: Database) -> None:
    with released.reading() as session:
        made = open_data.microdata(session, "gop-y")
    assert list(made.columns) == ["row"]
    assert made.smallest >= 5


def test_only_what_is_approved_is_opened(province: Database) -> None:
    with province.writing() as session, pytest.raises(Conflict, match="công bố"):
        open_data.microdata(session, "ho-mau")


def test_a_sensitive_key_is_not_learnt_from_the_others(made: Open) -> None:
    keys = [open_data.AREA, *openness.of(made.questionnaire).keys]
    keys.remove("dan_toc")
    groups: dict[tuple[str, ...], list[str]] = {}
    for row in rows(made):
        if row["dan_toc"]:
            groups.setdefault(tuple(row[key] for key in keys), []).append(row["dan_toc"])
    assert groups
    assert all(len(told) >= 30 and len(set(told)) > 1 for told in groups.values())


def files(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as bundle:
        return {name: bundle.read(name) for name in bundle.namelist()}


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_one_file_holds_estimates_rows_dictionary_and_changes(made: Open, released: Database) -> None:
    with released.reading() as session:
        name, content = open_data_bundle.write(session, "thu-nghiem")
        assert open_data_bundle.write(session, "thu-nghiem") == (name, content)
    found = files(content)
    assert name == "du-lieu-mo-thu-nghiem-ban-1.zip"
    estimates = table(found["uoc-luong.csv"])
    assert [line["item"] for line in estimates] == [line["item"] for line in json.loads(found["uoc-luong.json"])]
    described = table(found["tu-dien.csv"])
    columns = {(line["file"], line["column"]) for line in described}
    assert columns >= {("uoc-luong", column) for column in estimates[0]}
    assert columns >= {("uoc-luong", "index:CS"), ("uoc-luong", "C5")}
    assert columns >= {("tung-dong", column) for column in table(found["tung-dong.csv"])[0]}
    named = {(line["column"], line["value"]) for line in described if line["file"] == "tung-dong"}
    values = {
        (code, str(value)) for code in ("khu_vuc", "do_tuoi", "C5") for value in set(made.answers[code]) - {None}
    }
    assert values <= named
    changes = table(found["thay-doi.csv"])
    assert [(line["column"], int(line["values"])) for line in changes] == [
        (change.column, change.values) for change in made.changes
    ]
    assert "dữ liệu mô phỏng" in found["doc-truoc.txt"].decode().lower()
    assert len(table(found["tung-dong.csv"])) == len(made)


def test_the_estimates_have_lost_what_must_be_hidden(released: Database) -> None:
    with released.reading() as session:
        _name, content = open_data_bundle.write(session, "gop-y")
    hidden = [line for line in table(files(content)["uoc-luong.csv"]) if "hidden" in line["flags"].split(";")]
    assert hidden
    assert all(line["estimate"] == line["n"] == "" for line in hidden)


def test_two_releases_of_a_wave_join_the_same_villages(released: Database, made: Open) -> None:
    with released.writing() as session:
        release = releases.freeze(session, waves.find(session, "thu-nghiem"), "lan")
        release.responses = release.responses[16 * 50 :]  # as if some had been rejected since
        release_steps.check(release, "minh")
        releases.approve(session, release, "hoa")
    with released.reading() as session:
        later = open_data.microdata(session, "thu-nghiem")
    assert later.release.number == 2
    pairs = {
        (psu, area)
        for one in (made, later)
        for psu, area in zip(one.columns["psu"], one.answers["khu_vuc"], strict=True)
        if area is not None  # left out of single rows, where it would tell who they are
    }
    assert len(pairs) == len(set(made.columns["psu"]))


def approved(session: Session, wave: str) -> None:
    """40 forms of a wave on the short questionnaire, released."""
    place = waves.place(session, wave, "06652")
    for n in range(40):
        submission.submit(
            session.connection(), place, uuid4(), Mode.PHONE, {"hl_chung": 1 + n % 5, "dich_vu": 1 + n % 2}
        )
    release = releases.freeze(session, waves.find(session, wave), "lan")
    release_steps.check(release, "minh")
    releases.approve(session, release, "hoa")


def test_no_rows_go_out_under_a_consent_that_promises_groups(
    province: Database, app: Flask, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    client = sign_in(app, "home_affairs")
    assert "Chưa công bố kết quả" in client.get("/quan-tri/gop-y/du-lieu-mo").text
    assert client.get("/quan-tri/gop-y/du-lieu-mo.zip").status_code == 409
    with province.writing() as session:
        approved(session, "gop-y")
        with pytest.raises(Conflict, match="không theo từng người.*open_rows: true"):
            open_data.microdata(session, "gop-y")
    page = client.get("/quan-tri/gop-y/du-lieu-mo").text
    assert "không theo từng người" in page
    assert "tung-dong" not in page
    found = files(client.get("/quan-tri/gop-y/du-lieu-mo.zip").data)
    assert set(found) == {"doc-truoc.txt", "uoc-luong.csv", "uoc-luong.json", "tu-dien.csv"}
    told = {(line["column"], line["value"]): line["text"] for line in table(found["tu-dien.csv"])}
    assert told["hl_chung", "5"] == "Rất hài lòng"


def test_rows_go_out_where_the_consent_says_so_and_the_page_shows_what_was_changed(
    province: Database,
    app: Flask,
    phone: Page,
    sign_in: Callable[[Flask, str], FlaskClient],
    bring_in: Callable[[BrowserContext, Flask, str], None],
) -> None:
    with province.writing() as session:
        agreed = dict(questionnaires.find(session, "noi_phuc_vu@1").document)
        consent = {"vi": "Tỉnh có thể công bố từng dòng đã ẩn danh.", "en": "Anonymised rows may be published."}
        agreed |= {"version": 7, "consent": consent, "open_rows": True}
        questionnaires.publish(session, parse(agreed), dates.today())
        asked = questionnaires.find(session, "noi_phuc_vu@7")
        waves.create(session, "mo", asked, WaveKind.OPEN, dates.today(), dates.today())
        approved(session, "mo")
    client = sign_in(app, "home_affairs")
    shown = client.get("/quan-tri/mo/du-lieu-mo").text
    assert "Về xã chỉ cho biết loại đơn vị" in shown
    assert "Tỉnh có thể công bố từng dòng đã ẩn danh." in shown
    reply = client.get("/quan-tri/mo/du-lieu-mo.zip")
    assert reply.headers["Content-Disposition"] == 'attachment; filename="du-lieu-mo-mo-ban-1.zip"'
    assert len(table(files(reply.data)["tung-dong.csv"])) == 40
    assert sign_in(app, "keyer").get("/quan-tri/mo/du-lieu-mo.zip").status_code == 403
    bring_in(phone.context, app, "home_affairs")
    phone.goto("/quan-tri/mo/du-lieu-mo?lang=en")
    expect(phone.locator("tbody tr").first).to_contain_text("the whole file")
    assert violations(phone) == []
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
