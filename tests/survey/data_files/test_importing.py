import csv
import uuid
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from survey.data_files import importing, response_file
from survey.data_files.importing import Outcome
from survey.responses import respondents, submission
from survey.sampling import draws, plans
from survey.storage.database import Database
from survey.storage.encrypted_texts import texts_of
from survey.storage.models import Mode, Response, ResponseText, Village, Wave, WaveKind, WeightVersion
from survey.system import dates
from survey.waves import questionnaires, units, waves
from translations import Conflict, NotFound, Refusal, speaking

ID = "3f2a1c9e-5b6d-4e7f-8a9b-0c1d2e3f4a5b"
Row = dict[str, Any]
Import = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with speaking("en"):
        yield


@pytest.fixture
def load(province: Database, tmp_path: Path) -> Import:
    """Imports rows, or bytes, into a wave; the columns are those of the first row."""

    def load(content: list[Row] | bytes, wave: str = "ho-mau") -> Outcome:
        path = tmp_path / "phieu.csv"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, list(content[0]))
                writer.writeheader()
                writer.writerows(content)
        return importing.responses(province, wave, importing.Wanted(path))

    return load


def row(**cells: Any) -> Row:
    """A row that holds, with other cells where they are given."""
    return {
        "response_id": str(uuid.uuid4()),
        "unit": "06652",
        "stratum": "do-thi",
        "psu": "T1",
        "weight": "75.5",
        "mode": "paper",
        "day": dates.today().isoformat(),
        "C5": "1",
        **cells,
    }


def kept(database: Database, wave: str = "ho-mau") -> list[Response]:
    with database.reading() as session:
        return list(session.scalars(select(Response).where(Response.wave == wave).order_by(Response.id)))


def drawn(database: Database, wave: str = "ho-mau") -> respondents.Respondents:
    with database.reading() as session:
        return respondents.sample(session, waves.find(session, wave))


@pytest.mark.both_databases
def test_a_row_becomes_a_response_with_its_village_and_weight(province: Database, load: Import) -> None:
    done = load([row(response_id=ID.upper(), C2="6;1", C2_khac="  Loa xã ", gt_day_du="")])
    assert (done.stored, done.there, done.weights, done.remarks) == (1, 0, 1, ())
    (response,) = kept(province)
    assert (str(response.id), response.unit, response.psu, response.mode) == (ID, "06652", "T1", Mode.PAPER)
    assert (response.day, response.answers) == (dates.today(), {"C2": [1, 6], "C5": 1})
    with province.reading() as session:
        assert texts_of(session.connection(), response.id) == {"C2_khac": "Loa xã"}
    found = drawn(province)
    assert (found.stratum.tolist()[0], found.psu.tolist()[0], found.weight[0]) == ("do-thi", "T1", 75.5)


def test_columns_stand_in_any_order(province: Database, load: Import) -> None:
    load([dict(reversed(row(response_id=ID).items()))])
    assert [str(response.id) for response in kept(province)] == [ID]


@pytest.mark.parametrize(
    ("column", "cell", "told"),
    [
        ("response_id", "{3f2a1c9e-5b6d-4e7f-8a9b-0c1d2e3f4a5b}", "Write a UUID"),
        ("unit", "", "Write the code of the commune."),
        ("unit", "99999", "There is no unit with the code 99999."),
        ("unit", "22", "There is no unit with the code 22."),  # the province as a whole
        ("psu", "", "may not be blank"),
        ("psu", "x" * 61, "at most 60 characters"),
        ("stratum", " ", "may not be blank"),
        ("stratum", "a\nb", "on one line"),
        ("weight", "", "may not be blank"),
        ("weight", "-1", "a number of 0 or more"),
        ("weight", "75,5", "without a comma"),
        ("weight", "nan", "a number of 0 or more"),
        ("weight", "1e999", "a number of 0 or more"),
        ("weight", "١", "a number of 0 or more"),
        ("weight", "0x10", "a number of 0 or more"),
        ("mode", "", "one of phone, kiosk, paper, interviewer"),
        ("mode", "Paper", "one of phone, kiosk, paper, interviewer"),
        ("day", "", "YYYY-MM-DD"),
        ("day", "24/11/2026", "YYYY-MM-DD"),
        ("day", "20261124", "YYYY-MM-DD"),
        ("day", "2026-02-30", "YYYY-MM-DD"),
        ("day", (dates.today() - timedelta(31)).isoformat(), "Give a day of the wave"),
        ("day", (dates.today() + timedelta(31)).isoformat(), "Give a day of the wave"),
        ("day", (dates.today() + timedelta(1)).isoformat(), "still to come"),
        ("C5", "9", "Choose one of the answers"),
        ("C5", "1;2", "Choose"),
        ("C5", "một", "Choose one of the answers"),
        ("C5", "1.0", "Choose one of the answers"),
    ],
)
def test_a_wrong_cell_is_told_with_row_and_column(
    province: Database, load: Import, column: str, cell: str, told: str
) -> None:
    with pytest.raises(Refusal) as refused:
        load([row(), row(**{column: cell})])
    assert f"Row 3, column {column}: " in str(refused.value)
    assert told in str(refused.value)
    assert kept(province) == []


