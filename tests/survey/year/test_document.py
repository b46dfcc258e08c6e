"""The year's document as records: each with its source or its interval, and nothing told that is not known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache

import pytest

from forms import scorecard
from survey.operations.installation import prepare
from survey.storage.database import Database
from survey.storage.models import Outcome
from survey.system import dates
from survey.year import document, document_lines, scorecards
from survey.year.document import YearDocument
from survey.year.document_lines import Line
from tests.conftest import fill
from tests.survey.year import example, said

FIELDS = [
    *("section", "key", "label", "value", "unit", "low", "high", "max", "previous", "change", "rank", "of"),
    *("office", "head", "deadline", "state", "source", "flags"),
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The example, for the tests that only read it."""
    made = Database(f"sqlite:///{tmp_path_factory.mktemp('year')}/hailong.db")
    prepare(made)
    fill(made)
    yield example.fill(made)
    made.engine.dispose()


@cache
def gathered(province: Database, year: int = example.YEAR) -> YearDocument:
    """The document, gathered once for all tests that only read."""
    with province.reading() as session:
        return document.gather(session, year)


def at(province: Database, section: str, year: int = example.YEAR) -> dict[str, Line]:
    return {line.key: line for line in gathered(province, year).of(section)}


def test_a_record_has_the_fields_of_the_report_in_their_order_and_sections_come_in_theirs(
    filled: Database,
) -> None:
    records = gathered(filled).records()
    assert all([*record] == FIELDS for record in records)
    order = [document_lines.SECTIONS.index(record["section"]) for record in records]
    assert order == sorted(order)
    assert {"indices", "lost", "survey", "papi", "targets", "method"} <= {record["section"] for record in records}


def test_published_figures_have_a_source_and_no_interval(filled: Database) -> None:
    lines = [line for line in gathered(filled).lines if line.mark == "published"]
    assert len(lines) > 15
    assert all(line.source for line in lines)
    assert not any(line.low is not None or line.high is not None for line in lines)


def test_the_indices_tell_change_and_rank_and_others_stand_under_their_own_key(filled: Database) -> None:
    indices = at(filled, "indices")
    assert [*indices][:2] == ["published:PAR_INDEX", "published:PAR_INDEX@Việt Nam"]
    par = indices["published:PAR_INDEX"]
    assert (par.value, par.previous, par.change, par.rank, par.of) == (91.49, 92.18, -0.69, 4, 63)
    assert indices["published:PAPI"].change is None  # 2023 was not published
    assert indices["group:PAPI"].value == 1


def test_a_year_that_was_not_published_has_no_value_and_says_why(filled: Database) -> None:
    papi = at(filled, "indices", 2023)["published:PAPI"]
    assert (papi.value, papi.state) == (None, "not_published")
    assert "sai số" in papi.note
    assert gathered(filled, 2021).missing == ("PAR_INDEX", "SIPAS")


def test_parts_come_by_points_lost_and_an_unknown_total_is_null(filled: Database) -> None:
    lost = gathered(filled).of("lost")
    official = [line for line in lost if line.state == "official"]
    assert [line.key.rpartition(":")[2] for line in official] == ["7.2", "7.1", "6.2", "6.1"]
    assert [line.lost for line in official] == [4.43, 0.63, 0.23, 0.17]
    assert all(line.source for line in official)
    whole = at(filled, "lost")["score:par_tinh"]
    assert (whole.value, whole.max, "incomplete" in whole.flags) == (None, 100, True)
    assert official[0].office == "SKHCN"
    assert official[0].head == "Giám đốc Sở Khoa học và Công nghệ"


def test_a_measured_part_has_its_interval_and_its_caution_goes_with_it(filled: Database) -> None:
    line = at(filled, "lost")["score:papi_tinh:1"]
    assert line.low is not None
    assert line.high is not None
    assert line.low < line.value < line.high  # type: ignore[operator]
    assert line.state == "measured"
    assert line.mark == "own"
    assert "không phải PAPI" in line.source


def test_the_own_survey_is_apart_from_the_published_parts_and_has_intervals(filled: Database) -> None:
    lines = gathered(filled).of("survey")
    published = [line for line in lines if line.key.startswith("published:SIPAS:")]
    own = {line.key: line for line in lines if line.key.startswith("survey:")}
    assert {line.value for line in published} == {9.88, 1.94, 2.18}
    assert len(published) + len(own) == len(lines)
    index = own["survey:index"]
    assert index.value == pytest.approx(90)
    assert index.low is not None
    assert index.high is not None
    assert index.low < 90 < index.high
    assert "40" in index.source  # how many people it rests on


def test_a_hidden_figure_has_no_value_at_all(filled: Database) -> None:
    hidden = at(filled, "survey")["survey:C5=3"]  # nobody answered it
    assert (hidden.value, hidden.low, hidden.high, hidden.flags) == (None, None, None, ("hidden",))


