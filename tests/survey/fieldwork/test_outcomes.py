"""What became of the households drawn: from forms, visits and answers, which no key joins."""

from __future__ import annotations

import json
import re
from datetime import date
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from analysis.response_rates import Dispositions
from survey.fieldwork import outcomes, reinterviews
from survey.fieldwork.outcomes import VillageOutcomes
from survey.responses import submission
from survey.responses.respondents import sample
from survey.results import summary
from survey.storage.database import Database
from survey.storage.models import (
    Batch,
    Draw,
    DrawnHousehold,
    DrawnVillage,
    Mode,
    Reinterview,
    Review,
    ReviewState,
    Sheet,
    SheetState,
    Village,
    Visit,
    WaveKind,
)
from survey.waves import questionnaires, waves
from translations import Refusal

PAGE = "/quan-tri/ho-mau/ty-le"
UNITS = {"V1": "06652", "V2": "06652", "V3": "06658", "V4": "06658"}


def drawn(database: Database, households: int = 10, spare: int = 3) -> int:
    """Draws households 1 … of V1 (each stands for 4) and of V3 (each for 2), and spare ones from 101 on."""
    with database.writing() as session:
        draw = Draw(wave="ho-mau", number=1, made=date(2026, 1, 1), seed="1", frame="0" * 64, plan={})
        session.add(draw)
        session.flush()
        for psu, weight in (("V1", 4.0), ("V3", 2.0)):
            session.add(DrawnVillage(draw=draw.id, psu=psu, stratum=UNITS[psu], probability=0.5))
            places = [(place, place, False) for place in range(1, households + 1)]
            places += [(100 + place, place, True) for place in range(1, spare + 1)]
            session.add_all(
                DrawnHousehold(
                    draw=draw.id,
                    psu=psu,
                    household=household,
                    place=place,
                    replacement=replacement,
                    probability=1 / weight,
                    weight=weight,
                )
                for household, place, replacement in places
            )
        waves.find(session, "ho-mau").draw = draw.id
        return draw.id


def printed(database: Database, psu: str, *sheets: dict[str, Any]) -> None:
    with database.writing() as session:
        session.add(Batch(code=f"B-{psu}", wave="ho-mau", psu=psu, printed=date(2026, 1, 1)))
        session.flush()
        session.add_all(
            Sheet(serial=f"{psu}-{place}", batch=f"B-{psu}", place=place, **sheet)
            for place, sheet in enumerate(sheets, start=1)
        )


def answered(database: Database, psu: str, share: float = 1.0, mode: Mode = Mode.PAPER) -> UUID:
    """A response that gives this share of the questions asked, for which a scale or one choice is to be taken."""
    id = uuid4()
    with database.writing() as session:
        questionnaire = questionnaires.find(session, "ho_gia_dinh@1")
        items = [item for item in questionnaire.items.values() if not item.kind.is_text]
        values = {
            item.code: [next(iter(item.choices))]
            if item.kind.several
            else next(iter(item.choices))
            if item.choices
            else int(item.minimum or 0)
            for item in items[: round(share * len(items))]
        }
        submission.submit(
            session.connection(), waves.place(session, "ho-mau", UNITS[psu]), id, mode, values, psu=psu
        )
    return id


def told(database: Database) -> dict[str, VillageOutcomes]:
    with database.reading() as session:
        wave = waves.find(session, "ho-mau")
        return {one.psu: one for one in outcomes.villages(session, wave, sample(session, wave))}


@pytest.mark.both_databases
def test_a_village_on_paper_is_counted_from_its_forms(province: Database) -> None:
    """10 drawn: 2 complete (1 more in the place of one that refused), 1 partial, 1 broken off, 1 rejected, then
    void: 1 ill, 1 gone, 1 unreadable; 1 waits and counts as not known. Blank and spoiled forms tell nothing."""
    drawn(province)
    void, entered = SheetState.VOID, SheetState.ENTERED
    for share in (0.79, 0.3):
        answered(province, "V1", share)
    rejected = answered(province, "V1")
    printed(
        province,
        "V1",
        {"state": entered, "response": answered(province, "V1")},
        {"state": entered, "response": answered(province, "V1")},
        {"state": entered, "response": answered(province, "V1"), "replaced": "refused"},
        {"state": void, "reason": "unable"},
        {"state": void, "reason": "not_there"},
        {"state": void, "reason": "unreadable"},
        {"state": void, "reason": "blank"},
        {"state": SheetState.WAITING},
    )
    with province.writing() as session:
        session.add(
            Review(
                wave="ho-mau",
                response=rejected,
                state=ReviewState.REJECTED,
                reason="made up",
                person="p",
                day=date(2026, 1, 1),
            )
        )
    found = told(province)
    assert found["V1"] == VillageOutcomes(
        "V1",
        "06652",
        "06652",
        4.0,
        Dispositions(complete=2, partial=1, refused=2, other=3, unknown=1, not_eligible=1),
        replaced=1,
        waiting=1,
    )
    assert found["V3"].counts == Dispositions(unknown=10)
    assert outcomes.total(found.values()).drawn == 20
    assert outcomes.total(found.values(), weighted=True) == Dispositions(8, 4, 8, 0, 12, 24, 4)


