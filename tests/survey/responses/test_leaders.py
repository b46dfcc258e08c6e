"""A wave that asks leaders: groups with their size, persons who rate units, and what may be shown of them."""

from __future__ import annotations

import csv
import math
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from forms import load as read
from forms import parse
from forms.parsing import SHIPPED
from survey.data_files import exporting, importing, open_data
from survey.responses import devices, respondents
from survey.results import comparison, releases, result_table
from survey.results.result_table import Record
from survey.sampling import frame, leader_groups
from survey.storage.database import Database
from survey.storage.models import Response, WaveKind
from survey.system import dates
from survey.waves import questionnaires, waves
from survey.year import year_waves
from translations import Conflict, NotFound, Refusal, speaking

EXAMPLES = Path(__file__).parents[3] / "docs/examples"
SHORT = SHIPPED / "noi_phuc_vu@2.yaml"
WAVE = "ld-thu"
Row = dict[str, Any]
Load = Callable[..., importing.Outcome]


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with speaking("en"):
        yield


@pytest.fixture
def leaders(province: Database) -> Database:
    """A wave of leaders with the groups of the example."""
    today = dates.today()
    with province.writing() as session:
        asked = read(EXAMPLES / "lanh_dao.yaml")
        questionnaires.publish(session, asked, today)
        for code, since in ((WAVE, 9), ("ld-truoc", 99)):
            first, last = today - timedelta(since), today + timedelta(9)
            waves.create(session, code, asked, WaveKind.SAMPLE, first, last)
            frame.load(session, code, EXAMPLES / "nhom_lanh_dao.csv")
    return province


@pytest.fixture
def load(leaders: Database, tmp_path: Path) -> Load:
    def load(rows: list[Row], wave: str = WAVE) -> importing.Outcome:
        path = tmp_path / "lanh-dao.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return importing.responses(leaders, wave, importing.Wanted(path))

    return load


def answers(group: str, count: int, worth: int = 5, **cells: Any) -> list[Row]:
    """Rows of so many persons of a group, who all choose one level."""
    return [{"stratum": group, "psu": f"{group}-{i}", "ld_tc_muc": worth, **cells} for i in range(count)]


def figures(database: Database, wave: str = WAVE, **options: Any) -> dict[Any, Record]:
    options = {"items": ["index:LD.A"], **options}
    with database.reading() as session:
        return {one.domain: one for one in result_table.estimates(session, wave, **options)}


def test_groups_are_read_once_and_keep_their_size(leaders: Database, tmp_path: Path) -> None:
    path = tmp_path / "nhom.csv"
    with leaders.writing() as session:
        assert frame.load(session, WAVE, EXAMPLES / "nhom_lanh_dao.csv") == frame.Outcome(0, 4)
        assert leader_groups.groups(session, WAVE)["db"].people == 46
        path.write_text("stratum,people\ndb,47\n,0\ncq,65\ncq,65\n", encoding="utf-8")
        with pytest.raises(Refusal) as refused:
            frame.load(session, WAVE, path)
    said = str(refused.value)
    for place in (
        "Row 2, column people",
        "Row 3, column stratum",
        "Row 3, column people",
        "Row 5, column stratum",
    ):
        assert place in said
    with leaders.reading() as session:
        assert leader_groups.groups(session, WAVE)["db"].people == 46


def test_a_wave_begins_with_the_groups_of_its_document(leaders: Database) -> None:
    groups = [{"code": "db", "name": {"vi": "Đại biểu", "en": "Delegates"}, "size": 46}]
    asked = parse(read(EXAMPLES / "lanh_dao.yaml").document | {"code": "ld_nhom", "groups": groups})
    with leaders.writing() as session:
        questionnaires.publish(session, asked, dates.today())
        waves.create(session, "ld-nhom", asked, WaveKind.SAMPLE, dates.today(), dates.today())
        [group] = leader_groups.groups(session, "ld-nhom").values()
        assert (group.stratum, group.people, group.name) == ("db", 46, "Đại biểu")
        assert frame.load(session, "ld-nhom", EXAMPLES / "nhom_lanh_dao.csv") == frame.Outcome(3, 1)


