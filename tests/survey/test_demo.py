"""The made-up waves are complete, marked, repeatable, and never beside a real one."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from forms import check
from survey import demo, questionnaires, waves
from survey.database import Database
from survey.models import Response, Village, Wave, WaveKind, Weight
from survey.results import summary
from translations import Conflict


def test_a_demo_has_both_waves_with_every_commune(database: Database) -> None:
    with database.writing() as session:
        demo.make(session)
    with database.reading() as session:
        made = {wave.code: wave for wave in waves.every(session)}
        assert set(made) == {"thu-nghiem", "gop-y"}
        assert all(wave.simulated for wave in made.values())
        assert made["gop-y"].public
        count = select(func.count())
        assert session.scalar(count.select_from(Village)) == 108
        assert session.scalar(count.select_from(Response).where(Response.wave == "thu-nghiem")) == 108 * 27
        assert session.scalar(count.select_from(Weight)) == 108 * 27
        for response in session.scalars(select(Response).limit(300)):
            questionnaire = questionnaires.by_digest(session, response.questionnaire)
            checked = check(questionnaire, response.answers)
            assert not checked.problems
            assert checked.answers == response.answers
            assert response.id.version == 4
            assert made[response.wave].opens <= response.day <= waves.today()


def test_made_again_it_stays_as_it_was(database: Database) -> None:
    with database.writing() as session:
        demo.make(session, responses=108)
        ids = set(session.scalars(select(Response.id)))
    with database.writing() as session:
        demo.make(session, responses=108)
    with database.reading() as session:
        assert set(session.scalars(select(Response.id))) == ids


def test_the_same_seed_makes_the_same_answers(database: Database) -> None:
    with database.writing() as session:
        demo.make(session, "mot", 540, seed=7)
        demo.make(session, "hai", 540, seed=8)
        first = summary.gather(session, "mot").index
        other = summary.gather(session, "hai").index
    assert first is not None
    assert other is not None
    assert first.estimate.n == other.estimate.n == 540
    assert first.estimate.estimate != other.estimate.estimate
    assert 0.8 < (first.estimate.estimate or 0) < 0.97


def test_a_demo_never_lies_beside_a_real_wave(province: Database) -> None:
    with province.writing() as session, pytest.raises(Conflict) as refusal:
        demo.make(session)
    assert "HAILONG_DATA" in str(refusal.value)


def test_a_wave_is_real_unless_said_otherwise(database: Database) -> None:
    with database.writing() as session:
        household = questionnaires.find(session, "ho_gia_dinh@1")
        waves.create(session, "that", household, WaveKind.SAMPLE, waves.today(), waves.today())
        assert session.get_one(Wave, "that").simulated is False
