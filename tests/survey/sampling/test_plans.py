"""Planning: strata, allocation, neighbours; and what a plan foretells."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from survey.data_files import importing
from survey.results import previous_wave
from survey.sampling import expected_precision, plans, sizing
from survey.sampling.expected_precision import Expected
from survey.sampling.plans import Frame, FrameVillage, Plan, parts
from survey.storage.database import Database
from survey.storage.models import Village, WaveKind
from survey.waves import questionnaires, waves
from translations import Conflict, Refusal, speaking


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with speaking("en"):
        yield


def village(psu: str, unit: str = "06652", stratum: str = "A", households: int = 100) -> FrameVillage:
    return FrameVillage(psu, unit, stratum, households, None)


def frame(*listed: FrameVillage) -> Frame:
    return Frame(tuple(listed))


FOUR = frame(
    *(village(f"{s}{k}", s, s, size) for s, size in zip("ABCD", (10, 40, 90, 160), strict=True) for k in range(10))
)


@pytest.mark.parametrize(
    ("allocation", "takes"),
    [
        ("equal", [5, 5, 4, 4]),  # 18/4 = 4.5 each; of equal remainders the first two get one
        ("proportional", [2, 2, 5, 9]),  # 18·(100, 400, 900, 1600)/3000 = .6 2.4 5.4 9.6, the first held at 2
        ("sqrt", [2, 4, 5, 7]),  # 18·(1, 2, 3, 4)/10 = 1.8 3.6 5.4 7.2
    ],
)
def test_a_number_in_all_is_shared_out_over_the_strata(allocation: str, takes: list[int]) -> None:
    found = parts(FOUR, Plan(18, 27, allocation=allocation))  # type: ignore[arg-type]
    assert [part.take for part in found] == takes
    assert [part.stratum for part in found] == list("ABCD")


def test_neyman_needs_the_deviation_of_every_stratum() -> None:
    with pytest.raises(Refusal, match="which has none of C, D"):
        parts(FOUR, Plan(18, 27, allocation="neyman", deviations={"A": 1, "B": 1}))
    # 100·4, 400·1, 900·1, 1600·.5 = 400 400 900 800 of 2500: 18 · … = 2.88 2.88 6.48 5.76
    found = parts(FOUR, Plan(18, 27, allocation="neyman", deviations={"A": 4, "B": 1, "C": 1, "D": 0.5}))
    assert [part.take for part in found] == [3, 3, 6, 6]


def test_with_per_each_gets_the_number_or_all_it_has() -> None:
    small = frame(*(village(f"A{k}") for k in range(5)), village("B1", "06658"), village("B2", "06658"))
    found = parts(small, Plan(3, 27, "unit"))
    assert [(part.label, part.take) for part in found] == [("06652", 3), ("06658", 2)]


def test_one_village_in_a_stratum_is_refused() -> None:
    lonely = frame(village("A1"), village("A2"), village("B1", "06658"))
    with pytest.raises(Refusal, match="leaves its error unknown: 06652, 06658"):
        parts(lonely, Plan(1, 27, "unit"))
    with pytest.raises(Refusal, match="leaves its error unknown: 06658"):
        parts(lonely, Plan(2, 27, "unit"))


@pytest.mark.parametrize(
    ("takes", "labels"),
    [
        ({"A": 1, "B": 1, "C": 1, "D": 1}, ["A+B", "A+B", "C+D", "C+D"]),
        ({"A": 1, "B": 1, "C": 1}, ["A+B+C", "A+B+C", "A+B+C"]),
        ({"A": 2, "B": 1, "C": 3}, ["A", "B+C", "B+C"]),
        ({"A": 2, "B": 2, "C": 1}, ["A", "B+C", "B+C"]),
        ({"A": 2}, ["A"]),
    ],
)
def test_neighbours_are_joined_until_two_villages_are_together(takes: dict[str, int], labels: list[str]) -> None:
    listed = frame(*(village(f"{unit}{k}", unit, unit) for unit, take in takes.items() for k in range(take)))
    found = parts(listed, Plan(9, 27, "unit", collapse=True))
    assert [part.stratum for part in found] == labels


def test_a_joined_label_fits_its_column() -> None:
    long = [f"{'x' * 58}{k:02}" for k in range(3)]
    found = parts(frame(*(village(unit, unit, unit) for unit in long)), Plan(1, 27, "unit", collapse=True))
    assert {part.stratum for part in found} == {f"{long[0]}+2"}


def test_a_plan_that_can_not_be_is_told() -> None:
    with pytest.raises(Refusal, match="7 can't be shared out: the strata need 8 and have 40"):
        parts(FOUR, Plan(7, 27))
    with pytest.raises(Refusal, match="at least one village"):
        parts(FOUR, Plan(0, 27))
    with pytest.raises(Refusal, match="design effect of 1 or more"):
        Expected.of(0.5, 27)
    with pytest.raises(Refusal, match="can't be alike"):
        Expected.of(2, 1)
    assert Expected.of(1, 1).deff(27) == 1
    assert Expected.of(4, 27, response=0.9).deff(27) == pytest.approx(4)


def test_a_frame_needs_the_households_of_every_village(province: Database) -> None:
    with province.writing() as session:
        wave = waves.find(session, "ho-mau")
        with pytest.raises(Refusal, match="households of village V1 isn't known"):
            plans.frame(session, wave)
        for one in waves.villages(session, "ho-mau"):
            one.households = 100
        session.flush()
        found = plans.frame(session, wave)
        assert [one.psu for one in found.villages] == ["V1", "V2", "V3", "V4"]
        before = found.digest
        session.get_one(Village, ("ho-mau", "V1")).name = "Another name"
        session.flush()
        assert plans.frame(session, wave).digest == before
        session.get_one(Village, ("ho-mau", "V1")).households = 101
        session.flush()
        assert plans.frame(session, wave).digest != before
        with pytest.raises(Conflict, match="open to all"):
            plans.frame(session, waves.find(session, "ho-mo"))


def test_the_outlook_of_two_villages_of_27_in_each_commune(province: Database) -> None:
    """By hand. 54 communes alike, 2 × 27, share .9, ρ .05: D = 1 + 26·.05 = 2.3; a commune's se is
    √(2.3·.09/54) = .061914, t of 54 degrees 2.004879: ± 12.41 points; n_eff = 54/2.3 = 23.5 < 30. The province:
    .061914/√54 = .0084254: ± 1.689; the difference of two has 108: 1.982173·√2·.0084254 = 2.362 and
    (1.982173 + .844968)·√2·.0084254 = 3.369 points."""
    with province.reading() as session:
        wave = waves.find(session, "ho-mau")
        codes = [unit.code for unit in expected_precision.communes(session, wave, frame())]
        assert len(codes) == 54
        whole = frame(*(village(f"{code}{k}", code, "A") for code in codes for k in range(20)))
        found = expected_precision.of_plan(session, wave, whole, Plan(2, 27, "unit"), Expected(cost=1000))
        assert (found.villages, found.forms, found.reached, found.unreached) == pytest.approx((108, 2916, 54, 0))
        assert found.cost == pytest.approx(2_916_000)
        assert found.deff == pytest.approx(2.3)
        assert {round(line.half_width or 0, 5) for line in found.communes} == {0.12413}
        assert found.few == 54
        assert found.province.half_width == pytest.approx(2.004879 * 0.0084254, rel=1e-4)
        assert (found.significant_change, found.detected_change) == pytest.approx((0.0236182, 0.0336862), rel=1e-4)
        told = "\n".join(map(str, expected_precision.sentences(found)))
        assert "the province ±1.7; strata ±12.4; communes ±12.4." in told
        assert "In 54 of 54 communes the sample is too small" in told
        assert "a change of 2.4 points; a true change of 3.4 points" in told
        # Four villages are enough: 108/2.3 = 47.
        assert expected_precision.of_plan(session, wave, whole, Plan(4, 27, "unit"), Expected()).few == 0
        # Eighteen in all reach eighteen at most, and say nothing of a commune.
        eighteen = expected_precision.of_plan(session, wave, whole, Plan(18, 27), Expected())
        assert (eighteen.reached, eighteen.unreached) == (18, 36)
        told = "\n".join(map(str, expected_precision.sentences(eighteen)))
        assert "communes no interval" in told
        assert "Chance leaves about 36 of 54 communes without a village" in told


def test_two_three_and_four_villages_a_commune_are_laid_side_by_side(province: Database) -> None:
    """As above: n_eff of 54, 81 and 108 answers at D = 2.3 is 23.5, 35.2 and 47: only two villages are too few."""
    with province.reading() as session:
        wave = waves.find(session, "ho-mau")
        codes = [unit.code for unit in expected_precision.communes(session, wave, frame())]
        whole = frame(*(village(f"{code}{k}", code, "A") for code in codes for k in range(20)))
        offers = expected_precision.bought(session, wave, whole, Plan(18, 27), Expected())
    assert [(plan.villages, plan.per, round(found.forms), found.few) for plan, found in offers] == [
        (2, "unit", 2916, 54),
        (3, "unit", 4374, 0),
        (4, "unit", 5832, 0),
    ]
    told = [str(sentence) for sentence in expected_precision.bought_sentences(offers)]
    assert told[0].startswith("2 villages a commune: 2,916 forms; communes ±12.4 points, 54 of them too small")


def test_a_plan_is_told_in_words() -> None:
    told = "; ".join(map(str, plans.words(Plan(2, 27, "unit", households="srs", collapse=True))))
    assert told == (
        "2 villages in each commune, 27 households in each village; villages: large villages more likely "
        "(probability proportional to size, systematic); households: by lot from the village's list "
        "(simple random); a stratum of one village is joined with its neighbour"
    )
    assert "shared out over the strata: by the square root" in "; ".join(
        map(str, plans.words(Plan(18, 27, allocation="sqrt")))
    )


def test_unequal_villages_drawn_alike_cost_more(province: Database) -> None:
    # cv² of 50 and 150 is .25: the weights of SRS cost 1.25, those of PPS nothing.
    whole = frame(*(village(f"A{k}", households=50 + 100 * (k % 2)) for k in range(20)))
    with province.reading() as session:
        wave = waves.find(session, "ho-mau")
        pps, srs = (
            expected_precision.of_plan(
                session, wave, whole, Plan(10, 27, method=method), Expected()
            ).province.error
            for method in ("pps", "srs")
        )
    assert (srs / pps) ** 2 == pytest.approx(1.25)


def test_a_commune_that_the_frame_lacks_is_named(province: Database) -> None:
    whole = frame(*(village(f"A{k}") for k in range(9)))
    with province.reading() as session:
        found = expected_precision.of_plan(session, waves.find(session, "ho-mau"), whole, Plan(3, 27), Expected())
    assert (found.reached, len(found.missed)) == (1, 53)
    assert "Cao Xanh" in next(
        str(one) for one in expected_precision.sentences(found) if "without a village" in str(one)
    )
    assert str(found.whole) == "the 1 of 54 communes in the frame"


def test_a_margin_becomes_villages_beside_slovin() -> None:
    listed = [Village(wave="w", psu=str(k), unit="u", stratum="s", households=400, adults=1000) for k in range(10)]
    # 1.959964²·.09/.03² = 384.15, times 2.3 = 883.54; ÷ (1 + 882.54/10000) = 811.9: 812 answers, 31 × 27.
    size = sizing.sized(listed, 0.03, 27, Expected())
    assert (size.population, size.answers, size.forms, size.villages) == (10_000, 812, 812, 31)
    assert size.slovin == 1000  # 10000/(1 + 10000·.0009)
    told = "\n".join(map(str, sizing.size_sentences(size)))
    assert "as precise as 435 people drawn singly" in told  # 1000/2.3
    listed[0].adults = None
    assert sizing.sized(listed, 0.03, 27, Expected()).population == 4_000


def test_each_stratum_takes_a_degree_of_freedom_of_a_margin() -> None:
    """With 80 % of 27 forms a village gives 21.6, alike by 1 + 20.6·0.05 = 2.03."""
    listed = [
        Village(wave="w", psu=str(k), unit="u", stratum=str(k % 8), households=4000, adults=99_999)
        for k in range(60)
    ]
    # √(.09·2.03/(18·21.6)) = .02168, times t of 10 = 2.2281: .0483. With 17 villages .0223·2.2622 = .0505.
    size = sizing.sized(listed, 0.05, 27, Expected(response=0.8))
    assert (size.fewest, size.villages, size.df) == (14, 18, 10)
    # 4 by the normal quantile are fewer than strata. With 10 √(.1827/216)·4.3027 = .125, with 11 .0277·3.1824.
    size = sizing.sized(listed, 0.1, 27, Expected(response=0.8))
    assert (size.fewest, size.villages, size.df) == (4, 11, 3)


def test_neyman_learns_from_the_wave_before(province: Database, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """One item of the index answered 4 or 2: √m × standard error of the index by stratum, as `results` has it."""
    with province.writing() as session:
        wave = waves.find(session, "ho-mau")
        household = questionnaires.find(session, "ho_gia_dinh@1")
        later = waves.create(session, "sau", household, WaveKind.SAMPLE, wave.closes, wave.closes)
        with pytest.raises(Refusal, match="needs a sample wave before this one on ho_gia_dinh"):
            previous_wave.deviations(session, later)
    # Stratum A: villages with shares 1/4 and 3/4, mean .5; linearised totals ∓.125 of 8: v = 2·(2·.125²) = .0625,
    # se .25, √2·.25 = .35355. Stratum B: both 1/2, 0.
    rows = ["unit,stratum,psu,C9_01"]
    for psu, stratum, satisfied in (("a", "A", 1), ("b", "A", 3), ("c", "B", 2), ("d", "B", 2)):
        rows += [f"06652,{stratum},{psu},{4 if k < satisfied else 2}" for k in range(4)]
    (tmp_path / "phieu.csv").write_text("\n".join(rows), encoding="utf-8")
    items = None
    with province.reading() as session:
        items = questionnaires.find(session, "ho_gia_dinh@1").index
    assert items is not None
    code = items.codes()["index"][0]
    text = (tmp_path / "phieu.csv").read_text().replace("C9_01", code)
    (tmp_path / "phieu.csv").write_text(text)
    importing.responses(province, "ho-mau", importing.Wanted(tmp_path / "phieu.csv"))
    with province.reading() as session:
        found = previous_wave.deviations(session, waves.find(session, "sau"))
        # The pooled rule shares what is known of how alike people are, so B isn't 0: but A is no less than B.
        assert set(found) == {"A", "B"}
        assert all(math.isfinite(one) and one > 0 for one in found.values())
        plan = previous_wave.planned(session, waves.find(session, "sau"), Plan(18, 27, allocation="neyman"))
        assert plan.deviations == found
        assert previous_wave.planned(session, waves.find(session, "sau"), Plan(18, 27)).deviations is None
