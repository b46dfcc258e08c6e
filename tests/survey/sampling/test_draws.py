"""Drawing: to the row again from frame, plan and seed; kept beside earlier draws; what estimates make of it."""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from survey.fieldwork import invitations
from survey.responses import respondents, submission
from survey.results import result_table
from survey.sampling import draws, plans
from survey.sampling.plans import Frame, FrameVillage, Plan
from survey.storage.database import Database
from survey.storage.models import Batch, Draw, DrawnHousehold, DrawnVillage, Mode, Village
from survey.system import dates
from survey.waves import waves
from translations import Conflict, NotFound, Refusal, speaking

UNITS = ("06652", "06658", "06661")


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with speaking("en"):
        yield


def frame(sizes: list[int], units: int = 3) -> Frame:
    listed = [
        FrameVillage(f"T{k:03}", UNITS[k % units], "AB"[k % 2], size, f"Thôn {k}") for k, size in enumerate(sizes)
    ]
    return Frame(tuple(sorted(listed, key=plans.place)))


SIZES = st.lists(st.integers(1, 400), min_size=12, max_size=40)


@given(SIZES, st.sampled_from(["pps", "srs"]), st.sampled_from(["systematic", "srs"]), st.text("ab1", min_size=1))
def test_a_draw_weighs_every_household_by_its_probability(
    sizes: list[int], method: str, households: str, seed: str
) -> None:
    plan = Plan(2, 27, "unit", method=method, households=households)  # type: ignore[arg-type]
    drawn = draws.drawn(frame(sizes), plan, seed)
    assert draws.drawn(frame(sizes), plan, seed) == drawn
    assert len(drawn.taken) == 6
    for one in drawn.taken:
        there = one.village.households
        assert len(one.households) == len(set(one.households)) == min(27, there)
        assert len(one.spare) == len(set(one.spare)) == min(6, there - len(one.households))
        assert not set(one.households) & set(one.spare)
        assert {*one.households, *one.spare} <= set(range(1, there + 1))
        assert one.household_probability == pytest.approx(one.probability * min(27, there) / there)
    for unit in UNITS:
        own = [one for one in drawn.taken if one.village.unit == unit]
        listed = [village.households for village in drawn.frame.villages if village.unit == unit]
        certain = [one for one in own if one.probability == 1]
        if method == "pps" and not certain and all(len(one.households) == 27 for one in own):
            # Self-weighting: n_h m/X_h, so 2 × 27 forms stand for all households of the commune.
            weight = sum(len(one.households) / one.household_probability for one in own)
            assert weight == pytest.approx(sum(listed))
        if method == "srs":
            assert {one.probability for one in own} == {2 / len(listed)}


def test_the_order_of_a_file_moves_nothing(province: Database) -> None:
    rows = [(f"X{k:02}", UNITS[k % 3], 50 + 7 * k) for k in range(30)]
    found = []
    for wave, order in (("ho-mau", rows), ("khac", random.Random(3).sample(rows, len(rows)))):
        with province.writing() as session:
            if wave == "khac":
                first = waves.find(session, "ho-mau")
                made = type(first)(
                    code=wave,
                    title="Khác",
                    questionnaire=first.questionnaire,
                    kind=first.kind,
                    opens=first.opens,
                    closes=first.closes,
                    single_psu="centered",
                    villages="new",
                )
                session.add(made)
                session.flush()
            for old in waves.villages(session, wave):
                session.delete(old)
            for psu, unit, households in order:
                session.add(Village(wave=wave, psu=psu, unit=unit, stratum="A", households=households))
            session.flush()
            whole = plans.frame(session, waves.find(session, wave))
            found.append((whole.digest, draws.drawn(whole, Plan(9, 20), "2026").taken))
    assert found[0] == found[1]


def test_what_one_commune_gets_depends_on_nothing_in_another() -> None:
    one = draws.drawn(frame([100] * 30), Plan(2, 27, "unit"), "s")
    other = draws.drawn(frame([100, 300, 100] * 10), Plan(2, 27, "unit"), "s")  # the second commune is larger
    assert [taken for taken in one.taken if taken.village.unit != "06658"] == [
        taken for taken in other.taken if taken.village.unit != "06658"
    ]
    assert one != draws.drawn(frame([100] * 30), Plan(2, 27, "unit"), "t")


