from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from survey.storage.database import Database
from survey.storage.models import (
    APPEND_ONLY,
    Agreement,
    AuditEntry,
    Batch,
    CasePublication,
    CaseReply,
    CitizenCase,
    Coding,
    DayDigest,
    Device,
    Draft,
    DraftState,
    DraftWriter,
    Draw,
    DrawnHousehold,
    DrawnVillage,
    Duty,
    DutyKind,
    IssuedReport,
    Keying,
    KeyingDecision,
    Lot,
    LotKind,
    LotStep,
    LotStepKind,
    MatterDecision,
    MatterState,
    Mode,
    Outcome,
    Progress,
    ProgressState,
    Publication,
    PublishedCrosswalk,
    PublishedFigure,
    PublishedScorecard,
    QuarantineDecision,
    QuarantinedResponse,
    ReinterviewSample,
    Release,
    ReleaseMatter,
    Response,
    ResponseText,
    Review,
    ReviewState,
    Score,
    ScoreKind,
    SenderCount,
    Sheet,
    Theme,
    Verdict,
    VillageStep,
    VillageStepKind,
    Weight,
    WeightVersion,
    YearFile,
    YearRelease,
    YearRole,
    YearWave,
)
from survey.waves import waves


def year_rows(database: Database) -> None:
    """A row in each table of the province's year."""
    day, unit = date(2026, 1, 1), "06652"
    with database.writing() as session:
        card = PublishedScorecard(digest="d", code="par_tinh", version=1, document={}, published=day)
        theme = Theme(wave="ho-mau", code="khac", place=1, vi="Khác", en="Other")
        release = YearRelease(year=2026, number=1, content={}, rows={}, frozen=day, frozen_by="a")
        session.add_all([card, theme, release])
        session.flush()
        case = CitizenCase(
            **{"id": uuid4(), "quarter": "2026Q1", "wave": "ho-mau", "unit": unit, "theme": "khac", "words": "w"},
            **{"office": unit, "head": "h", "deadline": day, "opened_by": "a"},
        )
        session.add(case)
        session.flush()
        reply = {"outcome": Outcome.DONE, "words": "w", "office": unit, "head": "h", "replied_on": day, "by": "a"}
        figure = {
            "year": 2026,
            "place": "p",
            "index": "PAPI",
            "part": "",
            "unit": "points",
            "source": "s",
        }
        duty = {"year": 2026, "code": "A", "version": 1, "kind": DutyKind.TASK, "what": "w", "measure": ""}
        duty |= {"at_most": False, "office": unit, "head": "h", "deadline": day, "decision": "", "source": ""}
        score = {"year": 2026, "scorecard": "d", "unit": unit, "part": "1", "kind": ScoreKind.SELF, "value": 1.0}
        score |= {"evidence": "", "explanation": "e", "by": "a", "given_on": day}
        progress = {
            "year": 2026,
            "code": "A",
            "state": ProgressState.DOING,
            "day": day,
            "note": "",
        }
        session.add_all(
            [
                CaseReply(case=case.id, **reply),
                CasePublication(case=case.id, published_on=day, by="a"),
                PublishedFigure(**figure, note="n", stored_on=day),
                Duty(**duty, set_by="a", after_data=False),
                Score(**score),
                Progress(**progress, evidence="", by="a"),
                YearWave(year=2026, role=YearRole.SURVEY, wave="ho-mau", set_on=day),
                YearFile(release=release.id, format="pdf", language="vi", content=b"p"),
            ]
        )


def integrity_rows(database: Database) -> None:
    """A row in each table of what shows whether a wave was steered."""
    day = date(2026, 1, 1)
    by = {"wave": "ho-mau", "reason": "r", "person": "p", "day": day}
    count = {"kind": LotKind.INTERVIEWER, "unit": "06652", "psu": "V1", "mode": Mode.INTERVIEWER, "count": 5}
    with database.writing() as session:
        session.add(Lot(number=7, wave="ho-mau", kind=LotKind.INTERVIEWER, day=day))
        session.flush()
        session.add_all(
            [
                LotStep(lot=7, step=LotStepKind.PROPOSE_ASIDE, **by),
                SenderCount(wave="ho-mau", sender="a", day=day, **count),
                VillageStep(psu="V1", step=VillageStepKind.CLOSE, **by),
                MatterDecision(subject="flood:1", state=MatterState.OPEN, **by),
                ReinterviewSample(wave="ho-mau", subject="pattern:1", seed="a", sheets=[], person="a", day=day),
                DayDigest(wave="ho-mau", number=1, day=day, responses=b"", content={}, digest="d"),
            ]
        )