@pytest.mark.parametrize(
    ("column", "cell"), [("C2", "1;1"), ("C2", "1,6"), ("C2_khac", "x" * 6000), ("C2_khac", "a\x07b")]
)
def test_what_the_form_would_refuse_the_import_refuses(load: Import, column: str, cell: str) -> None:
    with pytest.raises(Refusal, match=f"Row 2, column {column}: "):
        load([row(**{column: cell})])


def test_every_fault_of_a_row_is_told(load: Import) -> None:
    with pytest.raises(Refusal) as refused:
        load([row(unit="1", weight="x", C5="4")])
    assert [line.partition(":")[0] for line in str(refused.value).splitlines()[1:]] == [
        "Row 2, column unit",
        "Row 2, column C5",
        "Row 2, column weight",
    ]


@pytest.mark.both_databases
def test_one_wrong_row_keeps_all_out(province: Database, load: Import) -> None:
    with pytest.raises(Refusal, match="Row 1202, column C5"):
        load([*(row() for _ in range(1200)), row(C5="7")])
    with province.reading() as session:
        assert session.scalar(select(func.count()).select_from(Response)) == 0
        assert session.scalar(select(func.count()).select_from(WeightVersion)) == 0
        assert session.get(Village, ("ho-mau", "T1")) is None


@pytest.mark.both_databases
def test_a_failure_of_the_database_in_the_middle_leaves_nothing(province: Database, load: Import) -> None:
    last = "ffffffff-ffff-4fff-8fff-ffffffffffff"
    sqlite = f"CREATE TRIGGER broken BEFORE INSERT ON response WHEN NEW.id = '{last.replace('-', '')}' " + (
        "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )
    postgresql = (
        "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF NEW.id = '{last}' THEN RAISE unique_violation; END IF; RETURN NEW; END $$; "
        "CREATE TRIGGER broken BEFORE INSERT ON response FOR EACH ROW EXECUTE FUNCTION broken()"
    )
    with province.writing() as session:
        session.execute(text(sqlite if province.is_sqlite else postgresql))
    with pytest.raises(Conflict):
        load([row(response_id=last), *(row(psu="T2") for _ in range(2500))])
    assert kept(province) == []
    with province.reading() as session:
        assert session.get(Village, ("ho-mau", "T2")) is None
        assert waves.find(session, "ho-mau").weights is None


@pytest.mark.both_databases
def test_the_same_file_again_counts_as_there(province: Database, load: Import) -> None:
    rows = [row() for _ in range(30)]
    load(rows)
    again = load(rows[10:])
    assert (again.stored, again.there, again.weights) == (0, 20, None)
    assert len(kept(province)) == 30


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("C5", "2"),
        ("C5", ""),
        ("unit", "06658"),
        ("psu", "T9"),
        ("mode", "phone"),
        ("C2_khac", "khác"),
        ("C6", "1"),
    ],
)
def test_other_content_under_a_known_id_is_refused(
    province: Database, load: Import, column: str, cell: str
) -> None:
    load([row(response_id=ID, C6="", C2_khac="")])
    with pytest.raises(Refusal, match=f"Row 3, column {column if column != 'unit' else '(unit|psu)'}: "):
        load([row(C6="", C2_khac=""), row(response_id=ID, **{"C6": "", "C2_khac": "", column: cell})])
    assert len(kept(province)) == 1