def test_groups_stay_once_somebody_answered(leaders: Database, load: Load) -> None:
    load(answers("db", 1))
    with leaders.writing() as session:
        assert frame.clear(session, "ld-truoc") == 4
        with pytest.raises(Conflict):
            frame.clear(session, WAVE)


def test_each_person_stands_for_those_of_the_group_who_did_not_answer(leaders: Database, load: Load) -> None:
    """db: 23 of 46 persons with worth 1, cq: 13 of 65 with worth 0; the index is 46/(46 + 65)."""
    load(answers("db", 23) + answers("cq", 13, worth=1))
    with leaders.reading() as session:
        people = respondents.sample(session, waves.find(session, WAVE))
    assert {*zip(people.stratum, people.weight.tolist(), strict=True)} == {("db", 2.0), ("cq", 5.0)}
    assert figures(leaders)[None].estimate == pytest.approx(46 / 111)
    assert figures(leaders)[None].n == 36


def test_a_person_who_rates_several_units_is_one_cluster_of_its_group(leaders: Database, load: Load) -> None:
    """Six of the 46 persons of db; person 0 rates three units, the others one. Level 5 is worth 1, level 3 is ½.

    Each weighs 46/6, so the index is the mean of eight ratings, R = (1 + 1 + ½ + 5 · ½)/8 = 5/8. Residuals of the
    persons, Σ (y − R): person 0 has 5/2 − 15/8 = 5/8, the others ½ − 5/8 = −1/8, in all 0. Their squares add up to
    25/64 + 5/64 = 30/64; v = (1 − 6/46) · 6/5 · (30/64)/8² (Cochran 1977, eq. 2.20 and § 6.3).
    """
    first = [
        {"stratum": "db", "psu": "a", "unit": unit, "ld_tc_muc": level}
        for unit, level in (("06652", 5), ("06658", 5), ("", 3))
    ]
    others = [{"stratum": "db", "psu": f"b{i}", "unit": "", "ld_tc_muc": 3} for i in range(5)]
    load(first + others)
    figure = figures(leaders)[None]
    assert figure.estimate == pytest.approx(5 / 8)
    assert figure.standard_error == pytest.approx(math.sqrt((1 - 6 / 46) * 6 / 5 * (30 / 64) / 64), rel=1e-12)
    assert figure.n == 6
    assert set(figures(leaders, by=["unit"])) == {"06652", "06658", "22"}


def test_a_file_is_refused_whole_where_a_group_is_unknown_or_too_many_answered(
    leaders: Database, load: Load
) -> None:
    with pytest.raises(Refusal) as unknown:
        load([*answers("db", 1), *answers("khac", 1)])
    assert "Row 3, column stratum" in str(unknown.value)
    load(answers("db", 40))
    with pytest.raises(Refusal) as many:
        load([{**row, "psu": f"n{i}"} for i, row in enumerate(answers("db", 7))])
    assert "Row 8, column psu" in str(many.value)
    load([{**row, "unit": "06652"} for row in answers("db", 40)])  # the same persons, who rate another unit
    with leaders.reading() as session:
        assert waves.collected(session, WAVE) == 80


def test_a_person_without_label_is_a_person(leaders: Database, load: Load) -> None:
    load([{"stratum": "db", "ld_tc_muc": 5}] * 46)
    figure = figures(leaders)[None]
    assert (figure.n, figure.standard_error, figure.low, figure.high) == (46, 0, 1, 1)
    with pytest.raises(Refusal) as refused:
        load([{"stratum": "db", "ld_tc_muc": 5}])
    assert "Row 2, column stratum" in str(refused.value)


def test_a_group_or_unit_of_fewer_than_five_persons_is_not_shown(leaders: Database, load: Load) -> None:
    """Four persons of cq give 24 ratings, of six units: they are four all the same."""
    units = ("06652", "06658", "06661", "06673", "06676", "06685")
    few = [row for unit in units for row in answers("cq", 4, unit=unit)]
    load(answers("db", 20, unit="") + answers("xa", 20, unit="") + few)
    for by, small in (("stratum", ["cq"]), ("unit", units)):
        shown = figures(leaders, by=[by], released=True, items=["index:LD.A", "ld_tc_muc"])
        for name in small:
            assert shown[name].estimate is None
            assert shown[name].n is None
    assert sum(one.n is None for one in figures(leaders, by=["stratum"], released=True).values()) >= 2