def response(database: Database) -> Response:
    """A response with a text and a weight, and a held one, so that every append-only table has a row."""
    year_rows(database)
    integrity_rows(database)
    with database.writing() as session:
        kept = Response(
            id=uuid4(),
            wave="ho-mau",
            unit="06652",
            psu="V1",
            mode=Mode.PAPER,
            day=date(2026, 1, 1),
            questionnaire=waves.find(session, "ho-mau").questionnaire,
            answers={"C5": 1},
            marks=[],
        )
        version = WeightVersion(wave="ho-mau", version=1, made=date(2026, 1, 1), source="test")
        device = Device(
            wave="ho-mo", unit="06652", place="Sảnh", link="l", leave_salt="s", leave_digest="d", made=version.made
        )
        session.add_all([kept, version, device])
        session.flush()
        session.add(ResponseText(response=kept.id, texts={"sealed": "a"}))
        session.add(Weight(version=version.id, response=kept.id, weight=2.0))
        session.add(
            QuarantinedResponse(
                digest="d",
                device=device.id,
                reason="late",
                id=kept.id,
                wave="ho-mo",
                unit="06652",
                mode=Mode.KIOSK,
                day="2026-01-01",
                key="k",
                sealed="s",
            )
        )
        day = version.made
        draw = Draw(wave="ho-mau", number=1, made=day, seed="1", frame="f", plan={})
        batch = Batch(code="b", wave="ho-mau", psu="V1", printed=day)
        session.add_all([draw, batch])
        session.flush()
        session.add_all(
            [
                DrawnVillage(draw=draw.id, psu="V1", stratum="S1", probability=0.5),
                DrawnHousehold(
                    draw=draw.id, psu="V1", household=1, place=1, replacement=False, probability=0.1, weight=10.0
                ),
                Sheet(serial="1", batch="b", place=1),
                QuarantineDecision(quarantined="d", verdict=Verdict.DECLINED, reason="r", person="p", day=day),
                AuditEntry(
                    number=1,
                    at="2026-01-01T08:00",
                    who="w",
                    what="x",
                    subject="",
                    changes_figures=False,
                    digest="d",
                ),
                Review(
                    wave="ho-mau",
                    response=kept.id,
                    state=ReviewState.APPROVED,
                    reason="",
                    person="a",
                    day=day,
                ),
                Agreement(wave="ho-mau", made=day, figures={}),
                Coding(wave="ho-mau", response=kept.id, turn=1, themes=["khac"], person="a", day=day),
                PublishedCrosswalk(old=kept.questionnaire, new=kept.questionnaire, document={}, published=day),
            ]
        )
        session.flush()
        release = Release(
            wave="ho-mau", number=1, responses=kept.id.bytes, rejected=0, data="d", frozen=day, frozen_by="a"
        )
        session.add(release)
        session.flush()
        session.add(
            IssuedReport(
                wave="ho-mau", release=release.id, number="1", day=day, issued_by="a", word=b"w", pdf=b"p"
            )
        )
        told = {"vi": "1 phiếu chờ", "en": "1 form is held"}
        row = ReleaseMatter(
            release=release.id, step="checked", subject="held", told=told, reason="x", person="a", day=day
        )
        session.add(row)
        session.add(Keying(sheet="1", turn=1, keyer="a", source="person", typed={}, day=day))
        session.add(KeyingDecision(sheet="1", turn=4, reason="r", person="a", day=day))
        draft = Draft(state=DraftState.WRITING, step=1, edited_at=0, begun=day)
        session.add(draft)
        session.flush()
        session.add(DraftWriter(draft=draft.id, account="a"))
        session.add(Publication(questionnaire=kept.questionnaire, draft=draft.id, account="b", day=day))
    return kept


