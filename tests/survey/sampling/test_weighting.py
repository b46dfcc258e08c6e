"""Weights computed: from the draw, for those who kept silent, fitted to totals; and what figures make of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from analysis import Design, proportion
from analysis.weights import rake
from survey.data_files import importing
from survey.responses import fitted_weights, respondents
from survey.results import result_table
from survey.sampling import joint_classes, margins, weight_versions, weighting
from survey.sampling.weighting import Plan
from survey.storage.database import Database
from survey.storage.models import (
    Batch,
    Draw,
    DrawnHousehold,
    DrawnVillage,
    Mode,
    Response,
    Sheet,
    SheetState,
    WeightVersion,
)
from survey.system import dates
from survey.waves import questionnaires, waves
from translations import Refusal, speaking

WAVE = "ho-mau"
HOME = {"V1": "06652", "V2": "06652", "V3": "06658", "V4": "06658"}
HOUSEHOLD = {"V1": 10.0, "V2": 10.0, "V3": 20.0, "V4": 20.0}


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with speaking("en"):
        yield


def draw(session: Session, households: int = 3) -> None:
    """Three households in each of the four villages; the commune is the stratum."""
    wave = waves.find(session, WAVE)
    made = Draw(wave=WAVE, number=1, made=dates.today(), seed="1", frame="-", plan={})
    session.add(made)
    session.flush()
    for psu, unit in HOME.items():
        session.add(DrawnVillage(draw=made.id, psu=psu, stratum=unit, probability=0.5))
        for household in range(1, households + 2):
            session.add(
                DrawnHousehold(
                    draw=made.id,
                    psu=psu,
                    household=household,
                    place=household,
                    replacement=household > households,
                    probability=1 / HOUSEHOLD[psu],
                    weight=HOUSEHOLD[psu],
                )
            )
    wave.draw = made.id


def answer(session: Session, psu: str, adults: int | None = None, **answers: int) -> UUID:
    wave = waves.find(session, WAVE)
    id = uuid4()
    session.add(
        Response(
            id=id,
            wave=WAVE,
            unit=HOME[psu],
            psu=psu,
            mode=Mode.PAPER,
            day=dates.today(),
            questionnaire=wave.questionnaire,
            answers=answers,
            adults=adults,
        )
    )
    return id


def sheet(session: Session, psu: str, serial: str, **about: str) -> None:
    if session.get(Batch, psu) is None:
        session.add(Batch(code=psu, wave=WAVE, psu=psu, printed=dates.today()))
        session.flush()
    session.add(Sheet(serial=serial, batch=psu, place=1, state=SheetState.VOID, **about))


def kept(database: Database) -> dict[UUID, float]:
    with database.reading() as session:
        people = respondents.sample(session, waves.find(session, WAVE))
        return dict(zip(people.ids, people.weight.tolist(), strict=True))


def compute(database: Database, plan: Plan | None = None) -> WeightVersion:
    with database.writing() as session:
        return weighting.compute(session, WAVE, plan or Plan())


@pytest.mark.both_databases
def test_a_weight_is_household_by_adults_by_those_who_kept_silent(province: Database) -> None:
    # By hand. Hà Tu: 6 households at weight 10 issued, 1 of them gone: 50 to stand for, 5 answers of 10: factor 1.
    # Cao Xanh: 6 x 20 = 120 issued, 3 answers of 20: factor 2; the one asked instead of a household that refused
    # answered, the household that refused stays among the issued.
    with province.writing() as session:
        draw(session)
        one = answer(session, "V1", adults=2)
        ten = answer(session, "V1", adults=10)  # counts as 4
        unknown = answer(session, "V2")  # counts as the mean of 2, 4, 1, 1, 2, 3, 1: 2
        for psu, adults in (("V2", 1), ("V2", 1), ("V3", 2), ("V4", 3)):
            answer(session, psu, adults)
        last = answer(session, "V4", adults=1)
        sheet(session, "V1", "S1", reason="not_there")
        sheet(session, "V4", "S2", replaced="refused")
    made = compute(province)
    weight = kept(province)
    assert [weight[id] for id in (one, ten, unknown, last)] == pytest.approx([20, 40, 20, 40])
    report = made.report or {}
    assert sum(weight.values()) == pytest.approx(20 + 40 + 20 + 10 + 10 + 2 * (40 + 60 + 20))
    assert report["base"] == {"source": "draw", "most_adults": 4, "noted": 7, "capped": 1, "typical": 2.0}
    assert report["nonresponse"]["by"] == "stratum"
    hatu, caoxanh = report["nonresponse"]["classes"]
    assert hatu == {"class": "06652", "issued": 6, "gone": 1, "answered": 5, "replaced": 0, "factor": 1.0}
    assert caoxanh == {"class": "06658", "issued": 6, "gone": 0, "answered": 3, "replaced": 1, "factor": 2.0}
    # n Σw²/(Σw)²: base weights 20, 40, 20, 10, 10, 40, 60, 20 and final 20, 40, 20, 10, 10, 80, 120, 40
    assert report["kish"]["base"] == pytest.approx(8 * 8_200 / 220**2)
    assert report["kish"]["final"] == pytest.approx(8 * 25_000 / 340**2)
    assert [(one["factor"], one["people"], one["who"]) for one in report["factors"]] == [
        (1.0, 5, {"stratum": "06652"}),
        (2.0, 3, {}),  # three people are no class to be named
    ]


def test_fewer_adults_may_count_and_other_classes(province: Database) -> None:
    with province.writing() as session:
        draw(session)
        for psu in HOME:
            answer(session, psu, adults=3)
        answer(session, "V1", adults=1)
    made = compute(province, Plan(by="psu", most_adults=2))
    told = (made.report or {})["nonresponse"]["classes"]
    assert [(one["class"], one["factor"]) for one in told] == [("V1", 1.5), ("V2", 3.0), ("V3", 3.0), ("V4", 3.0)]
    assert sorted(kept(province).values()) == pytest.approx([15, 30, 60, 120, 120])


def test_a_class_without_an_answer_is_refused_by_its_name_and_nothing_is_kept(province: Database) -> None:
    with province.writing() as session:
        draw(session)
        answer(session, "V1")
        answer(session, "V3")
    with pytest.raises(Refusal, match="Nobody answered in V2, V4"):
        compute(province, Plan(by="psu"))
    with province.reading() as session:
        assert weight_versions.versions(session, WAVE) == []
        assert waves.find(session, WAVE).weights is None


def flooded(*classes: str) -> joint_classes.Joint:
    return joint_classes.joint("Hà Tu và Cao Xanh", classes, "Lũ, không vào được Hà Tu")


def test_a_commune_without_an_answer_is_counted_together_with_a_neighbour_and_the_label_says_why(
    province: Database,
) -> None:
    with province.writing() as session:
        draw(session)
        for psu in ("V3", "V4"):
            answer(session, psu, adults=1)
    with pytest.raises(joint_classes.EmptyClasses) as refusal:
        compute(province, Plan(by="unit"))
    assert refusal.value.classes == ("06652",)
    made = compute(province, Plan(by="unit", joints=(flooded("06658", "06652"),)))
    # By hand: 6 households at 10 and 6 at 20 were issued, 180; two answers of 20 each: the factor is 180 / 40.
    assert sorted(kept(province).values()) == pytest.approx([90, 90])
    report = made.report or {}
    [one] = report["nonresponse"]["classes"]
    assert (one["class"], one["issued"], one["answered"], one["factor"]) == ("Hà Tu và Cao Xanh", 12, 2, 4.5)
    assert report["joint"] == [
        {"name": "Hà Tu và Cao Xanh", "classes": ["06658", "06652"], "reason": "Lũ, không vào được Hà Tu"}
    ]
    with province.reading() as session:
        label = weight_versions.named(session, waves.find(session, WAVE))
    assert "counted together: Hà Tu và Cao Xanh (Lũ, không vào được Hà Tu)" in label


def test_two_groups_are_counted_together_and_one_that_nobody_named_is_called_by_its_villages(
    province: Database,
) -> None:
    """By hand: of V1 and V2 6 households at 10 were issued and one answered, of V3 and V4 6 at 20: factor 6."""
    with province.writing() as session:
        draw(session)
        for village in waves.villages(session, WAVE):
            village.name = "Thôn 1"
        for psu in ("V1", "V3"):
            answer(session, psu, adults=1)
    with province.reading() as session:
        names = weighting.class_names(session, WAVE)
    one = joint_classes.joint("", ["V2", "V1"], "Lũ", names)
    with pytest.raises(joint_classes.EmptyClasses, match="Nobody answered in V4"):
        compute(province, Plan(by="psu", joints=(one,)))
    compute(province, Plan(by="psu", joints=(one, joint_classes.joint("Bờ biển", ["V4", "V3"], "Lũ", names))))
    assert sorted(kept(province).values()) == pytest.approx([60, 120])
    with province.reading() as session:
        [version] = weight_versions.versions(session, WAVE)
    report = version.report or {}
    whole = "Thôn 1, Hà Tu + Thôn 1, Hà Tu"
    assert [(one["class"], one["factor"]) for one in report["nonresponse"]["classes"]] == [
        ("Bờ biển", 6),
        (whole, 6),
    ]
    assert [one["classes"] for one in report["joint"]] == [["V2", "V1"], ["V4", "V3"]]


def test_totals_of_communes_are_counted_together_too(province: Database) -> None:
    with province.writing() as session:
        draw(session)
        for psu in ("V3", "V4"):
            answer(session, psu, adults=1)
    totals = {"unit": {"06652": 300.0, "06658": 700.0}}
    with pytest.raises(joint_classes.EmptyClasses):
        compute(province, Plan(totals, "none"))
    compute(province, Plan(totals, "unit", joints=(flooded("06658", "06652"),)))
    assert sorted(kept(province).values()) == pytest.approx([500, 500])
    with province.reading() as session:
        those = respondents.sample(session, waves.find(session, WAVE))
    assert those.calibration is not None
    assert those.calibration.x.tolist() == [[1.0]]


@pytest.mark.parametrize(
    ("classes", "told"), [(("06652", "99999"), "no class 99999"), (("06652", "06652"), "at least two classes")]
)
def test_classes_that_can_not_be_counted_together_are_refused(
    province: Database, classes: tuple[str, ...], told: str
) -> None:
    with province.writing() as session:
        draw(session)
        answer(session, "V3")
    with pytest.raises(Refusal, match=told):
        compute(province, Plan(by="unit", joints=(flooded(*classes),)))
    with pytest.raises(Refusal, match="only once"):
        compute(province, Plan(by="unit", joints=(flooded("06652", "06658"),) * 2))
    alone = joint_classes.joint("Hai thôn", ["V1", "V2"], "Lũ")
    with pytest.raises(Refusal, match="Nobody answered in Hai thôn either"):
        compute(province, Plan(by="psu", joints=(alone,)))
    with pytest.raises(Refusal, match="why these classes"):
        joint_classes.joint("Chung", ["06652", "06658"], " ")


@pytest.mark.parametrize("method", ["raking", "linear", "post"])
def test_bounds_are_of_the_product_of_all_factors_and_stand_in_the_label(province: Database, method: str) -> None:
    # By hand. Hà Tu: 60 issued, 6 answers of 10: 1. Cao Xanh: 120 issued, 3 of 20: 2. All women live in Cao Xanh
    # and have 2/3 of the adjusted weights but 14/15 of the total: 1,4; men have 1/3 and 1/15: 0,2. Products: 2,8
    # and 0,2, though no factor alone is above 2.
    with province.writing() as session:
        draw(session)
        for psu, sex in (("V1", 1),) * 3 + (("V2", 1),) * 3 + (("V3", 2), ("V3", 2), ("V4", 2)):
            answer(session, psu, adults=1, gioi_tinh=sex)
    totals = {"gioi_tinh": {"1": 6.0, "2": 84.0}}
    with pytest.raises(Refusal):
        compute(province, Plan(totals, "unit", method, (0.1, 2.5)))  # type: ignore[arg-type]
    made = compute(province, Plan(totals, "unit", method, (0.1, 3)))  # type: ignore[arg-type]
    assert [one["factor"] for one in (made.report or {})["factors"]] == pytest.approx([0.2, 2.8])
    assert "product of all factors from 0.10 to 3.00" in weight_versions.source(made)
    with province.reading() as session:
        those = respondents.sample(session, waves.find(session, WAVE))
    assert those.calibration is not None
    # The kept fit gives the factors back, and residuals are taken on the sexes alone.
    base = np.where(those.unit.codes == those.unit.levels.index("06652"), 10.0, 40.0)
    assert base * those.calibration.factor[those.calibration.cell] == pytest.approx(those.weight)
    assert those.calibration.x.shape[1] == 2


def test_a_factor_for_non_response_outside_the_bounds_is_refused_by_its_class(province: Database) -> None:
    with province.writing() as session:
        draw(session)
        for psu in HOME:
            answer(session, psu)
    with pytest.raises(Refusal, match="of 06652 is 3, outside the limits"):
        compute(province, Plan(by="unit", bounds=(0.5, 2)))


def test_without_a_draw_nobody_knows_who_kept_silent(province: Database) -> None:
    with province.writing() as session:
        answer(session, "V1")
    with pytest.raises(Refusal, match="no draw"):
        compute(province, Plan(by="stratum"))
    with pytest.raises(Refusal, match="nothing to weigh"), province.writing() as session:
        weighting.compute(session, "gop-y")


def people(session: Session, count: int = 120, seed: int = 7) -> None:
    """People of both sexes and five ages in the four villages; a few leave their sex blank."""
    chance = np.random.default_rng(seed)
    for psu in list(HOME) * (count // 4):
        answers = {
            "do_tuoi": int(chance.integers(1, 6)),
            "C5": int(chance.choice([1, 2, 3], p=[0.6, 0.3, 0.1])),
            "gioi_tinh": int(chance.integers(1, 3)),
        }
        if chance.random() < 0.05:
            del answers["gioi_tinh"]
        answer(session, psu, int(chance.integers(1, 5)), **answers)


SEX = {"1": 480.0, "2": 520.0}
AGE = {"1": 150.0, "2": 250.0, "3": 300.0, "4": 200.0, "5": 100.0}


@pytest.mark.parametrize("method", ["raking", "linear"])
@pytest.mark.parametrize("bounds", [None, (0.3, 3.0)])
def test_calibrated_weights_hit_the_margins(
    province: Database, method: str, bounds: tuple[float, float] | None
) -> None:
    with province.writing() as session:
        draw(session, 40)
        people(session)
    plan = Plan({"gioi_tinh": SEX, "do_tuoi": AGE}, "none", method, bounds)  # type: ignore[arg-type]
    report = compute(province, plan).report or {}
    with province.reading() as session:
        those = respondents.sample(session, waves.find(session, WAVE))
    assert those.weight.sum() == pytest.approx(1000, rel=1e-9)
    age = those.answers(those.questionnaire.items["do_tuoi"]).codes
    for value, total in AGE.items():
        assert those.weight[age == int(value)].sum() == pytest.approx(total, rel=1e-8)
    sex = those.answers(those.questionnaire.items["gioi_tinh"])
    blank = those.weight[
        ~sex.given
    ].sum()  # the blank ones keep their share, the others share the rest as the totals say
    assert those.weight[sex.codes == 1].sum() == pytest.approx(480 * (1 - blank / 1000), rel=1e-8)
    assert report["calibration"]["blank"]["gioi_tinh"] == int((~sex.given).sum()) > 0
    assert report["calibration"]["miss"] < 1e-8
    assert [row["after"] for row in report["calibration"]["margins"]] == pytest.approx(
        [row["total"] for row in report["calibration"]["margins"]]
    )
    if bounds:
        factor = [one["factor"] for one in report["factors"]]
        assert 0.3 <= factor[0] < factor[1] <= 3


def test_the_variance_knows_the_calibration(province: Database) -> None:
    with province.writing() as session:
        draw(session, 40)
        people(session, 160)
        base_people = respondents.sample(session, waves.find(session, WAVE))
    compute(province, Plan(by="none", margins={"do_tuoi": AGE}))
    with province.reading() as session:
        those = respondents.sample(session, waves.find(session, WAVE))
        found = result_table.estimates(session, WAVE, items=["C5=2"], variance="direct")
    # The same from the analysis layer alone: the base weights, the margins, its own raking.
    age = base_people.answers(base_people.questionnaire.items["do_tuoi"]).codes.astype(str)
    design = Design(base_people.weight, base_people.stratum, base_people.psu, single_psu="centered")
    fitted = design.calibrated(rake(design, {"do_tuoi": age}, {"do_tuoi": AGE}))
    column = base_people.answers(base_people.questionnaire.items["C5"])
    (expected,) = proportion(fitted, column.codes, of={2})
    assert found[0].estimate == pytest.approx(expected.estimate, rel=1e-12)
    assert found[0].standard_error == pytest.approx(expected.standard_error, rel=1e-9)
    (plain,) = proportion(
        Design(those.weight, those.stratum, those.psu, single_psu="centered"), column.codes, of={2}
    )
    assert found[0].standard_error != pytest.approx(plain.standard_error, rel=1e-3)


def test_the_share_of_a_margin_has_no_error(province: Database) -> None:
    with province.writing() as session:
        draw(session, 40)
        people(session)
    compute(province, Plan(margins={"do_tuoi": AGE}))
    with province.reading() as session:
        (young,) = result_table.estimates(session, WAVE, items=["do_tuoi=1"], variance="direct")
        helped = respondents.sample(session, waves.find(session, WAVE)).without(["helped-official"])
    assert young.estimate == pytest.approx(0.15)
    assert young.standard_error == pytest.approx(0, abs=1e-9)
    assert helped.calibration is not None  # leaving answers out leaves the design


def test_who_comes_after_the_weights_keeps_the_mean_of_the_village(province: Database) -> None:
    with province.writing() as session:
        draw(session, 40)
        people(session)
    compute(province, Plan(margins={"do_tuoi": AGE}))
    before = kept(province)
    with province.writing() as session:
        late = answer(session, "V1", C5=1)
    after = kept(province)
    with province.reading() as session:
        those = respondents.sample(session, waves.find(session, WAVE))
        found = result_table.estimates(session, WAVE, items=["C5=1"])
    psu = dict(zip(those.ids, those.psu, strict=True))
    village = [weight for id, weight in before.items() if psu[id] == "V1"]
    assert after[late] == pytest.approx(np.mean(village))
    assert {id: after[id] for id in before} == before
    assert found[0].standard_error is not None


@pytest.mark.both_databases
def test_versions_are_kept_and_one_of_them_holds(province: Database) -> None:
    with province.writing() as session:
        draw(session, 40)
        people(session, 40)
    one = compute(province)
    weight = kept(province)
    two = compute(province, Plan(margins={"do_tuoi": AGE}))
    assert (one.version, two.version) == (1, 2)
    assert sum(kept(province).values()) == pytest.approx(1000)
    with province.writing() as session:
        weight_versions.use(session, waves.find(session, WAVE), 1)
    assert kept(province) == weight
    with province.reading() as session:
        wave = waves.find(session, WAVE)
        assert [version.version for version in weight_versions.versions(session, WAVE)] == [2, 1]
        assert weight_versions.named(session, wave) == (
            "version 1 (draw × adults of the household, at most 4; non-response by stratum)"
        )
        with pytest.raises(Refusal, match="no weights of version 3"):
            weight_versions.use(session, wave, 3)


def test_computed_weights_begin_with_those_that_were_given(province: Database, tmp_path: Path) -> None:
    path = tmp_path / "phieu.csv"

    def load(rows: list[str]) -> None:
        path.write_text("unit,psu,weight,gioi_tinh\n" + "".join(f"{row}\n" for row in rows))
        importing.responses(province, WAVE, importing.Wanted(path))

    load(["06652,V1,10,1", "06652,V2,20,2", "06658,V3,30,1", "06658,V4,40,2"])
    plan = Plan({"gioi_tinh": {"1": 60, "2": 30}}, method="post")
    report = compute(province, plan).report or {}
    assert report["base"] == {"source": "version", "version": 1}
    assert "nonresponse" not in report
    assert sorted(kept(province).values()) == pytest.approx([10, 15, 20, 45])  # x 60/40 and x 30/60
    again = compute(province, plan).report or {}
    assert again["base"] == {"source": "version", "version": 1}  # not fitted twice
    assert sorted(kept(province).values()) == pytest.approx([10, 15, 20, 45])
    load(
        ["06652,V1,50,1"]
    )  # what comes from elsewhere later goes on top of what was given, not of what was computed
    assert sorted(kept(province).values()) == pytest.approx([10, 20, 30, 40, 50])


def test_a_linear_fit_that_would_give_somebody_no_weight_is_refused(province: Database) -> None:
    with province.writing() as session:
        for psu, sex, age in (("V1", 1, 1), ("V2", 1, 2), ("V3", 2, 1), ("V4", 2, 2), ("V1", 1, 1)):
            answer(session, psu, gioi_tinh=sex, do_tuoi=age)
    plan = Plan({"gioi_tinh": {"1": 99, "2": 1}, "do_tuoi": {"1": 1, "2": 99}}, method="linear")
    with pytest.raises(Refusal, match="Give bounds"):
        compute(province, plan)
    with pytest.raises(Refusal, match="Nobody in the sample has gioi_tinh = 3"):
        compute(province, Plan({"gioi_tinh": {"1": 5, "2": 5, "3": 1}}))
    with pytest.raises(Refusal, match="value 2, for which the margins give no total"):
        compute(province, Plan({"gioi_tinh": {"1": 5}}))


# Margins


@pytest.fixture
def read(province: Database, tmp_path: Path) -> Callable[[str], margins.Margins]:
    def read(text: str) -> margins.Margins:
        path = tmp_path / "bien.csv"
        path.write_text("variable,value,total\n" + text, encoding="utf-8")
        with province.reading() as session:
            return margins.read(path, questionnaires.find(session, "ho_gia_dinh@1"))

    return read


def test_margins_are_read_with_crosses_classes_and_places(read: Callable[[str], margins.Margins]) -> None:
    assert read("gioi_tinh × do_tuoi,1*2,10\nunit,06970,7.5\nkind,phường,3\n") == {
        "gioi_tinh*do_tuoi": {"1*2": 10.0},
        "unit": {"06978": 7.5},
        "kind": {"phường": 3.0},
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("gioi_tin,1,5\n", "Row 2, column variable: There is no item gioi_tin. The nearest is gioi_tinh."),
        ("gioi_tinh,7,5\n", "Row 2, column value: gioi_tinh has the values 1, 2."),
        ('gioi_tinh,1,"5,5"\n', "Row 2, column total: Write a number of 0 or more"),
        ("gioi_tinh,1,1.028.855\n", "Row 2, column total: Write thousands without a point between: 1028855."),
        ("gioi_tinh,1,5\ngioi_tinh,1,6\n", "Row 3, column value: This value stands twice"),
        ("gioi_tinh*do_tuoi,1,5\n", "Row 2, column value: Write one value for each variable"),
        ("C2,1,5\n", "Row 2, column variable: C2 has no single answer"),
        ("", "bien.csv is empty"),
    ],
)
def test_what_is_wrong_with_margins_is_told_by_row(
    read: Callable[[str], margins.Margins], text: str, told: str
) -> None:
    with pytest.raises(Refusal) as refusal:
        read(text)
    assert told in str(refusal.value)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_kept_fit_gives_back_the_factors(province: Database, seed: int) -> None:
    """Whatever the people are like: what `applied` makes of the stored fit is what was fitted."""
    with province.reading() as session:
        wave = waves.find(session, WAVE)
        session.add(wave)
        draw(session, 60)
        people(session, 200, seed)
        session.flush()
        those = respondents._read.__wrapped__(session, wave, None)  # type: ignore[attr-defined]
        plan = Plan(
            {"gioi_tinh*do_tuoi": {f"{s}*{a}": SEX[s] * AGE[a] for s in SEX for a in AGE}, "kind": {"phường": 1e6}}
        )
        before = weighting.Adjustment(np.ones(len(those)), {}, {})
        weight, _told, fit = weighting._fitted(session, those, those.weight, plan, before)
        fitted = fitted_weights.applied(those, fit)
    assert those.weight * fitted.factor[fitted.cell] == pytest.approx(weight, rel=1e-12)
    assert (fitted.x.T @ np.bincount(fitted.cell, weight))[-1] == pytest.approx(1e6)
