"""Cases: five people or none, answered by whoever has it, published whole; nothing leads from one to a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DBAPIError

from survey.results import release_steps, releases
from survey.storage import audit
from survey.storage.database import Database
from survey.storage.models import AuditEntry, CitizenCase
from survey.system import dates
from survey.waves import units, waves
from survey.year import case_steps, cases
from survey.year.cases import Answering, CaseLine, CaseState
from survey.year.rows import Unfit
from tests.survey.year.said import CAO_XANH, HA_TU, opened, publish, reply, speak, write
from translations import Conflict, Denied, NotFound, Refusal


@pytest.fixture
def spoken(province: Database) -> Database:
    """What `speak` says."""
    return speak(province)


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], date]]:
    """on(days) is the day so many days from now, and from then on today."""
    now = dates.today()

    def move(days: int) -> date:
        monkeypatch.setattr(dates, "today", lambda: now + timedelta(days))
        return now + timedelta(days)

    return move


def test_a_case_is_opened_of_five_people_or_more_and_as_a_paraphrase(spoken: Database) -> None:
    wrong: list[tuple[dict[str, str], str]] = [
        ({"theme": "dat_dai"}, "theme"),  # four people
        ({"theme": "dat_dai", "unit": CAO_XANH}, "theme"),
        ({"theme": "nhieu_lan"}, "theme"),  # nobody
        ({"theme": "khong_co"}, "theme"),
        ({"wave": "ho-mau"}, "theme"),  # nothing was read there
        ({"wave": "khong-co"}, "wave"),
        ({"unit": "99999"}, "unit"),
        ({"unit": "06673"}, "theme"),
        ({"words": "Xin gọi 0912 345 678."}, "words"),
        ({"words": "Chờ lâu quá. Ghế hỏng nữa."}, "words"),
        ({"words": ""}, "words"),
        ({"office": "KHONG"}, "office"),
        ({"head": " "}, "head"),
        ({"deadline": "31/12/2026"}, "deadline"),
    ]
    for changed, column in wrong:
        with pytest.raises(Unfit) as unfit:
            opened(spoken, **changed)
        assert (changed, unfit.value.column) == (changed, column)
    with spoken.reading() as session:
        assert cases.lines(session) == []


def found(database: Database, case: str) -> CaseLine:
    with database.reading() as session:
        return cases.find(session, case)


def test_the_province_as_a_whole_is_enough_where_no_commune_is(spoken: Database) -> None:
    with spoken.reading() as session:
        offered = {(one.unit, one.line.code) for one in case_steps.offers(session, waves.find(session, "gop-y"))}
        whole = units.province(session).code
    assert {(whole, "thoi_gian"), (HA_TU, "thoi_gian"), (CAO_XANH, "thoi_gian")} <= offered
    assert not {(HA_TU, "dat_dai"), (CAO_XANH, "dat_dai")} & offered
    assert found(spoken, opened(spoken, unit="")).unit == whole


def test_what_was_released_counts_and_not_what_was_coded_since(
    spoken: Database, on: Callable[[int], date]
) -> None:
    with spoken.writing() as session:
        wave = waves.find(session, "gop-y")
        write(session, HA_TU, *["khac"] * 30)
        release = releases.freeze(session, wave, "an")
        release_steps.check(release, "binh")
        releases.approve(session, release, "cuong")
    with spoken.writing() as session:
        write(session, HA_TU, *["co_so"] * 7)
    with pytest.raises(Unfit, match="theme"):
        opened(spoken, theme="co_so")
    opened(spoken, theme="khac")


def test_the_same_file_twice_opens_a_case_once(spoken: Database) -> None:
    assert opened(spoken) == opened(spoken)
    with pytest.raises(Unfit, match="words"):
        opened(spoken, days=30)


def test_whoever_passes_a_case_on_leaves_it_open_and_its_clock_goes_on(
    spoken: Database, on: Callable[[int], date]
) -> None:
    case = opened(spoken, days=5)
    assert reply(spoken, case, "passed", "Việc này của Sở.", office="SKHCN", head="Giám đốc Sở")
    line = found(spoken, case)
    assert (line.office, line.head, line.state, line.late) == ("SKHCN", "Giám đốc Sở", CaseState.OPEN, False)
    assert line.deadline == dates.today() + timedelta(5)
    on(6)
    assert found(spoken, case).late
    assert not reply(spoken, case, "passed", "Việc này của Sở.", office="SKHCN", head="Giám đốc Sở")
    reply(spoken, case)
    line = found(spoken, case)
    assert (line.state, line.late, line.days_late) == (CaseState.ANSWERED, True, 1)


def test_a_reply_says_what_became_of_it_in_words_that_name_nobody(spoken: Database) -> None:
    wrong: list[tuple[dict[str, str], str]] = [
        ({"outcome": "xong"}, "outcome"),
        ({"outcome": ""}, "outcome"),
        ({"words": "Gọi 0912 345 678."}, "words"),
        ({"words": "x" * 601}, "words"),
        ({"words": ""}, "words"),
        ({"outcome": "passed"}, "office"),
        ({"outcome": "passed", "office": HA_TU, "head": "Chủ tịch"}, "office"),
        ({"outcome": "passed", "office": "SKHCN"}, "head"),
        ({"office": "SKHCN"}, "office"),
        ({"case": "x"}, "case"),
        ({"case": str(UUID(int=7))}, "case"),
    ]
    case = opened(spoken)
    for given, column in wrong:
        with pytest.raises(Unfit) as unfit:
            reply(spoken, **{"case": case, **given})
        assert (given, unfit.value.column) == (given, column)
    assert found(spoken, case).replies == ()


def test_what_is_answered_is_not_passed_on_any_more(spoken: Database) -> None:
    case = opened(spoken)
    reply(spoken, case, "doing")
    with pytest.raises(Unfit, match="outcome"):
        reply(spoken, case, "passed", office="SKHCN", head="Giám đốc Sở")
    assert reply(spoken, case, "done")
    assert not reply(spoken, case, "done")


def test_a_quarter_is_published_whole_or_not_at_all(spoken: Database, on: Callable[[int], date]) -> None:
    answered, waiting = opened(spoken), opened(spoken, unit=CAO_XANH, days=3)
    reply(spoken, answered)
    with pytest.raises(Conflict):
        publish(spoken)
    assert found(spoken, answered).shown is None
    on(4)
    assert publish(spoken) == 2
    assert found(spoken, waiting).state is CaseState.PUBLISHED
    assert found(spoken, waiting).late


def test_who_answered_one_case_publishes_none_of_its_quarter(spoken: Database) -> None:
    reply(spoken, opened(spoken))
    for name in ("binh", " Binh"):
        with pytest.raises(Denied):
            publish(spoken, name)
    assert publish(spoken) == 1
    assert publish(spoken) == 0


def test_praise_alone_is_not_published(spoken: Database) -> None:
    reply(spoken, opened(spoken, theme="khen", words="Nhiều người khen cán bộ tận tình."))
    with pytest.raises(Conflict):
        publish(spoken)
    reply(spoken, opened(spoken))
    assert publish(spoken) == 2


def test_a_late_reply_is_seen_once_it_is_published_and_stays_late(
    spoken: Database, on: Callable[[int], date]
) -> None:
    case = opened(spoken, days=-1)
    publish(spoken)
    reply(spoken, case)
    line = found(spoken, case)
    assert line.shown is not None
    assert line.shown.reply is None
    publish(spoken)
    line = found(spoken, case)
    assert line.shown is not None
    assert line.newest is not None
    assert line.shown.reply == line.newest.id
    assert line.late


def test_no_quarter_that_is_none_or_empty_is_published(spoken: Database) -> None:
    with spoken.writing() as session:
        with pytest.raises(NotFound):
            case_steps.publish(session, "2031Q1", "an")
        for wrong in ("2026", "2026Q5", "quý 3"):
            with pytest.raises(Refusal):
                case_steps.publish(session, wrong, "an")


def test_each_office_is_counted_with_what_it_let_pass(spoken: Database, on: Callable[[int], date]) -> None:
    """Hà Tu answers one in time; passes one on too late, which both then have; Cao Xanh's is not due."""
    reply(spoken, opened(spoken))
    late = opened(spoken, days=2, words="Có người mong làm cả sáng thứ Bảy.")
    opened(spoken, unit=CAO_XANH)
    on(3)
    reply(spoken, late, "passed", "Việc này của Sở.", office="SKHCN", head="Giám đốc Sở")
    with spoken.reading() as session:
        told = {one.office: one for one in cases.answering(cases.lines(session))}
    assert told[HA_TU] == Answering(HA_TU, given=2, due=2, in_time=1, too_late=0)
    assert told[HA_TU].overdue == 1
    assert (told["SKHCN"].given, told["SKHCN"].in_time, told["SKHCN"].overdue) == (1, 0, 1)
    assert (told[CAO_XANH].given, told[CAO_XANH].due) == (1, 0)
    reply(spoken, late)
    with spoken.reading() as session:
        told = {one.office: one for one in cases.answering(cases.lines(session))}
    assert [(told[one].too_late, told[one].overdue) for one in (HA_TU, "SKHCN")] == [(1, 0), (1, 0)]