def test_a_village_with_a_tablet_is_counted_from_its_visits(province: Database) -> None:
    """10 drawn: 3 answered, 2 refused, 1 not met, 1 gone; two of the three replacements answered, one refused."""
    draw = drawn(province)
    for _person in range(5):
        answered(province, "V1", mode=Mode.INTERVIEWER)
    visits = {1: "complete", 2: "complete", 3: "complete", 4: "refused", 5: "refused", 6: "away", 7: "not_there"}
    visits |= {8: "unknown", 101: "complete", 102: "complete", 103: "refused"}
    with province.writing() as session:
        session.add_all(
            Visit(draw=draw, psu="V1", household=household, outcome=outcome)
            for household, outcome in visits.items()
        )
    village = told(province)["V1"]
    assert village.counts == Dispositions(complete=3, refused=2, no_contact=1, not_eligible=1, unknown=3)
    assert (village.replaced, village.beyond) == (2, 0)


def test_without_a_draw_the_forms_printed_are_the_base(province: Database) -> None:
    assert told(province) == {}
    printed(province, "V2", {}, {}, {"state": SheetState.VOID, "reason": "away"})
    answered(province, "V2")
    answered(province, "V4")  # of a village whose forms nobody printed: how many were asked is not known
    assert told(province) == {
        "V2": VillageOutcomes("V2", "06652", "06652", None, Dispositions(complete=1, no_contact=1, unknown=1))
    }


def test_more_answers_than_households_are_told(province: Database) -> None:
    drawn(province, households=2)
    for _person in range(3):
        answered(province, "V3")
    assert (told(province)["V3"].beyond, told(province)["V3"].counts) == (1, Dispositions(complete=2))


def test_every_household_drawn_counts_once_however_many_answered(app: Flask, province: Database) -> None:
    drawn(province, households=4)
    printed(province, "V3", {"state": SheetState.VOID, "reason": "refused"})
    for _person in range(5):
        answered(province, "V3")
    assert told(province)["V3"].counts == Dispositions(complete=3, refused=1)
    page = " ".join(re.sub(r"<[^>]+>", " ", signed_in(app).get(PAGE).text).split())
    assert "Hộ được chọn 8 = Trả lời đủ 3" in page
    assert "Số phiếu trả lời nhiều hơn số hộ được chọn nên tỷ lệ ở đó cao quá mức: V3" in page
    with province.reading() as session:
        households = summary.gather(session, "ho-mau").collection.households
    assert households is not None
    assert (households.counted.drawn, households.beyond) == (8, 2)


def signed_in(app: Flask, name: str = "home_affairs") -> FlaskClient:
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    client.post("/dang-nhap", data={"name": name, "password": "mat-khau-dai"})
    return client


def test_without_a_sample_the_page_says_what_to_do(app: Flask) -> None:
    client = signed_in(app)
    assert "Đợt này chưa chọn hộ nào và chưa in phiếu nào." in client.get(PAGE).text
    assert "Đợt này không chọn mẫu." in client.get("/quan-tri/gop-y/ty-le").text
    assert signed_in(app, "keyer").get(PAGE).status_code == 403


def test_more_replacements_than_were_drawn_are_told(app: Flask, province: Database) -> None:
    drawn(province, spare=2)
    keyed = [{"state": SheetState.ENTERED, "response": answered(province, "V1"), "replaced": "refused"}]
    client = signed_in(app)
    printed(province, "V1", *keyed, {"state": SheetState.WAITING, "replaced": "away"})
    printed(province, "V3", *(one | {"response": answered(province, "V3")} for one in keyed * 3))
    assert "V3: 3 phiếu, được chọn 2 hộ)" in client.get(PAGE).text
    told = "3 phiếu của thôn này ghi là của hộ thay thế, nhưng thôn chỉ được chọn 2 hộ thay thế."
    assert told in client.get("/quan-tri/ho-mau/phieu/B-V3").text
    assert "ghi là của hộ thay thế, nhưng" not in client.get("/quan-tri/ho-mau/phieu/B-V1").text


