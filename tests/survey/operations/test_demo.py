"""The made-up waves are complete, marked, repeatable, and never beside a real one."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import func, select

from forms import check
from survey.operations import demo
from survey.remarks import codings
from survey.results import release_steps, releases, result_table, summary
from survey.storage.database import Database
from survey.storage.models import Response, Village, Wave, WaveKind, Weight
from survey.system import dates
from survey.waves import questionnaires, waves
from translations import Conflict


def test_a_demo_has_its_three_waves_with_every_commune(database: Database) -> None:
    with database.writing() as session:
        demo.make(session)
    with database.reading() as session:
        made = {wave.code: wave for wave in waves.list_all(session)}
        assert set(made) == {"nam-truoc", "thu-nghiem", "gop-y"}
        assert all(wave.simulated for wave in made.values())
        assert made["gop-y"].public
        count = select(func.count())
        assert session.scalar(count.select_from(Village)) == 2 * 108
        assert session.scalar(count.select_from(Response).where(Response.wave == "thu-nghiem")) == 108 * 27
        assert session.scalar(count.select_from(Weight)) == 2 * 108 * 27
        for response in session.scalars(select(Response).limit(300)):
            questionnaire = questionnaires.by_digest(session, response.questionnaire)
            checked = check(questionnaire, response.answers)
            assert not checked.problems
            assert checked.answers == response.answers
            assert response.id.version == 4
            assert made[response.wave].opens <= response.day <= dates.today()


def test_the_year_before_is_released_and_in_the_same_villages(database: Database) -> None:
    with database.writing() as session:
        demo.make(session, responses=540)
    with database.reading() as session:
        before, now = session.get_one(Wave, "nam-truoc"), session.get_one(Wave, "thu-nghiem")
        shown = releases.newest(session, "nam-truoc")
        assert shown is not None
        assert before.closes < before.closed <= shown.frozen < shown.checked < shown.approved < now.opens  # type: ignore[operator]
        assert len({person for _day, person in release_steps.hands(shown)}) == 3
        assert releases.newest(session, "thu-nghiem") is None
        assert now.villages == "kept"
        villages = [
            {(one.stratum, one.psu) for one in waves.villages(session, code)} for code in (before.code, now.code)
        ]
        assert villages[0] == villages[1]


@pytest.mark.variants(1)
@pytest.mark.parametrize("seed", [3, 77])
def test_what_is_planted_is_true_whatever_the_seed(database: Database, seed: int) -> None:
    """Communes far below and above, those that fell and rose, and items, stand where they were put."""
    with database.writing() as session:
        demo.make(session, seed=seed)
    index, items = {}, {}
    with database.reading() as session:
        for code in ("nam-truoc", "thu-nghiem"):
            by_unit = result_table.estimates(session, code, items=["index"], by=["unit"])
            index[code] = {str(one.domain): one.estimate or 0.0 for one in by_unit}
            moved = result_table.estimates(session, code, items=["tt_niem_yet", "th_giao_thong"])
            items[code] = [one.estimate or 0.0 for one in moved]
        now, then = index["thu-nghiem"], index["nam-truoc"]
        middle = sorted(now.values())[27]
        assert all(now[code] < middle - 0.1 and then[code] < middle - 0.1 for code in demo.LOWER)
        assert all(now[code] > middle + 0.05 and then[code] > middle + 0.05 for code in demo.HIGHER)
        assert all(now[code] < then[code] - 0.1 for code in demo.FELL)
        assert all(now[code] > then[code] + 0.1 for code in demo.ROSE)
        assert items["thu-nghiem"][0] > items["nam-truoc"][0] + 0.04
        assert items["thu-nghiem"][1] < items["nam-truoc"][1] - 0.04
        one, other = (
            {str(line.domain): line.estimate or 0.0 for line in records}
            for records in (
                result_table.estimates(session, "thu-nghiem", items=[item], by=["unit"])
                for _commune, item in (demo.WEAK, demo.STRONG)
            )
        )
        assert one[demo.WEAK[0]] == min(one.values())
        assert other[demo.STRONG[0]] == max(other.values())


def test_its_people_are_such_as_there_are(database: Database) -> None:
    """Students are young, the retired are old, and old people seldom learn of policies from the internet."""
    with database.writing() as session:
        demo.make(session)
        found = list(session.scalars(select(Response.answers).where(Response.wave == "thu-nghiem")))
    ages = Counter(answers.get("do_tuoi") for answers in found)
    assert all(ages[age] > 0.05 * len(found) for age in range(1, 6))
    assert max(ages.values()) < 0.4 * len(found)
    assert not any(answers.get("nghe_nghiep") == 4 and answers.get("do_tuoi", 1) > 3 for answers in found)
    assert not any(answers.get("nghe_nghiep") == 1 and answers.get("do_tuoi", 5) < 3 for answers in found)
    online = {
        age: [6 in answers["C2"] for answers in found if answers.get("do_tuoi") == age and "C2" in answers]
        for age in (1, 5)
    }
    assert sum(online[1]) / len(online[1]) > 0.8 > 0.3 > sum(online[5]) / len(online[5])


@pytest.mark.variants(1)
@pytest.mark.parametrize("seed", [2026, 8])
def test_people_of_one_commune_alone_speak_enough_of_a_theme_to_be_told(database: Database, seed: int) -> None:
    with database.writing() as session:
        demo.make(session, seed=seed)
        homes = dict(session.execute(select(Response.id, Response.unit)).all())  # type: ignore[arg-type]
        counts = Counter(
            (wave, homes[response], theme)
            for wave in ("nam-truoc", "thu-nghiem", "gop-y")
            for response, coding in codings.newest(session, wave).items()
            for theme in coding.themes
        )
    enough = {key for key, count in counts.items() if count >= 5}
    assert {unit for _wave, unit, _theme in enough} == {"06652"}
    assert {
        (wave, "06652", theme) for wave in ("nam-truoc", "thu-nghiem") for theme in ("thoi_gian", "thai_do")
    } <= enough


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
        waves.create(session, "that", household, WaveKind.SAMPLE, dates.today(), dates.today())
        assert session.get_one(Wave, "that").simulated is False