def test_a_village_too_small_is_taken_whole_and_said_so() -> None:
    drawn = draws.drawn(frame([20] * 12), Plan(9, 27, "unit"), "s")
    assert all(one.households == tuple(range(1, 21)) and one.spare == () for one in drawn.taken)
    told = "\n".join(map(str, drawn.remarks()))
    assert "Fewer than 27 households, so all were taken: T000" in told
    assert "Fewer than 9 villages, so all were taken: 06652, 06658, 06661." in told


@pytest.mark.parametrize("seed", ["", "x" * 41, "a\nb"])
def test_a_seed_can_be_written_down(seed: str) -> None:
    with pytest.raises(Refusal, match="1 to 40 letters"):
        draws.drawn(frame([50] * 12), Plan(2, 27, "unit"), seed)
    assert len(draws.new_seed()) == 12


def filled(province: Database) -> None:
    """40 villages of 60 to 99 households in three communes and two strata."""
    with province.writing() as session:
        for old in waves.villages(session, "ho-mau"):
            session.delete(old)
        for k in range(40):
            session.add(
                Village(wave="ho-mau", psu=f"X{k:02}", unit=UNITS[k % 3], stratum="AB"[k % 2], households=60 + k)
            )


def drawn_once(province: Database, seed: str = "1", plan: Plan | None = None) -> Draw:
    with province.writing() as session:
        wave = draws.locked(session, "ho-mau")
        plan = plan or Plan(2, 9, "unit")
        return draws.keep(session, wave, draws.drawn(plans.frame(session, wave), plan, seed), "le-lan")


@pytest.mark.both_databases
def test_a_draw_is_kept_as_it_was_drawn_and_repeats(province: Database) -> None:
    filled(province)
    kept = drawn_once(province)
    with province.reading() as session:
        wave = waves.find(session, "ho-mau")
        assert draws.find(session, wave).id == kept.id
        assert (kept.number, kept.seed, kept.plan["person"]) == (1, "1", "le-lan")
        whole = plans.frame(session, wave)
        assert draws.read(session, kept) == draws.drawn(whole, Plan(2, 9, "unit"), "1")
        assert draws.repeats(draws.read(session, kept), kept) is True
        assert len(draws.villages(session, wave)) == 6
    with province.writing() as session:
        session.add(Village(wave="ho-mau", psu="Y", unit="06652", stratum="A", households=50))
    with province.reading() as session:
        assert draws.repeats(draws.read(session, kept), kept) is None
        assert len(draws.read(session, kept).taken) == 6


@pytest.mark.both_databases
def test_a_second_draw_stands_beside_the_first(province: Database) -> None:
    filled(province)
    first = drawn_once(province)
    with province.reading() as session:
        before = draws.read(session, first)
    second = drawn_once(province, "2")
    with province.reading() as session:
        wave = waves.find(session, "ho-mau")
        assert [one.number for one in draws.list_all(session, "ho-mau")] == [1, 2]
        assert draws.find(session, wave).id == second.id
        assert draws.read(session, draws.find(session, wave, 1)) == before
        with pytest.raises(NotFound, match="no draw number 3"):
            draws.find(session, wave, 3)
    with pytest.raises(DBAPIError, match="append-only"), province.writing() as session:
        session.execute(DrawnVillage.__table__.update().values(probability=1))


def test_a_draw_of_before_can_hold_again(province: Database) -> None:
    filled(province)
    first, _second = drawn_once(province), drawn_once(province, "2")
    with province.writing() as session:
        draws.use(session, draws.locked(session, "ho-mau"), 1)
    with province.reading() as session:
        wave = waves.find(session, "ho-mau")
        assert draws.find(session, wave).id == wave.draw == first.id
        assert draws.held(session, wave) == {
            one.village.psu: (one.stratum, 1 / one.household_probability)
            for one in draws.read(session, first).taken
        }
    with pytest.raises(NotFound, match="no draw number 3"), province.writing() as session:
        draws.use(session, draws.locked(session, "ho-mau"), 3)


def test_nothing_is_drawn_once_forms_are_printed_or_answers_came(province: Database) -> None:
    filled(province)
    kept = drawn_once(province)
    with province.reading() as session:
        psu = draws.read(session, kept).taken[0].village.psu
    with province.writing() as session:
        session.add(Batch(code="B1", wave="ho-mau", psu=psu, printed=dates.today()))
    with pytest.raises(Conflict, match="Forms are printed"):
        drawn_once(province, "2")
    with province.writing() as session:
        session.delete(session.get_one(Batch, "B1"))
        place = waves.place(session, "ho-mau", "06652")
        submission.submit(session.connection(), place, uuid.uuid4(), Mode.PAPER, {"C5": 1}, psu=psu)
    with pytest.raises(Conflict, match="responses from villages of this wave already"):
        drawn_once(province, "2")
    with pytest.raises(Conflict, match="open to all"), province.writing() as session:
        draws.locked(session, "ho-mo")
    with province.reading() as session:
        assert session.scalar(select(func.count()).select_from(Draw)) == 1