def test_a_keyer_is_told_how_many_replacements_were_drawn_and_warned_of_one_more(
    app: Flask, province: Database, typed: dict[str, str]
) -> None:
    drawn(province, spare=2)
    one = {"state": SheetState.ENTERED, "replaced": "refused"}
    waits = [{"state": SheetState.WAITING}] * 2
    printed(province, "V1", one | {"response": answered(province, "V1")}, *waits)
    printed(province, "V3", *(one | {"response": answered(province, "V3")} for _ in range(2)), *waits)
    keyer, base = signed_in(app, "keyer"), "/nhap-phieu/ho-mau"

    def rules(serial: str) -> list[list[Any]]:
        page = keyer.post(f"{base}/mo", data={"so": serial}, follow_redirects=True).text
        told = "Thôn này rút 2 hộ thay thế; đến nay {} phiếu đã lưu ghi là hộ thay thế."
        assert told.format(1 if serial.startswith("V1") else 2) in page
        found = re.search(r'data-rules="([^"]*)"', page)
        assert found
        return [rule for rule in json.loads(unescape(found[1])) if rule[1].get("item") == "ho_thay_the"]

    def receipt(serial: str, replaced: str) -> str:
        token = re.search(r'name="csrf_token" value="([^"]+)"', keyer.get(f"{base}/phieu/{serial}").text)
        assert token
        fields = typed | {"ho_thay_the": replaced, "de_trong": "nhieu", "csrf_token": token[1]}
        done = keyer.post(f"{base}/phieu/{serial}", data=fields, follow_redirects=True)
        found = re.search(rf"Phiếu {serial}: [^<]*, ([^<]*cảnh báo)", done.text)
        assert found, done.text
        return found[1]

    assert rules("V1-2") == []
    [[says, when]] = rules("V3-3")
    assert "rút 2 hộ thay thế, đã có 2 phiếu ghi" in says
    assert when == {"item": "ho_thay_the", "any": [1, 2, 3, 4]}
    rules("V3-4")
    warned = [receipt(serial, one) for serial, one in (("V1-2", "1"), ("V3-3", "1"), ("V3-4", "9"))]
    assert warned == ["2 cảnh báo", "3 cảnh báo", "2 cảnh báo"]


def test_the_page_shows_the_rates_by_commune_and_stratum(app: Flask, province: Database) -> None:
    """20 drawn, of V1 6 answered and one in part, who is not in RR1 = 6 / 20 = 30%; weighted 24 / 60 = 40%."""
    drawn(province)
    for _person in range(6):
        answered(province, "V1")
    answered(province, "V1", 0.6)
    printed(province, "V1", {"state": SheetState.VOID, "reason": "refused"}, {"state": SheetState.WAITING})
    client = signed_in(app)
    page = client.get(PAGE).text.replace("\xa0", " ")
    assert "7 trong 20 hộ đã trả lời" in page
    assert "30,0%" in page
    assert "40,0%" in page
    assert "1 phiếu đã về và đang chờ nhập" in page
    assert page.index("Cao Xanh") < page.index("Hà Tu")
    assert "60,0%" in page, "RR1 of Hà Tu, 6 of 10"
    assert "(RR1 theo AAPOR), tính cả trả lời một phần là 35,0% (RR2)" in page
    assert "Theo tầng" in page
    assert client.get(f"{PAGE}?theo=tang").status_code == 200
    assert client.get(f"{PAGE}?theo=x").status_code == 200
    overview = client.get("/quan-tri/ho-mau/").text.replace("\xa0", " ")
    assert f'<a href="{PAGE}">Tỷ lệ trả lời, ít nhất (RR1)</a>' in overview
    assert "Tính cả trả lời một phần (RR2)" in overview
    assert "30,00% của 20 hộ" in overview


def test_who_closes_the_fieldwork_is_told_of_villages_without_forms(app: Flask, province: Database) -> None:
    """V1 and V3 are drawn; V1 alone has a form, and that is accounted for.

    V2 was drawn before and is not any more; V3 has forms in another wave.
    """
    drawn(province)
    with province.writing() as session:
        former = Draw(wave="ho-mau", number=2, made=date(2026, 1, 1), seed="1", frame="0" * 64, plan={})
        household = questionnaires.find(session, "ho_gia_dinh@1")
        waves.create(session, "sau", household, WaveKind.SAMPLE, date(2026, 1, 1), date(2099, 1, 1))
        session.add_all([former, Village(wave="sau", psu="V3", unit="06658", stratum="1")])
        session.flush()
        session.add(DrawnVillage(draw=former.id, psu="V2", stratum="06652", probability=0.5))
        session.add(Batch(code="B-sau", wave="sau", psu="V3", printed=date(2026, 1, 1)))
    printed(province, "V1", {"state": SheetState.VOID, "reason": "refused"})
    client = signed_in(app)
    told = "Còn 1 thôn, tổ dân phố trong mẫu chưa in phiếu nào"
    assert told in client.get("/quan-tri/ho-mau/phieu").text
    printed(province, "V3", {"state": SheetState.VOID, "reason": "refused"})
    assert "chưa in phiếu nào" not in client.get("/quan-tri/ho-mau/phieu").text


def test_a_household_asked_again_is_one_of_the_sample(province: Database) -> None:
    """Households 1 to 10 and 101 to 103 of V1 are drawn; number 11 in V3 alone."""
    draw = drawn(province)
    with province.writing() as session:
        eleventh = {"household": 11, "place": 11, "replacement": False, "probability": 0.5, "weight": 2.0}
        session.add(DrawnHousehold(draw=draw, psu="V3", **eleventh))
    printed(province, "V1", {"state": SheetState.WAITING})
    with province.writing() as session:
        session.add(Reinterview(sheet="V1-1", wave="ho-mau", household=3))
    with province.writing() as session, pytest.raises(Refusal, match="11"):
        reinterviews.enter(session, "ho-mau", "V1-1", 11, {"gioi_tinh": 2}, "supervisor")
    with province.writing() as session:
        reinterviews.enter(session, "ho-mau", "V1-1", 101, {"gioi_tinh": 2}, "supervisor")