@pytest.mark.both_databases
def test_nothing_leads_from_a_case_to_a_response(spoken: Database) -> None:
    """The whole database is gone through: where the case's id stands there is no response, village, mode or day of
    an answer, and those tables refer to none that has them."""
    case = opened(spoken)
    reply(spoken, case)
    publish(spoken)
    id, ours = UUID(case), {"citizen_case", "case_reply", "case_publication"}
    with spoken.reading() as session:
        looked = inspect(session.connection())
        holding = set()
        for table in looked.get_table_names():
            for row in session.execute(text(f'SELECT * FROM "{table}"')).mappings():
                if any(is_of(value, id) for value in row.values()):
                    holding.add(table)
        assert holding == ours
        columns = {column["name"] for table in ours for column in looked.get_columns(table)}
        refers = {key["referred_table"] for table in ours for key in looked.get_foreign_keys(table)}
    assert not columns & {"response", "psu", "mode", "day", "coding", "paraphrase", "opened", "opened_on"}
    assert refers == {"wave", "unit", "theme", "citizen_case", "case_reply"}
    row = {column.key for column in inspect(CitizenCase).columns}
    assert row == {"id", "quarter", "wave", "unit", "theme", "words", "office", "head", "deadline", "opened_by"}


def is_of(value: object, id: UUID) -> bool:
    """Whether a stored value is or holds the id in any of its spellings."""
    if isinstance(value, bytes):
        return id.bytes in value
    return str(id) in str(value) or id.hex in str(value)