@pytest.mark.both_databases
def test_an_id_of_another_wave_is_refused(province: Database, load: Import) -> None:
    load([row(response_id=ID)])
    with pytest.raises(Refusal, match="Row 2, column response_id: .* with other content"):
        load([row(response_id=ID)], "ho-mo")


@pytest.mark.both_databases
def test_an_id_twice_in_a_file_is_refused_even_alike(province: Database, load: Import) -> None:
    with pytest.raises(Refusal, match="Row 4, column response_id: Row 2 has this id already"):
        load([row(response_id=ID), row(), row(response_id=ID.upper())])
    assert kept(province) == []


def test_a_village_has_one_commune_and_one_stratum(load: Import) -> None:
    with pytest.raises(Refusal) as refused:
        load([row(), row(unit="06658"), row(stratum="nong-thon")])
    assert "Row 3, column unit: Village T1 is in Hà Tu (06652) in row 2" in str(refused.value)
    assert "Row 4, column stratum: Village T1 is in do-thi in row 2" in str(refused.value)


def test_a_village_of_the_wave_stays_where_it_is(load: Import) -> None:
    with pytest.raises(Refusal, match="Row 2, column stratum: Village V1 is in 06652 in this wave"):
        load([row(psu="V1")])
    assert load([row(psu="V1", stratum="06652")]).stored == 1


def test_without_a_stratum_the_unit_is_the_stratum(province: Database, load: Import) -> None:
    cells = row(unit="06658")
    del cells["stratum"]
    load([cells])
    assert drawn(province).stratum.tolist()[0] == "06658"


@pytest.mark.both_databases
def test_without_a_village_nothing_is_in_the_sample(province: Database, load: Import) -> None:
    cells = row()
    del cells["psu"]
    done = load([cells])
    assert (done.stored, done.weights) == (1, None)
    assert "no response is in the sample" in str(done.remarks[0])
    found = drawn(province)
    assert (len(found), found.outside) == (0, 1)


def test_a_village_that_the_frame_lacks_is_refused_with_the_nearest(province: Database, load: Import) -> None:
    with province.writing() as session:
        session.get_one(Village, ("ho-mau", "V1")).households = 120
    with pytest.raises(
        Refusal, match="Row 2, column psu: The frame of this wave has no village v1.*nearest is V1"
    ):
        load([row(psu="v1", stratum="06652")])
    with pytest.raises(Refusal, match=r"has no village thôn khác\.$"):
        load([row(psu="thôn khác", stratum="06652")])


@pytest.mark.both_databases
@pytest.mark.both_databases
def test_where_a_sample_is_drawn_its_villages_strata_and_weights_hold(province: Database, load: Import) -> None:
    """Two of four villages by SRS, 10 households of 100 in each: 1 ÷ (2/4 · 10/100) = 20."""
    with province.writing() as session:
        wave = draws.locked(session, "ho-mau")
        for village in waves.villages(session, "ho-mau"):
            village.households, village.stratum = 100, "T"
        session.flush()
        found = draws.drawn(plans.frame(session, wave), plans.Plan(2, 10, "stratum", method="srs"), "1")
        draws.keep(session, wave, found)
        units_of = {one.village.psu: one.village.unit for one in found.taken}
    first, second = units_of
    other = next(village for village in found.frame.villages if village.psu not in units_of)
    right = row(psu=first, unit=units_of[first], stratum="T", weight="20")
    wrong = [{"stratum": "khac"}, {"psu": other.psu, "unit": other.unit}]
    with pytest.raises(Refusal) as refused:
        load([right, *(right | cells | {"response_id": str(uuid.uuid4())} for cells in wrong)])
    told = str(refused.value)
    assert f"Row 3, column stratum: Village {first} was drawn in the stratum T" in told
    assert f"Row 4, column psu: Village {other.psu} was not drawn" in told
    with pytest.raises(Refusal, match=f"Row 2, column weight: The draw gives village {first} the weight 20"):
        load([right | {"weight": "1"}])
    assert load([right]).weights is None
    bare = row(psu=second, unit=units_of[second])
    del bare["stratum"], bare["weight"]
    assert load([bare]).weights is None
    people = drawn(province)
    assert people.weight.tolist() == [20, 20]
    assert set(people.stratum) == {"T"}
    # What is there stays there, whatever weight it has by now.
    assert load([right | {"weight": "33"}]).there == 1