def test_codes_go_to_drawn_villages_and_settle_the_draw(province: Database) -> None:
    filled(province)
    kept = drawn_once(province)
    with province.writing() as session:
        taken = {one.village.psu for one in draws.read(session, kept).taken}
        letters = invitations.make(session, "key", "ho-mau", [], 1)
        assert {letter.place for letter in letters} == taken
        other = next(v.psu for v in waves.villages(session, "ho-mau") if v.psu not in taken)
        with pytest.raises(NotFound, match=f"no village {other}"):
            invitations.make(session, "key", "ho-mau", [other], 1)
    with pytest.raises(Conflict, match="Codes are made"):
        drawn_once(province, "2")


def test_forms_are_keyed_for_drawn_villages_alone(
    app: Flask, province: Database, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    filled(province)
    kept = drawn_once(province)
    with province.reading() as session:
        taken = {one.village.psu for one in draws.read(session, kept).taken if one.village.unit == "06652"}
        others = {v.psu for v in waves.villages(session, "ho-mau", "06652")} - taken
    keyer = sign_in(app, "keyer")
    offered = set(re.findall(r"thon=(\w+)", keyer.get("/nhap-phieu/ho-mau/06652").text))
    assert offered == taken
    assert keyer.get(f"/nhap-phieu/ho-mau/06652?thon={others.pop()}").status_code == 404


def test_without_a_draw_every_village_is_in_the_sample(province: Database) -> None:
    with province.reading() as session:
        wave = waves.find(session, "ho-mau")
        assert len(draws.villages(session, wave)) == 4
        with pytest.raises(NotFound, match="No sample is drawn"):
            draws.find(session, wave)


def test_estimates_take_strata_and_weights_from_the_draw(province: Database) -> None:
    """With a draw in each commune the commune is the stratum, whatever the frame says, and every person weighs
    1 ÷ probability of the household. By hand: X_h households, 2 villages, 9 forms: weight X_h/18."""
    filled(province)
    kept = drawn_once(province)
    with province.writing() as session:
        whole = {
            unit: sum(v.households for v in listed)
            for unit, listed in plans.frame(session, waves.find(session, "ho-mau")).by("unit").items()
        }
        for k, one in enumerate(draws.read(session, kept).taken):
            place = waves.place(session, "ho-mau", one.village.unit)
            for number in range(3):
                answers = {"C5": 1 if k % 2 or number else 3}
                submission.submit(
                    session.connection(), place, uuid.uuid4(), Mode.PAPER, answers, psu=one.village.psu
                )
    with province.reading() as session:
        people = respondents.sample(session, waves.find(session, "ho-mau"))
        assert set(people.stratum) == set(UNITS)
        assert dict(zip(people.unit, people.weight, strict=True)) == pytest.approx(
            {unit: households / 18 for unit, households in whole.items()}
        )
        (share,) = result_table.estimates(session, "ho-mau", items=["C5=3"], variance="direct")
    # Of each commune's 6 people one said 3: 1/6, whatever the weights; df 6 villages − 3 strata.
    assert (share.estimate, share.df, share.n) == (pytest.approx(1 / 6), 3, 18)
    # Each commune: shares 1/3 and 0, so v_h = (1/6)²; V = Σ (X_h/X)² /36.
    X = sum(whole.values())
    error = sum((size / X) ** 2 / 36 for size in whole.values()) ** 0.5
    assert share.standard_error == pytest.approx(error)


def test_households_are_kept_with_their_weight(province: Database) -> None:
    filled(province)
    kept = drawn_once(province)
    with province.reading() as session:
        rows = session.scalars(select(DrawnHousehold).where(DrawnHousehold.draw == kept.id)).all()
        table = list(draws.table(draws.read(session, kept)))
    assert len(rows) == len(table) == 6 * (9 + 3)
    assert all(row.weight == 1 / row.probability for row in rows)
    assert [row[5] for row in table[:12]] == [0] * 9 + [1] * 3
    assert sum(row[7] for row in table if row[5] == 0) == pytest.approx(sum(60 + k for k in range(40)))
