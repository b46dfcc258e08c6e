"""What is unusual in an open wave is told with the figures without it, decided, and holds up a release."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import update

from survey.integrity import (
    alike_forms,
    arrivals,
    effects,
    matter_words,
    matters,
    pattern_tests,
    releasing,
    unusual,
)
from survey.integrity.alike_forms import AlikeForms
from survey.integrity.arrivals import Flood
from survey.integrity.matters import Matter, MatterKind
from survey.responses import lot_steps, lots
from survey.responses.respondents import sample
from survey.results import release_steps, releases
from survey.storage.database import Database
from survey.storage.models import Lot, LotKind, MatterState, Mode, Response
from survey.system import dates
from survey.waves import waves
from tests.survey.flooded import FLOODED, UNIT, WAVE, Flooded
from translations import Conflict, NotFound, Refusal

SUBJECT = f"flood:{UNIT}:phone:{FLOODED}"
NAMES = {UNIT: "phường Bãi Cháy"}


def found(database: Database) -> list[Matter]:
    with database.reading() as session:
        return matters.matters(session, waves.find(session, WAVE), patterns=())


def flood(database: Database) -> Matter:
    [one] = [one for one in found(database) if one.kind is MatterKind.FLOOD]
    return one


def decide(database: Database, state: MatterState, subject: str = SUBJECT, reason: str = "Họp tổ dân phố") -> None:
    with database.writing() as session:
        matters.decide(session, waves.find(session, WAVE), subject, state, reason, "An")


def test_an_honest_wave_has_no_open_matter(flooded: Flooded) -> None:
    assert found(flooded(0)) == []


def test_a_burst_is_found_with_what_is_usual_and_the_figures_without_it(flooded: Flooded) -> None:
    database = flooded()
    one = flood(database)
    assert isinstance(one.about, Flood)
    assert one.subject == SUBJECT
    assert (one.about.mode, one.about.first, one.about.last) == (Mode.PHONE, FLOODED, FLOODED)
    assert 140 <= one.about.count <= 152
    assert 3 < one.about.usual < 12
    assert len(one.lots) == 2  # that of the programs, and the page's of the day
    assert one.blocks_release
    with database.reading() as session:
        wave = waves.find(session, WAVE)
        effect = effects.effect(session, wave, one.about, set(one.lots))
        assert effect is not None
        told = unusual.gather(session, WAVE).unusual
    present, without = (record.estimate for record in effect.unit)
    assert present is not None
    assert without is not None
    assert present < 0.45 < without

    words = matter_words.sentence(one, NAMES, effect)
    assert words.startswith("Chưa xét: phường Bãi Cháy, ")
    assert f"{one.about.count} phiếu qua mạng, thường là" in words
    assert "bỏ ra là" in words
    both = tuple(replace(record, flags=("hidden",)) for record in effect.unit)
    hidden = matter_words.sentence(one, NAMES, replace(effect, unit=both))
    assert words.startswith(f"{hidden} ")
    assert "bỏ ra" not in hidden
    assert any(line.unit == UNIT and "Bãi Cháy" in line.words() for line in told)


def test_identical_forms_are_told_and_their_lot_is_the_one_that_is_full_of_them(flooded: Flooded) -> None:
    database = flooded()
    with database.reading() as session:
        wave = waves.find(session, WAVE)
        [alike] = alike_forms.alike_forms(session, wave)
        assert (alike.unit, alike.count >= 140, alike.usual < 10) == (UNIT, True, True)
        lots = matters.lots_of(session, wave, alike)
        assert len(lots) == 1
        effect = effects.effect(session, wave, alike, set(lots))
    assert effect is not None
    assert (effect.unit[0].estimate or 1) < (effect.unit[1].estimate or 0)
    assert "giống nhau ở mọi câu" in matter_words.title(Matter("x", MatterKind.ALIKE, alike), NAMES)


def test_it_is_set_aside_by_two_people_and_till_then_it_is_open(flooded: Flooded) -> None:
    database = flooded()
    [program] = [lot for lot in flood(database).lots if lot in _lots(database, "alike")]
    with database.writing() as session:
        wave = waves.find(session, WAVE)
        matters.decide(session, wave, SUBJECT, MatterState.SET_ASIDE, "Gửi bằng chương trình", "An", {program})
    assert flood(database).is_open
    assert any(one.kind is MatterKind.LOT for one in found(database))
    with database.writing() as session:
        lot_steps.confirm(session, WAVE, program, "Bình")
    one = flood(database)
    assert (one.state, one.is_open) == (MatterState.SET_ASIDE, False)
    with database.writing() as session:
        lot_steps.propose(session, WAVE, program, False, "Nhầm", "An")
        lot_steps.confirm(session, WAVE, program, "Bình")
    assert flood(database).is_open  # it counts again, and so it is undecided


def _lots(database: Database, kind: str) -> set[int]:
    return {lot for one in found(database) if one.kind == kind for lot in one.lots}


def test_what_was_decided_so_already_is_refused_and_can_be_opened_again(flooded: Flooded) -> None:
    database = flooded()
    decide(database, MatterState.EXPLAINED)
    assert (flood(database).state, flood(database).is_open) == (MatterState.EXPLAINED, False)
    with pytest.raises(Conflict, match="Không có gì thay đổi"):
        decide(database, MatterState.EXPLAINED)
    decide(database, MatterState.OPEN)
    assert flood(database).is_open
    decide(database, MatterState.REINTERVIEW)
    assert flood(database).is_open
    for reason in (" ", "a" * 401):
        with pytest.raises(Refusal, match="400"):
            decide(database, MatterState.EXPLAINED, reason=reason)
    with pytest.raises(NotFound):
        decide(database, MatterState.EXPLAINED, subject="flood:06652:phone:2026-01-01")


def test_no_release_is_approved_while_a_flood_in_it_is_undecided(flooded: Flooded) -> None:
    database = flooded()
    with database.writing() as session:
        release = releases.freeze(session, waves.find(session, WAVE), "An")
        release_steps.check(release, "Bình")
        number = release.number
    with pytest.raises(Conflict, match=r"Bãi Cháy.*Việc mở"), database.writing() as session:
        releasing.approve(session, releases.find(session, WAVE, number), "Cường")
    for one in found(database):
        decide(database, MatterState.EXPLAINED, one.subject)
    decider = found(database)[0].decision
    assert decider
    with pytest.raises(Conflict, match="Người khác"), database.writing() as session:
        releasing.approve(session, releases.find(session, WAVE, number), decider.person.upper())
    with database.writing() as session:
        releasing.approve(session, releases.find(session, WAVE, number), "Cường")
        assert releases.newest_number(session, WAVE) == number


def test_a_release_frozen_before_its_flood_was_set_aside_is_frozen_again(flooded: Flooded) -> None:
    database = flooded()
    with database.writing() as session:
        release = releases.freeze(session, waves.find(session, WAVE), "An")
        release_steps.check(release, "Bình")
        number = release.number
    for one in found(database):
        with database.writing() as session:
            for lot in one.lots:
                if not lot_steps.state(session, WAVE).get(lot, lot_steps.LotState()).is_aside:
                    lot_steps.propose(session, WAVE, lot, True, "Một tay", "An")
                    lot_steps.confirm(session, WAVE, lot, "Bình")
    assert not any(one.is_open for one in found(database))
    with pytest.raises(Conflict, match="Chốt lại"), database.writing() as session:
        releasing.approve(session, releases.find(session, WAVE, number), "Cường")


def test_a_lot_that_is_mostly_others_is_not_set_aside_for_a_flood(flooded: Flooded) -> None:
    """As an imported file is: one lot of a whole wave."""
    database = flooded()
    with database.writing() as session:
        whole = lots.begin(session, WAVE, LotKind.IMPORT, dates.today())
        session.execute(update(Response).where(Response.wave == WAVE).values(lot=whole))
        session.get_one(Lot, whole).closed = dates.today()
    for one in found(database):
        assert one.lots == ()
        with pytest.raises(Refusal, match="Không lô nào"):
            decide(database, MatterState.SET_ASIDE, one.subject)
    assert all(one.decision is None for one in found(database))


def test_days_of_an_open_wave_are_not_called_villages(flooded: Flooded) -> None:
    database = flooded()
    with database.reading() as session:
        people = sample(session, waves.find(session, WAVE))
    material = pattern_tests.Material(people, {"commune": people.unit}, None, None)
    checks = {one.check for one in pattern_tests.of_groups(material)}
    assert {"day_spread", "days_apart"} <= checks
    assert not checks & {"spread", "villages"}


def test_a_day_that_is_not_over_is_not_decided(flooded: Flooded) -> None:
    database = flooded()
    about = arrivals.Flood(UNIT, Mode.PHONE, dates.today(), dates.today(), 90, 6, 0, 0, True)
    assert about.subject == f"flood:{UNIT}:phone:{dates.today()}"
    with database.reading() as session:
        wave = waves.find(session, WAVE)
        assert matters.find(session, wave, SUBJECT).subject == SUBJECT


def test_the_print_of_a_form_is_that_of_its_answers_alone(flooded: Flooded) -> None:
    database = flooded(30)
    with database.reading() as session:
        people = arrivals.everyone(session, waves.find(session, WAVE))
        prints = alike_forms.prints(people)
        columns = [
            column[people.rows] if column.ndim == 1 else column[people.rows].any(1)
            for column in people.responses.items.values()
        ]
    rows = {tuple(str(column[at]) for column in columns) for at in range(len(people))}
    assert len(rows) == len(set(prints.tolist()))
    assert alike_forms.blank_print(people) not in prints
    assert isinstance(AlikeForms(UNIT, Mode.PHONE, 1, 2, 3, 4, 5, 6).subject, str)