@pytest.mark.both_databases
@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("order", ["UPDATE {table} SET {column} = {column}", "DELETE FROM {table}"])
def test_what_is_for_good_is_refused_to_change(province: Database, table: str, order: str) -> None:
    response(province)
    columns = {"questionnaire": "code", "weight_version": "source", "weight": "weight", "response_text": "texts"}
    columns |= {"draw": "seed", "drawn_village": "psu", "drawn_household": "psu", "keying": "keyer"}
    columns |= {"review": "reason", "agreement": "made", "issued_report": "day", "release_matter": "subject"}
    columns |= {
        "quarantine_decision": "reason",
        "audit_entry": "who",
        "coding": "person",
        "crosswalk": "published",
    }
    columns |= {
        "year_wave": "wave",
        "scorecard": "code",
        "duty": "value",
        "progress": "state",
        "case_reply": "words",
    }
    columns |= {"case_publication": "by", "year_file": "content", "leader_group": "stratum"}
    columns |= {
        "reinterview_sample": "subject",
        "lot_step": "lot",
        "village_step": "psu",
        "matter_decision": "subject",
        "day_digest": "digest",
        "keying_decision": "reason",
        "draft_writer": "account",
        "publication": "account",
    }
    command = order.format(table=table, column=columns.get(table, "unit"))
    with pytest.raises(DBAPIError, match="append-only"), province.writing() as session:
        session.execute(text(command))
    with province.reading() as session:
        assert session.scalar(text(f"SELECT count(*) FROM {table}"))


@pytest.mark.both_databases
def test_the_lot_is_the_one_thing_of_a_response_that_may_change(province: Database) -> None:
    kept = response(province)
    with province.writing() as session:
        session.execute(text("UPDATE response SET lot = 7"))
    for column in {*Response.__table__.columns.keys()} - {"lot"}:
        with pytest.raises(DBAPIError, match="append-only"), province.writing() as session:
            session.execute(text(f"UPDATE response SET {column} = {column}, lot = NULL"))
    with province.reading() as session:
        assert session.get_one(Response, kept.id).lot == 7


@pytest.mark.both_databases
def test_nor_by_a_back_door(province: Database) -> None:
    kept = response(province)
    replace = (
        text("INSERT OR REPLACE INTO response_text VALUES (:id, '{}')")
        if province.is_sqlite
        else text("TRUNCATE response_text")
    )
    with pytest.raises(DBAPIError), province.writing() as session:
        session.execute(replace, {"id": kept.id.hex} if province.is_sqlite else {})
    with province.reading() as session:
        assert session.get_one(ResponseText, kept.id).texts == {"sealed": "a"}


@pytest.mark.both_databases
def test_an_error_prints_no_answer(province: Database) -> None:
    kept = response(province)
    with pytest.raises(DBAPIError) as error, province.writing() as session:
        session.add(ResponseText(response=kept.id, texts={"C10_khac": "điều riêng tư"}))
    assert "riêng tư" not in str(error.value)


def test_sqlite_has_no_row_number_that_would_tell_the_order_of_arrival(database: Database) -> None:
    with database.reading() as session:
        for table in ("response", "response_text", "lot"):
            definition = session.scalar(text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": table})
            assert "WITHOUT ROWID" in str(definition)


def test_sqlite_keeps_a_commit_on_disk(database: Database) -> None:
    with database.reading() as session:
        assert session.scalar(text("PRAGMA synchronous")) == 2
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("PRAGMA foreign_keys")) == 1


def test_that_a_lot_is_empty_is_seen_without_reading_all_responses(database: Database) -> None:
    """Each night takes away the lots that nothing is left of: on each the database looks whether that is true."""
    with database.reading() as session:
        plan = [row.detail for row in session.execute(text("EXPLAIN QUERY PLAN DELETE FROM lot"))]
    assert "SEARCH response USING INDEX ix_response_lot (lot=?)" in plan
    assert not any(step.startswith("SCAN response") for step in plan)
