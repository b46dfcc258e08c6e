"""Paper forms: whatever is done with them, and in whatever order, none gets lost."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from survey.fieldwork import accounting, closing
from survey.fieldwork.accounting import REASONS, Line
from survey.responses import submission
from survey.storage.database import Database
from survey.storage.models import Batch, Mode, OpenKeying, Reinterview, Sheet, SheetState
from survey.system import dates
from survey.waves import waves
from translations import Conflict, NotFound, Refusal

TODAY = dates.today()


def issue(database: Database, psu: str, code: str, forms: int, first: int = 1) -> list[str]:
    """Prints a batch of forms for a village of `ho-mau`; gives their serials."""
    serials = [f"{number:08d}" for number in range(first, first + forms)]
    with database.writing() as session:
        session.add(Batch(code=code, wave="ho-mau", psu=psu, printed=TODAY - timedelta(10)))
        session.flush()
        session.add_all(
            Sheet(serial=serial, batch=code, place=place) for place, serial in enumerate(serials, start=1)
        )
    return serials


def enter(database: Database, serials: Collection[str], **head: object) -> None:
    """Stores an empty response for each form, as keying does."""
    with database.writing() as session:
        for serial in serials:
            sheet = session.get_one(Sheet, serial)
            batch = session.get_one(Batch, sheet.batch)
            unit = {"V1": "06652", "V2": "06652", "V3": "06658", "V4": "06658"}[batch.psu]
            place = waves.place(session, "ho-mau", unit)
            response = uuid4()
            submission.submit(session.connection(), place, response, Mode.PAPER, {"C4": 1}, psu=batch.psu)
            sheet.response, sheet.state, sheet.reason = response, SheetState.ENTERED, None
            for name, value in head.items():
                setattr(sheet, name, value)


def counts(database: Database) -> list[Line]:
    with database.reading() as session:
        return accounting.lines(session, "ho-mau")


def take_back(database: Database, code: str, counted: int, serials: Collection[str] | None = None) -> int:
    with database.writing() as session:
        return accounting.take_back(session, "ho-mau", code, TODAY, counted, serials)


def mark(database: Database, code: str, serials: Collection[str], state: str, reason: str | None = None) -> int:
    with database.writing() as session:
        return accounting.mark(session, "ho-mau", code, serials, SheetState(state), reason)


@pytest.mark.both_databases
def test_a_batch_goes_out_comes_back_is_entered_and_adds_up(province: Database) -> None:
    serials = issue(province, "V1", "B1", 5)
    assert counts(province) == [Line("B1", "06652", 5, 0, 0, 0, 5, 0)]
    with province.writing() as session:
        accounting.hand_over(session, "ho-mau", "B1", " Lan ", TODAY)
        accounting.hand_over(session, "ho-mau", "B1", "Lan", TODAY)
    assert take_back(province, "B1", 4, serials[:4]) == 4
    assert take_back(province, "B1", 4, serials[:4]) == 0  # a page that is sent twice
    enter(province, serials[:2])
    mark(province, "B1", serials[2:3], "void", "refused")
    mark(province, "B1", serials[4:], "out", "  Lost in   the flood ")
    assert counts(province) == [Line("B1", "06652", 5, 2, 1, 1, 1, 1)]
    assert counts(province)[0].back == 4
    with province.reading() as session:
        assert accounting.reasons(session, "ho-mau") == {"refused": 1}
        batch = accounting.batch(session, "ho-mau", "B1")
        assert (batch.interviewer, batch.handed_over, batch.returned, batch.counted) == ("Lan", TODAY, TODAY, 4)
        assert accounting.sheets(session, "B1")[4].reason == "Lost in the flood"
    mark(province, "B1", serials[2:3], "waiting")  # it was answered after all
    assert take_back(province, "B1", 5) == 1  # and the lost one came by post
    assert counts(province) == [Line("B1", "06652", 5, 2, 3, 0, 0, 0)]


def test_lines_are_summed_by_commune_and_wave(province: Database) -> None:
    issue(province, "V1", "B1", 2)
    issue(province, "V2", "B2", 3, first=11)
    issue(province, "V3", "B3", 4, first=21)
    mark(province, "B2", ["00000011"], "void", "blank")
    lines = counts(province)
    by_unit = {unit: accounting.total(own, unit) for unit, own in accounting.by_unit(lines).items()}
    assert by_unit == {
        "06652": Line(None, "06652", 5, 0, 0, 1, 4, 0),
        "06658": Line(None, "06658", 4, 0, 0, 0, 4, 0),
    }
    assert accounting.total(lines) == Line(None, None, 9, 0, 0, 1, 8, 0)
    assert accounting.total([]) == Line(None, None, 0, 0, 0, 0, 0, 0)
    with province.reading() as session:
        assert accounting.lines(session, "ho-mo") == []


@pytest.mark.both_databases
def test_what_cannot_be_so_is_refused_and_changes_nothing(province: Database) -> None:
    serials = issue(province, "V1", "B1", 3)
    issue(province, "V2", "B2", 1, first=9)
    before = counts(province)
    with pytest.raises(Refusal, match="2 trong 3"):
        take_back(province, "B1", 2)
    with pytest.raises(Refusal, match="00000009"):
        take_back(province, "B1", 2, [serials[0], "00000009"])
    with pytest.raises(Refusal):
        take_back(province, "B1", 4, serials)
    for wrong in (None, "complete", "unknown", "hỏng"):
        with pytest.raises(Refusal):
            mark(province, "B1", serials, "void", wrong)
    with pytest.raises(Refusal):
        mark(province, "B1", serials, "out", "x" * 201)
    with pytest.raises(NotFound):
        mark(province, "B3", serials, "waiting")
    with pytest.raises(NotFound), province.writing() as session:
        accounting.take_back(session, "ho-mo", "B1", TODAY, 3)
    with pytest.raises(Refusal, match="hôm in"), province.writing() as session:  # nobody took it anywhere
        accounting.take_back(session, "ho-mau", "B1", TODAY - timedelta(30), 3)
    for name, day in (("", TODAY), ("Lan", TODAY + timedelta(1)), ("Lan", TODAY - timedelta(11))):
        with pytest.raises(Refusal), province.writing() as session:
            accounting.hand_over(session, "ho-mau", "B1", name, day)
    assert counts(province) == before
    enter(province, serials[:1])
    with pytest.raises(Conflict, match=serials[0]):
        mark(province, "B1", serials, "void", "blank")
    take_back(province, "B1", 3)
    with pytest.raises(Conflict), province.writing() as session:
        accounting.hand_over(session, "ho-mau", "B1", "Huệ", TODAY)
    assert counts(province)[0] == Line("B1", "06652", 3, 1, 2, 0, 0, 0)


def test_what_a_scanner_types_is_read(province: Database) -> None:
    issue(province, "V1", "B1", 2)
    assert accounting.serials("HL1:00000001:2\r\nHL1:00000001:3 00000002; 00000001,\x00") == [
        "00000001",
        "00000002",
    ]
    # As the paper shows them, in two groups.
    assert accounting.serials("1000 0004 1000 0012,10000020 2026") == ["10000004", "10000012", "10000020", "2026"]
    with province.reading() as session:
        for typed in ("B1", " 00000002\n", "HL1:00000002:1"):
            assert accounting.batch_of(session, "ho-mau", typed) == "B1"
        assert accounting.batch_of(session, "ho-mau", "00000003") is None
        assert accounting.batch_of(session, "ho-mo", "B1") is None
        assert accounting.batch_of(session, "ho-mau", "") is None


@pytest.mark.both_databases
def test_a_form_entered_meanwhile_stays_entered(province: Database) -> None:
    """Two at once: whoever comes second is told, or changes nothing."""
    serials = issue(province, "V1", "B1", 20)
    gate = threading.Barrier(2)
    refused = []

    def voiding() -> None:
        gate.wait()
        for serial in serials:
            try:
                mark(province, "B1", [serial], "void", "blank")
            except Conflict:
                refused.append(serial)

    def entering() -> None:
        gate.wait()
        for serial in reversed(serials):
            with province.writing() as session:
                sheet = session.get_one(Sheet, serial, with_for_update=True)
                if sheet.state is not SheetState.VOID:
                    sheet.state = SheetState.ENTERED

    threads = [threading.Thread(target=work) for work in (voiding, entering)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [line] = counts(province)
    assert (line.issued, line.entered + line.void, line.entered) == (20, 20, len(refused))


@pytest.mark.both_databases
def test_a_wave_closes_only_when_every_form_is_accounted_for(province: Database) -> None:
    serials = issue(province, "V1", "B1", 4)
    enter(province, serials[:2])
    with province.writing() as session:
        session.add(Reinterview(sheet=serials[0], wave="ho-mau", household=7, answers={"C4": 1}))
        session.add(OpenKeying(sheet=serials[0], turn=2, keyer="k", typed={"gop_y": "words"}))
    with pytest.raises(Conflict, match="B1"), province.writing() as session:
        closing.close(session, "ho-mau")
    mark(province, "B1", serials[2:3], "void", "blank")
    mark(province, "B1", serials[3:], "waiting")
    with pytest.raises(Conflict), province.writing() as session:
        closing.close(session, "ho-mau")
    mark(province, "B1", serials[3:], "out", "The post lost it")
    with province.writing() as session:
        closing.close(session, "ho-mau")
        closing.close(session, "ho-mau")
    with province.reading() as session:
        wave = waves.find(session, "ho-mau")
        assert wave.closed == TODAY
        link = session.get_one(Reinterview, serials[0])
        assert (link.household, link.answers) == (None, None)
        assert session.get(OpenKeying, (serials[0], 2)) is None
        with pytest.raises(Conflict):
            accounting.open_for_paper(wave)
    for change in (
        lambda: take_back(province, "B1", 4),
        lambda: mark(province, "B1", serials[2:3], "waiting"),
    ):
        with pytest.raises(Conflict):
            change()
    with province.writing() as session:
        closing.reopen(session, "ho-mau")
    assert take_back(province, "B1", 4) == 1
    with pytest.raises(NotFound), province.writing() as session:
        closing.close(session, "no-such")


def test_a_wave_without_paper_closes_at_once(province: Database) -> None:
    with province.writing() as session:
        closing.close(session, "ho-mau")
        accounting.open_for_paper(waves.find(session, "ho-mo"))
        assert waves.find(session, "ho-mau").closed == TODAY


BATCHES = {"B1": [f"{number:08d}" for number in range(1, 5)], "B2": [f"{number:08d}" for number in range(11, 14)]}
some = st.sampled_from(sorted(BATCHES)).flatmap(
    lambda code: st.tuples(st.just(code), st.sets(st.sampled_from(BATCHES[code])))
)


class Batches(RuleBasedStateMachine):
    """Any sequence of what people do, against a table of our own: every form is in one place, and none is lost."""

    database: Database
    fresh: Path
    path: Path

    def __init__(self) -> None:
        super().__init__()
        shutil.copy(self.fresh, self.path)
        self.database = Database(f"sqlite:///{self.path}")
        self.where = {serial: "out" for serials in BATCHES.values() for serial in serials}
        self.why: dict[str, str] = {}
        self.closed = False

    def teardown(self) -> None:
        self.database.engine.dispose()

    @rule(some=some)
    def some_come_back(self, some: tuple[str, set[str]]) -> None:
        code, serials = some
        if self.closed:
            with pytest.raises(Conflict):
                take_back(self.database, code, len(serials), serials)
            return
        take_back(self.database, code, len(serials), serials)
        for serial in serials:
            if self.where[serial] == "out":
                self.where[serial] = "waiting"
                self.why.pop(serial, None)

    @rule(
        some=some,
        state=st.sampled_from(["waiting", "void", "out"]),
        word=st.sampled_from(["lost", "", "  "]),
        code=st.sampled_from(sorted(REASONS)),
    )
    def somebody_says_where_they_are(self, some: tuple[str, set[str]], state: str, word: str, code: str) -> None:
        batch, serials = some
        reason = {"void": code, "out": word, "waiting": None}[state]
        if self.closed or any(self.where[serial] == "entered" for serial in serials):
            with pytest.raises(Conflict):
                mark(self.database, batch, serials, state, reason)
            return
        mark(self.database, batch, serials, state, reason)
        for serial in serials:
            self.where[serial] = state
            self.why.pop(serial, None)
            if state == "out" and word.strip():
                self.why[serial] = word

    @precondition(lambda self: not self.closed)
    @rule(serial=st.sampled_from([serial for serials in BATCHES.values() for serial in serials]))
    def one_is_keyed(self, serial: str) -> None:
        if self.where[serial] == "waiting":
            enter(self.database, [serial])
            self.where[serial] = "entered"

    @rule()
    def somebody_closes_the_wave(self) -> None:
        open_points = [
            serial
            for serial, state in self.where.items()
            if state == "waiting" or (state == "out" and serial not in self.why)
        ]
        with self.database.writing() as session:
            if open_points and not self.closed:
                with pytest.raises(Conflict):
                    closing.close(session, "ho-mau")
            else:
                closing.close(session, "ho-mau")
                self.closed = True

    @precondition(lambda self: self.closed)
    @rule()
    def an_administrator_opens_it_again(self) -> None:
        with self.database.writing() as session:
            closing.reopen(session, "ho-mau")
        self.closed = False

    @invariant()
    def issued_is_the_sum_of_all_states(self) -> None:
        for line in counts(self.database):
            own = [self.where[serial] for serial in BATCHES[str(line.batch)]]
            assert line.issued == len(own) == line.entered + line.waiting + line.void + line.missing
            assert (line.entered, line.waiting, line.void, line.missing) == tuple(
                own.count(state) for state in ("entered", "waiting", "void", "out")
            )
            assert line.explained == sum(serial in self.why for serial in BATCHES[str(line.batch)])


def test_in_any_order_every_form_stays_accounted_for(province: Database, tmp_path: Path) -> None:
    issue(province, "V1", "B1", 4)
    issue(province, "V3", "B2", 3, first=11)
    province.engine.dispose()
    Batches.fresh, Batches.path = tmp_path / "hailong.db", tmp_path / "played.db"
    Batches.TestCase.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
    Batches.TestCase().runTest()