def test_in_an_open_wave_everybody_counts_once(province: Database, load: Import) -> None:
    done = load([row(weight="x", psu="", stratum="")], "ho-mo")
    assert "counts everybody once" in str(done.remarks[0])
    found = drawn(province, "ho-mo")
    assert (found.weight[0], found.stratum.tolist()[0], found.psu.tolist()[0]) == (
        1,
        "06652",
        dates.today().isoformat(),
    )
    with province.reading() as session:
        assert waves.villages(session, "ho-mo") == []


def test_the_second_code_of_ba_che_is_the_first(province: Database, load: Import) -> None:
    load([row(unit="06970"), row(unit="06978")])
    assert {response.unit for response in kept(province)} == {"06978"}


def test_columns_that_are_missing_are_settled_and_said(province: Database, load: Import) -> None:
    done = load([{"unit": "06652"}], "ho-mo")
    (response,) = kept(province, "ho-mo")
    assert (response.mode, response.day, response.answers) == (Mode.PAPER, dates.today(), {})
    assert [str(remark) for remark in done.remarks] == [
        "The file had no ids: they were made from it. Importing the same file again changes nothing; a changed "
        "one replaces this lot, or its rows are stored twice.",
        "Without the column mode the responses count as paper.",
        f"Without the column day the responses have the day {dates.today().isoformat()}.",
    ]


def test_blank_ids_are_made_as_if_there_were_no_column(province: Database, load: Import) -> None:
    done = load([row(response_id=""), row(response_id="")])
    assert done.stored == 2
    assert str(done.remarks[0]).startswith("The file had no ids")


def test_a_wave_that_is_over_takes_responses_of_its_days(province: Database, load: Import) -> None:
    load([row(day="2025-01-15")], "da-dong")
    load([{"unit": "06652"}], "da-dong")
    assert {response.day for response in kept(province, "da-dong")} == {date(2025, 1, 15), date(2025, 2, 1)}


def test_a_wave_that_is_still_to_come_takes_none(province: Database, load: Import) -> None:
    with province.writing() as session:
        questionnaire = questionnaires.find(session, "ho_gia_dinh@1")
        later = dates.today() + timedelta(1)
        waves.create(session, "sau", questionnaire, WaveKind.OPEN, later, later)
    with pytest.raises(Refusal, match="there can be no response yet"):
        load([{"unit": "06652"}], "sau")


@pytest.mark.both_databases
def test_weights_make_versions_and_the_newest_is_current(province: Database, load: Import) -> None:
    first, second = sorted((row(weight="10"), row(weight="20")), key=lambda cells: str(cells["response_id"]))
    assert load([first]).weights == 1
    assert load([second]).weights == 2
    assert load([first, second]).weights is None
    assert list(drawn(province).weight) == [float(first["weight"]), float(second["weight"])]
    # Weights that were worked out elsewhere come back for responses that are there.
    assert load([{**first, "weight": "12.5"}]).weights == 3
    assert list(drawn(province).weight) == [12.5, float(second["weight"])]
    # Every version is still there.
    with province.reading() as session:
        versions = session.scalars(select(WeightVersion).order_by(WeightVersion.version)).all()
        assert [version.source for version in versions] == [
            "import phieu.csv",
            "import phieu.csv (2)",
            "import phieu.csv (4)",
        ]


def test_without_weights_everybody_weighs_one(province: Database, load: Import) -> None:
    cells = row()
    del cells["weight"]
    assert load([cells]).weights == 1
    assert list(drawn(province).weight) == [1]
    assert load([cells]).weights is None


@pytest.mark.both_databases
def test_a_weight_may_be_zero(province: Database, load: Import) -> None:
    load([row(weight="0"), row(weight="+1.5e2")])
    assert sorted(drawn(province).weight) == [0, 150]


@pytest.mark.both_databases
def test_a_keyed_form_counts_as_there_and_takes_the_weight_of_the_file(province: Database, load: Import) -> None:
    with province.writing() as session:
        place = waves.place(session, "ho-mau", "06652")
        submission.submit(session.connection(), place, uuid.UUID(ID), Mode.PAPER, {"C5": 1}, psu="V1")
    done = load([row(response_id=ID, psu="V1", stratum="06652", weight="33")])
    assert (done.stored, done.there, done.weights) == (0, 1, 1)
    assert list(drawn(province).weight) == [33]