def test_the_dimensions_of_papi_come_by_share_of_the_ceiling(filled: Database) -> None:
    papi = gathered(filled).of("papi")
    assert [line.key for line in papi][:2] == ["published:PAPI:8", "published:PAPI:7"]
    assert len(papi) == 8
    assert [line.share for line in papi] == sorted(line.share for line in papi if line.share is not None)


def test_a_target_stands_with_its_verdict_before_the_figure_that_it_is_judged_by(filled: Database) -> None:
    targets = gathered(filled).of("targets")
    wanted, reached = targets[:2]
    assert (wanted.key, wanted.value, wanted.state, wanted.mark) == ("MT-HL", 20, "reached", "target")
    assert (reached.key, reached.value, reached.mark) == ("survey:index", pytest.approx(90), "own")
    assert "after_data" in wanted.flags


def test_a_target_on_a_measured_part_has_its_caution_beside_the_figure(province: Database) -> None:
    example.fill(province)
    with province.writing() as session:
        example.promise(session, "MT-CB", "score:papi_tinh:1", "5")
        lines = document.gather(session, example.YEAR).of("targets")
    [reached] = [line for line in lines if line.key == "score:papi_tinh:1"]
    assert reached.low is not None
    assert "không phải PAPI" in reached.source
    assert "không phải PAPI" in reached.note


def test_what_a_target_of_the_next_year_comes_to_is_not_told_yet(filled: Database) -> None:
    later = [line for line in gathered(filled).of("targets") if "next_year" in line.flags]
    assert len(later) == 25
    assert {line.state for line in later if line.mark == "target"} == {""}
    assert all(line.source for line in later)


def test_tasks_stand_by_office_with_proof_and_lateness(filled: Database) -> None:
    done = at(filled, "done", 2025)
    assert len(done) == 12
    assert (done["NV-01"].state, done["NV-01"].source) == ("done", "12/BC-STP 2025-11-15 (ví dụ)")
    assert "late" in done["NV-01"].flags
    assert "late" not in done["NV-11-06688"].flags
    assert [line.office for line in done.values()][0] == "06688"


def test_a_reply_is_told_once_its_quarter_is_published(province: Database) -> None:
    case = said.opened(said.speak(province))
    said.reply(province, case, words="Đã mở thêm một quầy.")
    year = dates.today().year

    def told() -> dict[str, Line]:
        with province.reading() as session:
            return {line.key: line for line in document.gather(session, year).of("cases")}

    assert (told()[case].state, told()[case].note) == ("answered", "")
    said.publish(province)
    line = told()[case]
    assert (line.state, line.note, Outcome.DONE.value in line.flags) == ("published", "Đã mở thêm một quầy.", True)
    assert told()["answered:06652"].value == 1


def test_it_speaks_both_languages_and_comes_back_from_what_is_stored(filled: Database) -> None:
    with filled.reading() as session:
        both = document.in_every_language(session, example.YEAR)
    assert both["en"].of("papi")[0].label == "8 E-governance"
    assert both["vi"].of("papi")[0].label == "8 Quản trị điện tử"
    assert [line.value for line in both["vi"].lines] == [line.value for line in both["en"].lines]
    for one in both.values():
        assert document.restored(json.loads(json.dumps(one.stored()))) == one


def test_made_up_data_are_marked(province: Database) -> None:
    example.fill(province)
    with province.writing() as session:
        example.made_up(session)
        found = document.gather(session, example.YEAR)
    assert found.simulated == ("ho-mau",)
    own = [line for line in found.lines if line.mark == "own" and line.low is not None]
    assert len(own) > 3
    assert all("simulated" in line.flags for line in own)


def test_a_whole_that_surveys_measured_has_its_interval_and_its_caution(province: Database) -> None:
    example.fill(province)
    whole = scorecard.load(example.EXAMPLES / "papi_tinh.yaml").document | {"version": 2, "total": 30}
    with province.writing() as session:
        scorecards.publish(session, scorecard.parse(whole), dates.today())
        [line] = [line for line in document.gather(session, example.YEAR).lines if line.key == "score:papi_tinh"]
    assert line.value is not None
    assert line.low is not None
    assert line.high is not None
    assert line.low < line.value < line.high
    assert "không phải PAPI" in line.note


def test_official_points_that_judge_a_target_are_none_of_the_province(province: Database) -> None:
    example.fill(province)
    with province.writing() as session:
        example.promise(session, "MT-72", "score:par_tinh:7.2", "3")
        lines = document.gather(session, example.YEAR).of("targets")
    [reached] = [line for line in lines if line.key == "score:par_tinh:7.2"]
    assert (reached.value, reached.mark) == (2.57, "published")
