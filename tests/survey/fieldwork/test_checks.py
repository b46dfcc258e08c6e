"""What is looked for in every response, and what a finding tells of it."""

from __future__ import annotations

import random
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from forms import Questionnaire
from survey.fieldwork import checks, reviews
from survey.responses import submission
from survey.storage.database import Database
from survey.storage.models import Batch, Mode, ReviewState, Sheet, SheetState
from survey.system import dates
from survey.waves import questionnaires, waves

UNITS = {"V1": "06652", "V2": "06652", "V3": "06658", "V4": "06658"}


def ordinary(questionnaire: Questionnaire, seed: int) -> dict[str, Any]:
    """Answers at random: nothing to find in them."""
    draw = random.Random(seed)
    answers: dict[str, Any] = {}
    for item in questionnaire.items.values():
        if item.kind.several:
            answers[item.code] = sorted(draw.sample(list(item.choices), 2))
        elif item.choices:
            answers[item.code] = draw.choice(list(item.choices))
    return answers | {"nghe_nghiep": 5, "C4": 1, "tn_danh_gia": 2}


def keep(session: Session, answers: dict[str, Any], psu: str | None = "V1", marks: tuple[str, ...] = ()) -> UUID:
    id = uuid4()
    place = waves.place(session, "ho-mau", UNITS.get(psu or "", "06652"))
    submission.submit(session.connection(), place, id, Mode.PAPER, answers, psu=psu, marks=marks)
    return id


def look(database: Database) -> checks.Inspection:
    with database.reading() as session:
        return checks.inspect(session, waves.find(session, "ho-mau"))


@pytest.fixture
def household(province: Database) -> Questionnaire:
    with province.reading() as session:
        return questionnaires.find(session, "ho_gia_dinh@1")


def found(database: Database, id: UUID) -> list[tuple[str, int, int]]:
    return [(one.check, one.part, one.whole) for one in form(look(database), id).findings]


def form(looked: checks.Inspection, id: UUID) -> checks.CheckedResponse:
    (form,) = looked.of([id])
    return form


def test_in_ordinary_forms_nothing_is_found(province: Database, household: Questionnaire) -> None:
    with province.writing() as session:
        ids = [keep(session, ordinary(household, seed)) for seed in range(30)]
    looked = look(province)
    assert looked.found() == []
    assert len(looked) == 30
    assert {form.id for form in looked.of([*ids, uuid4()])} == set(ids)
    assert looked.usual is not None
    assert looked.usual[0] <= looked.usual[1] <= looked.usual[2] < checks.ALIKE


def test_one_level_throughout_is_found_though_a_single_answer_breaks_it(
    province: Database, household: Questionnaire
) -> None:
    scale = checks.blocks(household)[0]
    assert [len(items) for items in checks.blocks(household)] == [39, 10]
    straight = ordinary(household, 1) | {item.code: 4 for item in scale}
    with province.writing() as session:
        whole = keep(session, straight)
        broken = keep(session, straight | {scale[-1].code: 2})
        halved = keep(session, straight | {scale[19].code: 2}, "V2")
    assert ("straight", 39, 39) in found(province, whole)
    assert ("straight", 38, 39) in found(province, broken)
    assert found(province, halved) == []


def test_a_copy_within_the_village_is_found_with_the_form_it_resembles(
    province: Database, household: Questionnaire
) -> None:
    first = ordinary(household, 1)
    with province.writing() as session:
        one = keep(session, first)
        two = keep(session, first | {"gt_day_du": 1 if first["gt_day_du"] > 1 else 2})
        elsewhere = keep(session, first, "V3")
        for seed in range(2, 20):
            keep(session, ordinary(household, seed))
    looked = look(province)
    (finding,) = form(looked, one).findings
    assert (finding.check, finding.other) == ("alike", two)
    compared = sum(item.kind.is_single_choice for item in household.items.values())
    assert finding.share == pytest.approx((compared - 1) / compared)
    assert form(looked, elsewhere).findings == ()


def test_a_copy_in_another_village_of_the_same_interviewer_is_found(
    province: Database, household: Questionnaire
) -> None:
    with province.writing() as session:
        ids = [keep(session, ordinary(household, 1), psu) for psu in ("V1", "V3", "V4")]
        for place, (psu, asked_by) in enumerate((("V1", "Lan"), ("V3", "Lan"), ("V4", "Minh"))):
            session.add(Batch(code=psu, wave="ho-mau", psu=psu, printed=dates.today(), interviewer=asked_by))
            session.flush()
            session.add(
                Sheet(serial=f"S{place}", batch=psu, place=1, state=SheetState.ENTERED, response=ids[place])
            )
    looked = look(province)
    assert [[one.check for one in form(looked, id).findings] for id in ids] == [["alike"], ["alike"], []]
    assert form(looked, ids[0]).paper == checks.Paper("S0", "V1", "Lan")
    assert [form.id for form in looked.named("S1")] == [form.id for form in looked.named("V3")] == [ids[1]]