def test_ids_are_random_and_the_order_on_disk_is_theirs(spoken: Database) -> None:
    with spoken.reading() as session:
        made = session.scalar(text("SELECT sql FROM sqlite_master WHERE name = 'citizen_case'"))
    assert "WITHOUT ROWID" in str(made)
    assert UUID(opened(spoken)).version == 4


@pytest.mark.both_databases
def test_a_case_changes_in_no_column_but_its_words(spoken: Database) -> None:
    opened(spoken)
    columns = {column.key for column in inspect(CitizenCase).columns} - {"words"}
    for order in (*(f"UPDATE citizen_case SET {one} = {one}" for one in columns), "DELETE FROM citizen_case"):
        with pytest.raises(DBAPIError, match="append-only"), spoken.writing() as session:
            session.execute(text(order))


@pytest.mark.both_databases
def test_words_that_named_somebody_are_withdrawn_for_good_and_the_case_counts_on(spoken: Database) -> None:
    case = opened(spoken)
    reply(spoken, case)
    publish(spoken)
    with spoken.writing() as session:
        case_steps.withdraw(session, case)
    assert found(spoken, case).words == ""
    with spoken.writing() as session, pytest.raises(Conflict):
        case_steps.withdraw(session, case)


def test_the_trail_says_which_case_was_opened_and_withdrawn_but_not_its_words(spoken: Database) -> None:
    with audit.acting("An", "Opened a case"):
        case = opened(spoken)
    with audit.acting("An", "Withdrew the words of a case"), spoken.writing() as session:
        case_steps.withdraw(session, case)
    row = found(spoken, case).row
    about = f"quarter={row.quarter} unit={row.unit} theme={row.theme} office={row.office}"
    with spoken.reading() as session:
        trail = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(2)).all()
    assert [one.subject for one in trail] == [about, about]


def test_cases_stand_in_the_plan_with_who_has_them_and_who_had_them(
    spoken: Database, on: Callable[[int], date]
) -> None:
    case = opened(spoken, days=2, unit="")
    reply(spoken, case, "passed", "Việc này của Sở.", office="SKHCN", head="Giám đốc Sở")
    year = dates.today().year
    with spoken.reading() as session:
        [line] = cases.duty_lines(session, year)
        assert (line.code, line.kind, line.unit, line.office, line.version) == (case, "case", None, "SKHCN", 2)
        assert (line.state, line.late, line.set_on) == ("open", False, None)
        assert cases.duty_lines(session, year, office="SNV") == []
        assert cases.duty_lines(session, year - 1) == []
        former = cases.duty_lines(session, year, history=True)
        assert [(one.office, one.current, one.late) for one in former] == [
            ("SNV", False, False),
            ("SKHCN", True, False),
        ]
    on(3)
    with spoken.reading() as session:
        assert [one.late for one in cases.duty_lines(session, year, late=True)] == [True]
    publish(spoken)
    with spoken.reading() as session:
        [line] = cases.duty_lines(session, year)
        assert (line.state, line.is_ended) == ("published", False)  # shown as unanswered, so it still waits
    reply(spoken, case)
    with spoken.reading() as session:
        assert [one.is_ended for one in cases.duty_lines(session, year)] == [True]