def test_an_answer_that_its_condition_hides_is_kept(province: Database, load: Import) -> None:
    load([row(C2="1", C2_khac="vẫn ghi")])
    with province.reading() as session:
        only = session.scalars(select(ResponseText.response)).one()
        assert texts_of(session.connection(), only) == {"C2_khac": "vẫn ghi"}


def test_text_that_looks_like_a_formula_is_text(province: Database, load: Import) -> None:
    load([row(C10_khac="=HYPERLINK(1)")])
    with province.reading() as session:
        only = session.scalars(select(ResponseText.response)).one()
        assert texts_of(session.connection(), only) == {"C10_khac": "=HYPERLINK(1)"}


@pytest.mark.both_databases
def test_letters_are_kept_in_their_one_form(province: Database, load: Import) -> None:
    load([row(psu="Tho\u0302n 1", stratum="ĐÔ", C10_khac="ho\u0300a")])
    (response,) = kept(province)
    assert response.psu == "Th\u00f4n 1"
    with province.reading() as session:
        only = session.scalars(select(ResponseText.response)).one()
        assert texts_of(session.connection(), only) == {"C10_khac": "h\u00f2a"}


def test_rows_are_csv_records(load: Import) -> None:
    content = 'unit,C10_khac,C5\n06652,"một\nhai\nba",1\n06652,,8\n'.encode()
    with pytest.raises(Refusal, match="Row 3, column C5"):
        load(content)


def test_a_header_without_rows_stores_nothing(load: Import) -> None:
    assert load(b"unit,C5\n").stored == 0


def test_an_unknown_wave_is_said(load: Import) -> None:
    with pytest.raises(NotFound):
        load([row()], "khong-co")


def test_a_department_can_be_named(province: Database, load: Import) -> None:
    load([row(unit="SNV")], "ho-mo")
    assert [response.unit for response in kept(province, "ho-mo")] == ["SNV"]


def test_a_village_that_comes_new_lies_in_a_commune_and_not_in_a_department(
    province: Database, load: Import
) -> None:
    with pytest.raises(Refusal) as told:
        load([row(), row(unit="SNV", psu="T2")])
    assert "Row 3, column unit: Write the code of the village's commune: Sở Nội vụ is not one." in str(told.value)
    assert not kept(province)


@pytest.mark.both_databases
def test_all_the_communes_are_taken(province: Database, load: Import) -> None:
    with province.reading() as session:
        codes = [unit.code for unit in units.communes(session)]
        assert session.scalar(select(func.count()).select_from(Wave)) == 4
    assert load([row(unit=code, psu=f"{code}-1", stratum=code) for code in codes]).stored == 54


def test_progress_is_told_while_the_file_is_read(province: Database, tmp_path: Path) -> None:
    path = tmp_path / "phieu.csv"
    path.write_text("unit\n" + "06652\n" * 2500)
    told: list[int] = []
    importing.responses(province, "ho-mo", importing.Wanted(path), told.append)
    assert told == [1000, 2000]


CELLS = st.one_of(
    st.sampled_from(["06652", "1", "1;2", "paper", "", '"', "nan", "\0", "\r", "x" * 70, "2026-01-01", ID]),
    st.text(max_size=20),
)
HEADERS = st.lists(st.sampled_from([*response_file.COLUMNS, "C5", "C2", "C2_khac", "c5"]), max_size=8)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.one_of(
        st.binary(max_size=300),
        st.builds(
            lambda header, rows: "\n".join(map(",".join, [header, *rows])).encode("utf-8", "replace"),
            HEADERS,
            st.lists(st.lists(CELLS, max_size=8), max_size=4),
        ),
    )
)
def test_whatever_the_file_holds_it_is_stored_or_refused_with_a_place(
    province: Database, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "phieu.csv"
    path.write_bytes(content)
    before = len(kept(province))
    stored, told = 0, "\nRow "
    try:
        stored = importing.responses(province, "ho-mau", importing.Wanted(path)).stored
    except Refusal as refusal:
        told = str(refusal)
    if content.startswith((b"PK\3\4", b"\x1f\x8b")):  # of which no row can be told
        assert "is a workbook or is compressed" in told or "is no Excel file" in told
    else:
        assert "\nRow " in told
    assert len(kept(province)) == before + stored