def test_where_most_forms_are_alike_only_the_outstanding_ones_are_listed(
    province: Database, household: Questionnaire
) -> None:
    """People who are content answer alike: 85% then lists nearly everybody, and the list would be of no use."""
    same = {item.code: 2 for item in household.items.values() if item.kind.is_single_choice}
    codes = list(same)
    with province.writing() as session:
        for seed in range(40):
            draw = random.Random(seed)
            own = dict.fromkeys(draw.sample(codes, 7), 1) | {"nghe_nghiep": 5, "tn_danh_gia": 2}
            keep(session, same | own)
    looked = look(province)
    assert looked.usual is not None
    assert looked.usual[1] > checks.ALIKE
    assert looked.limit > looked.usual[2]
    listed = [form for form in looked.found() if any(one.check == "alike" for one in form.findings)]
    assert len(listed) <= 4


def test_blanks_are_counted_among_what_was_asked(province: Database, household: Questionnaire) -> None:
    answers = ordinary(household, 1)
    asked = [code for code, item in household.items.items() if not item.kind.is_text]
    assert len(asked) == 84
    with province.writing() as session:
        at_the_bound = keep(session, {code: answers[code] for code in asked[16:]})
        beyond = keep(session, {code: answers[code] for code in asked[17:]}, "V3")
    assert found(province, at_the_bound) == []
    assert found(province, beyond) == [("blank", 17, 84)]


def test_contradictions_and_the_marks_of_the_form_are_findings(
    province: Database, household: Questionnaire
) -> None:
    with province.writing() as session:
        retired = keep(session, ordinary(household, 1) | {"nghe_nghiep": 1, "do_tuoi": 1})
        hasty = keep(session, ordinary(household, 2), marks=("quick", "same", "lang-vi"))
    looked = look(province)
    assert [(one.check, one.rule) for one in form(looked, retired).findings] == [("contradiction", "nghi_huu_tre")]
    assert [one.check for one in form(looked, hasty).findings] == ["quick", "same"]


def test_a_rejected_form_and_one_outside_the_sample_are_looked_at_too(
    province: Database, household: Questionnaire
) -> None:
    with province.writing() as session:
        outside = keep(session, {"C4": 1}, None)
        inside = keep(session, {"C4": 1})
        reviews.decide(session, "ho-mau", [inside], ReviewState.REJECTED, "Phiếu trắng", "lan")
    looked = look(province)
    assert {form.id for form in looked.found()} == {outside, inside}


def test_a_new_form_is_seen_at_once(province: Database, household: Questionnaire) -> None:
    with province.writing() as session:
        keep(session, {"C4": 1})
    assert len(look(province)) == 1
    with province.writing() as session:
        keep(session, {"C4": 1})
    assert len(look(province)) == 2


def test_an_open_wave_keeps_to_the_rule_for_look_alikes(province: Database) -> None:
    served = {"dich_vu": 3, "hl_chung": 5, "hl_tiep_can": 1, "hl_thu_tuc": 1, "hl_cong_chuc": 1, "hl_ket_qua": 4}
    served |= {"hl_phan_anh": 3, "tiep_xuc": 1, "bi_phien_ha": 2, "bi_doi_tien": 2, "da_dua_tien": 2}
    with province.writing() as session:
        for _again in range(2):
            submission.submit(
                session.connection(), waves.place(session, "gop-y", "06652"), uuid4(), Mode.PAPER, served
            )
    with province.reading() as session:
        looked = checks.inspect(session, waves.find(session, "gop-y"))
    assert [[one.check for one in form.findings] for form in looked.found()] == [["alike", "contradiction"]] * 2


def test_a_form_is_found_by_the_first_digits_of_its_id(province: Database) -> None:
    """An id may end, or its first digits, in zeros: bytes that a text of fixed length would lose."""
    ids = [UUID(text) for text in ("1a2b3c00-0000-4000-8000-000000000000", "1a2b3c0f-0000-4000-8000-000000000001")]
    with province.writing() as session:
        place = waves.place(session, "ho-mau", "06652")
        for id in ids:
            submission.submit(session.connection(), place, id, Mode.PAPER, {"C4": 1}, psu="V1")
    looked = look(province)
    assert [form.id for form in looked.named("1a2b3c00")] == ids[:1]
    assert [form.id for form in looked.named("1a2b3c0f")] == ids[1:]
    assert looked.named("1a2b3c") == looked.named("1A2B3C00") == looked.named("") == []