def test_the_file_of_the_answers_gives_them_again(leaders: Database, load: Load, tmp_path: Path) -> None:
    load([{"response_id": str(uuid.uuid4()), **row} for row in answers("db", 3)])
    load([{"stratum": "db", "ld_tc_muc": 4}])
    path = tmp_path / "ra.csv"
    exporting.responses(leaders, WAVE, path)
    assert importing.responses(leaders, WAVE, importing.Wanted(path)).there == 4
    with leaders.reading() as session:
        persons = set(session.scalars(select(Response.person).where(Response.wave == WAVE)))
    assert persons == {"db-0", "db-1", "db-2", None}


def test_a_release_and_a_comparison_know_the_groups(leaders: Database, load: Load) -> None:
    load(answers("db", 30, worth=3), "ld-truoc")
    load([{**row, "ld_tc_muc": 2 + i % 3} for i, row in enumerate(answers("db", 40))])
    with leaders.writing() as session:
        number = releases.freeze(session, waves.find(session, WAVE), "A").number
    assert figures(leaders)[None].standard_error == figures(leaders, release=number)[None].standard_error
    with leaders.reading() as session:
        old, new = (respondents.sample(session, waves.find(session, code)) for code in ("ld-truoc", WAVE))
        [change] = comparison.compare(session, old, new, ["index:LD.A"]).changes
    assert change.difference is not None
    assert change.difference.standard_error == pytest.approx(figures(leaders)[None].standard_error)


def test_rows_of_leaders_are_never_open_data(leaders: Database) -> None:
    with leaders.reading() as session, pytest.raises(Conflict, match="asks leaders"):
        open_data.microdata(session, WAVE)


def test_nobody_answers_without_a_code(leaders: Database) -> None:
    with leaders.reading() as session, pytest.raises(NotFound):
        waves.place(session, WAVE, "06652")
    with leaders.writing() as session, pytest.raises(NotFound):
        devices.link(session, WAVE, "06652", "Quầy 1")


def test_leaders_have_no_sheets_and_no_interviewers(leaders: Database) -> None:
    with leaders.reading() as session:
        assert {one.code for one in waves.in_field(session)} == {"gop-y", "ho-mo", "ho-mau", "da-dong"}


def test_leaders_are_a_sample(leaders: Database) -> None:
    asked = read(EXAMPLES / "lanh_dao.yaml")
    with leaders.writing() as session, pytest.raises(Refusal):
        waves.create(session, "mo", asked, WaveKind.OPEN, dates.today(), dates.today())


def test_a_year_takes_leaders_for_its_survey_of_leaders_alone(leaders: Database) -> None:
    with leaders.writing() as session:
        for role, wave in (("survey", WAVE), ("leaders", "ho-mau"), ("survey", "ho-mo")):
            with pytest.raises(Refusal):
                year_waves.name(session, 2026, role, wave)
        year_waves.name(session, 2026, "leaders", WAVE)
        firms = parse(read(SHORT).document | {"code": "dn", "population": "businesses"})
        questionnaires.publish(session, firms, dates.today())
        waves.create(session, "dn", firms, WaveKind.SAMPLE, dates.today(), dates.today())
        with pytest.raises(Refusal):
            year_waves.name(session, 2026, "survey", "dn")
        assert year_waves.find(session, 2026, "survey") is None


@pytest.mark.parametrize(
    "label", ["Nguyễn Văn An", "An", "nguyen.van.an", "0912345678", "db-0912345678", "022123456789"]
)
def test_nobody_is_named_by_the_label_of_a_person(leaders: Database, load: Load, label: str) -> None:
    with pytest.raises(Refusal, match="column psu"):
        load([*answers("db", 2), {"stratum": "db", "psu": label, "ld_tc_muc": 5}])
    with leaders.reading() as session:
        assert session.scalar(select(func.count()).select_from(Response)) == 0
