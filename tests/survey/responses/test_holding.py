"""Who may send for others: what is outside an assignment, beyond the drawn households or after the closing of a
village is held for somebody else's decision, through every door."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, event, func, select, update
from sqlalchemy.orm import Session

from survey.accounts import accounts, tokens
from survey.accounts.accounts import RIGHTS, Right
from survey.data_files import importing
from survey.responses import account_forms, assignments, devices, lots, quarantine, sealed_responses
from survey.storage.database import Database
from survey.storage.models import (
    Assignment,
    Device,
    Draw,
    DrawnHousehold,
    DrawnVillage,
    LotKind,
    Mode,
    QuarantinedResponse,
    Response,
    Review,
    ReviewState,
    Role,
    Verdict,
    VillageStep,
    VillageStepKind,
    Wave,
)
from survey.system import dates
from survey.waves import waves
from translations import Conflict, Refusal

FORM = "/phong-van/ho-mau/06652?thon="
HOUSEHOLDS = 3
YESTERDAY = dates.today() - timedelta(1)


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The data folder, where the keys lie."""
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def drawn(province: Database, account: Callable[..., None]) -> Database:
    """Three households drawn in V1 and in V2, two more in reserve in each; `dieu-tra` may interview in V1 alone,
    `supervisor` may decide."""
    with province.writing() as session:
        draw = Draw(wave="ho-mau", number=1, made=dates.today(), seed="1", frame="0" * 64, plan={})
        session.add(draw)
        session.flush()
        for psu in ("V1", "V2"):
            session.add(DrawnVillage(draw=draw.id, psu=psu, stratum="06652", probability=0.5))
            for place in range(1, HOUSEHOLDS + 3):
                about = {"probability": 0.1, "weight": 10.0, "replacement": place > HOUSEHOLDS}
                session.add(DrawnHousehold(draw=draw.id, psu=psu, household=place * 10, place=place, **about))
        session.execute(update(Wave).where(Wave.code == "ho-mau").values(draw=draw.id))
        for name, role in (("dieu-tra", Role.INTERVIEWER), ("supervisor", Role.SUPERVISOR)):
            account(session, name, role)
        session.flush()
        session.execute(delete(Assignment))
        assignments.give(session, "ho-mau", "dieu-tra", Mode.INTERVIEWER, "supervisor", psu="V1")
    return province


@pytest.fixture
def interviewer(drawn: Database, app: Flask, sign_in: Callable[[Flask, str], FlaskClient]) -> FlaskClient:
    return sign_in(app, "dieu-tra")


def send(client: FlaskClient, psu: str = "V1", id: str = "", **answers: Any) -> Any:
    """Sends an interview as the tablet's page does."""
    page = client.get(FORM + psu).text
    token = re.search(r'data-token="([^"]*)"', page)
    assert token is not None
    sent = {"id": id or str(uuid4()), "answers": {"C5": 3} | answers, "marks": [], "adults": 2, "token": token[1]}
    csrf = client.get("/phong-van/phien").json["token"]  # type: ignore[index]
    return client.post(FORM + psu, json=sent, headers={"X-CSRFToken": csrf})


def stored(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Response)) or 0


def held(database: Database) -> list[QuarantinedResponse]:
    with database.reading() as session:
        return list(session.scalars(select(QuarantinedResponse)))


def close(database: Database, psu: str, step: VillageStepKind = VillageStepKind.CLOSE) -> None:
    with database.writing() as session:
        about = {"reason": "đủ phiếu", "person": "supervisor", "day": dates.today()}
        session.add(VillageStep(wave="ho-mau", psu=psu, step=step, **about))


def test_whoever_has_the_right_to_send_for_others_can_be_assigned_and_nobody_else() -> None:
    for mode, right in ((Mode.INTERVIEWER, Right.INTERVIEW), (Mode.PAPER, Right.KEY)):
        assert set(assignments.ROLES[mode]) == {role for role in Role if right in RIGHTS[role]}


def test_forms_of_an_assigned_village_count_up_to_the_drawn_households_and_the_next_is_held(
    interviewer: FlaskClient, drawn: Database
) -> None:
    codes = [send(interviewer).status_code for _one in range(HOUSEHOLDS + 2)]
    assert codes == [201] * HOUSEHOLDS + [202] * 2
    assert stored(drawn) == HOUSEHOLDS
    assert [(one.reason, one.account, one.device, one.psu) for one in held(drawn)] == [
        ("beyond", "dieu-tra", None, "V1")
    ] * 2


def test_a_form_from_elsewhere_is_held_once_with_the_same_answer_and_a_calm_sentence(
    interviewer: FlaskClient, drawn: Database
) -> None:
    id = str(uuid4())
    replies = [send(interviewer, "V2", id) for _again in range(2)]
    assert [reply.status_code for reply in replies] == [202, 202]
    assert replies[0].json == replies[1].json
    assert replies[0].json["status"] == "held"
    assert "giám sát" in replies[0].json["why"]
    assert [one.reason for one in held(drawn)] == ["assignment"]
    assert send(interviewer, "V2", id, C6=1).status_code == 409


def test_what_is_stored_stays_known_however_full_the_village_is(interviewer: FlaskClient, drawn: Database) -> None:
    id = str(uuid4())
    codes = [send(interviewer, "V1", one).status_code for one in (id, str(uuid4()), str(uuid4()), id)]
    assert codes == [201, 201, 201, 200]
    close(drawn, "V1")
    assert send(interviewer, "V1", id).status_code == 200


def test_an_assignment_counts_for_forms_of_the_days_before_it_ended(
    interviewer: FlaskClient, drawn: Database
) -> None:
    with drawn.writing() as session:
        (one,) = assignments.list_all(session, "ho-mau")
        assignments.end(session, "ho-mau", one.id, "supervisor")
    assert send(interviewer).status_code == 201
    with drawn.writing() as session:
        session.execute(update(Assignment).values(ended=YESTERDAY))
    assert send(interviewer).status_code == 202
    with drawn.reading() as session:
        found = [
            len(assignments.of_account(session, "ho-mau", "dieu-tra", Mode.INTERVIEWER, day))
            for day in (YESTERDAY, dates.today())
        ]
    assert found == [1, 0]


def test_a_rejected_form_leaves_its_place_to_another(interviewer: FlaskClient, drawn: Database) -> None:
    for _one in range(HOUSEHOLDS):
        send(interviewer)
    with drawn.writing() as session:
        rejected = session.scalars(select(Response.id)).first()
        about = {"state": ReviewState.REJECTED, "reason": "trùng", "person": "supervisor", "day": dates.today()}
        session.add(Review(wave="ho-mau", response=rejected, **about))
    assert [send(interviewer).status_code for _one in range(2)] == [201, 202]


def test_a_sender_of_some_households_sends_no_more_than_these(interviewer: FlaskClient, drawn: Database) -> None:
    with drawn.writing() as session:
        session.execute(update(Assignment).values(ended=YESTERDAY))
        about: dict[str, Any] = {"psu": "V1", "households": [20, 10]}
        given = assignments.give(session, "ho-mau", "dieu-tra", Mode.INTERVIEWER, "supervisor", **about)
        assert given.households == [10, 20]
    assert [send(interviewer).status_code for _one in range(3)] == [201, 201, 202]
    assert held(drawn)[0].reason == "beyond"


def test_forms_after_the_closing_of_a_village_are_held_until_it_is_opened_again(
    interviewer: FlaskClient, drawn: Database
) -> None:
    close(drawn, "V1")
    assert send(interviewer).json["status"] == "held"
    assert held(drawn)[0].reason == "closed"
    close(drawn, "V1", VillageStepKind.REOPEN)
    assert send(interviewer).status_code == 201


def test_the_interviewer_knows_before_the_first_question_that_a_further_form_is_held(
    interviewer: FlaskClient, drawn: Database
) -> None:
    pages = ("/phong-van/ho-mau/06652", "/phong-van/ho-mau/06652/ho?thon=V1", FORM + "V1")

    def say(what: str) -> list[int]:
        return [interviewer.get(page).text.count(what) for page in pages]

    full, closed = "bằng số hộ", "đóng: phiếu gửi thêm"
    for _one in range(HOUSEHOLDS):
        assert say(full) == [0, 0, 0]
        send(interviewer)
    assert say(full) == [1, 1, 1]
    assert full not in interviewer.get(FORM + "V2").text
    assert say(closed) == [0, 0, 0]
    close(drawn, "V1")
    assert (say(closed), say(full)) == ([1, 1, 1], [0, 0, 0])
    close(drawn, "V2")
    assert say(closed) == [2, 1, 1], "of the others too"


def test_a_sender_of_some_households_knows_when_all_of_theirs_are_sent(
    interviewer: FlaskClient, drawn: Database
) -> None:
    with drawn.writing() as session:
        session.execute(update(Assignment).values(households=[10]))
    assert "bằng số hộ" not in interviewer.get(FORM + "V1").text
    send(interviewer)
    assert "bằng số hộ" in interviewer.get(FORM + "V1").text


def test_somebody_else_accepts_what_was_held_and_it_counts_once(interviewer: FlaskClient, drawn: Database) -> None:
    id = str(uuid4())
    send(interviewer, "V2", id)
    (form,) = held(drawn)
    with drawn.writing() as session, pytest.raises(Conflict):
        quarantine.decide(session, "ho-mau", [form.digest], Verdict.ACCEPTED, "đúng", " Dieu-Tra ")
    with drawn.writing() as session:
        assert quarantine.decide(session, "ho-mau", [form.digest], Verdict.ACCEPTED, "đúng", "supervisor") == 1
    with drawn.reading() as session:
        (response,) = session.scalars(select(Response))
    assert (response.psu, response.answers, response.adults) == ("V2", {"C5": 3}, 2)
    assert "helped-interviewer" in response.marks
    assert send(interviewer, "V2", id).status_code == 200


def test_the_page_of_what_is_held_names_the_account_and_the_reason(
    interviewer: FlaskClient, app: Flask, drawn: Database, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    send(interviewer, "V2")
    page = sign_in(app, "supervisor").get("/quan-tri/ho-mau/giu-lai").text
    assert "dieu-tra" in page
    assert "Người gửi không được phân công ở đó" in page


def tablet(database: Database, owner: str) -> Device:
    with database.writing() as session:
        devices.bind_tablet(session, "ho-mau", "06652", "Máy", sealed_responses.current().id, owner)
        device = session.scalars(select(Device).order_by(Device.id.desc())).first()
    assert device is not None
    return device


def from_tablet(
    database: Database, device: Device, psu: str, day: date = YESTERDAY, **answers: int
) -> tuple[str, str]:
    key = sealed_responses.current()
    sent = {"id": str(uuid4()), "wave": "ho-mau", "unit": "06652", "mode": "interviewer", "day": str(day)}
    sent |= {"psu": psu}
    seal = sealed_responses.seal(key.public, sent, {"answers": {"C5": 3} | answers, "marks": [], "adults": 1})
    with database.writing() as session:
        return sealed_responses.store_sealed(session, device, sent | {"key": key.id, "sealed": seal})


def test_a_tablet_is_asked_the_same_of_its_owner(drawn: Database) -> None:
    device = tablet(drawn, "dieu-tra")
    assert from_tablet(drawn, device, "V2") == ("held", "assignment")
    outcomes = [from_tablet(drawn, device, "V1") for _one in range(HOUSEHOLDS + 1)]
    assert outcomes == [("stored", "")] * HOUSEHOLDS + [("held", "beyond")]
    with drawn.writing() as session:
        for form in held(drawn):
            with pytest.raises(Conflict):
                quarantine.decide(session, "ho-mau", [form.digest], Verdict.ACCEPTED, "đúng", "dieu-tra")


def test_a_form_that_does_not_fit_is_held_first_for_where_it_comes_from(drawn: Database) -> None:
    device = tablet(drawn, "dieu-tra")
    assert from_tablet(drawn, device, "V1", C3=99) == ("held", "answers")
    assert from_tablet(drawn, device, "V2", C3=99) == ("held", "assignment")
    ago = dates.today() - timedelta(15)
    assert from_tablet(drawn, device, "V1", ago, C3=99) == ("held", "day")
    for _one in range(HOUSEHOLDS):
        from_tablet(drawn, device, "V1")
    assert from_tablet(drawn, device, "V1", C3=99) == ("held", "beyond")
    assert from_tablet(drawn, device, "V1", ago) == ("held", "beyond")
    close(drawn, "V1")
    assert from_tablet(drawn, device, "V1", C3=99) == ("held", "closed")


def also(database: Database) -> list[tuple[str, tuple[str, ...]]]:
    with database.reading() as session:
        return sorted((one.form.reason, one.also) for one in quarantine.listed(session, "ho-mau"))


def test_whoever_decides_sees_beside_the_reason_what_holds_by_now(
    drawn: Database, app: Flask, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    device, page = tablet(drawn, "dieu-tra"), "/quan-tri/ho-mau/giu-lai"
    from_tablet(drawn, device, "V1", C3=99)
    from_tablet(drawn, device, "V2")
    assert also(drawn) == [("answers", ()), ("assignment", ())]
    client = sign_in(app, "supervisor")
    assert "Thêm nữa" not in client.get(page).text
    for _one in range(HOUSEHOLDS - 1):
        from_tablet(drawn, device, "V1")
    assert also(drawn)[0] == ("answers", ())
    from_tablet(drawn, device, "V1", C3=98)
    assert also(drawn)[:2] == [("answers", ("beyond",))] * 2, "one of the two fits, both do not"
    close(drawn, "V1")
    with drawn.writing() as session:
        session.execute(update(Assignment).values(ended=YESTERDAY - timedelta(1)))
    close(drawn, "V2")
    assert also(drawn)[1:] == [("answers", ("assignment", "closed", "beyond")), ("assignment", ("closed",))]
    shown = client.get(page).text
    assert shown.count("Thêm nữa: thôn đã đóng") == 3
    assert shown.count("Thêm nữa: người gửi không được phân công ở đó") == 2
    with drawn.writing() as session:
        forms = [one.digest for one in sorted(held(drawn), key=lambda one: one.reason)]
        quarantine.decide(session, "ho-mau", forms[:1], Verdict.ACCEPTED, "đúng", "admin")
        quarantine.decide(session, "ho-mau", forms[1:], Verdict.DECLINED, "sai", "admin")
    assert ("answers", ()) in also(drawn), "what is accepted counts, and stays so"
    assert ("answers", ("assignment", "closed", "beyond")) in also(drawn), "what was declined may be accepted"


def test_what_holds_by_now_knows_a_sender_of_some_households(drawn: Database) -> None:
    with drawn.writing() as session:
        session.execute(update(Assignment).values(households=[10, 20]))
    device = tablet(drawn, "dieu-tra")
    assert from_tablet(drawn, device, "V1") == ("stored", "")
    from_tablet(drawn, device, "V1", C3=99)
    assert also(drawn) == [("answers", ())]
    assert from_tablet(drawn, device, "V1") == ("stored", "")
    assert also(drawn) == [("answers", ("beyond",))]


def test_the_list_of_many_forms_asks_the_database_as_often_as_that_of_few(drawn: Database) -> None:
    def statements() -> int:
        asked: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            asked.append(statement)

        event.listen(drawn.engine, "before_cursor_execute", note)
        also(drawn)
        event.remove(drawn.engine, "before_cursor_execute", note)
        return len(asked)

    device = tablet(drawn, "dieu-tra")
    from_tablet(drawn, device, "V1", C3=99)
    few = statements()
    for _one in range(4):
        from_tablet(drawn, device, "V1", C3=99)
        from_tablet(drawn, device, "V2", C3=99)
    assert statements() == few > 0


def test_page_and_tablet_of_one_person_are_counted_together(interviewer: FlaskClient, drawn: Database) -> None:
    with drawn.writing() as session:
        session.execute(update(Assignment).values(households=[10, 20]))
    assert send(interviewer).status_code == 201
    device = tablet(drawn, "dieu-tra")
    assert [from_tablet(drawn, device, "V1")[0] for _one in range(2)] == ["stored", "held"]


def test_what_an_account_sends_once_it_is_switched_off_is_refused(
    interviewer: FlaskClient, drawn: Database
) -> None:
    device = tablet(drawn, "dieu-tra")
    csrf = interviewer.get("/phong-van/phien").json["token"]  # type: ignore[index]
    with drawn.writing() as session:
        accounts.switch_off(session, "dieu-tra")
        assert session.get_one(Device, device.id).revoked
    sent = {"id": str(uuid4()), "answers": {"C5": 3}, "marks": []}
    reply = interviewer.post(FORM + "V1", json=sent, headers={"X-CSRFToken": csrf})
    assert reply.status_code in (302, 303, 400, 401, 403)
    assert stored(drawn) == 0 == len(held(drawn))


@pytest.mark.both_databases
def test_two_at_once_are_not_both_the_last_form_of_a_village(drawn: Database) -> None:
    def store(session: Session) -> str:
        place = waves.place(session, "ho-mau", "06652")
        about: dict[str, Any] = {"unit": "06652", "psu": "V1", "mode": Mode.INTERVIEWER, "sender": "dieu-tra"}
        lot = partial(lots.number, session, "ho-mau", LotKind.INTERVIEWER, dates.today(), **about)
        return account_forms.store(
            session, place, "dieu-tra", uuid4(), Mode.INTERVIEWER, {"C5": 3}, lot, psu="V1"
        )[0]

    def last() -> None:
        with drawn.writing() as session:
            outcomes.append(store(session))

    outcomes: list[str] = []
    for _one in range(HOUSEHOLDS - 1):
        last()
    other = threading.Thread(target=last)
    with drawn.writing() as session:
        outcomes.append(store(session))
        other.start()
        other.join(0.5)  # without a lock it would be done by now
    other.join()
    assert outcomes == ["stored"] * HOUSEHOLDS + ["held"]


@pytest.mark.parametrize(
    ("about", "says"),
    [
        ({"account": "supervisor", "psu": "V1"}, "chính mình"),
        ({"account": "nobody", "psu": "V1"}, "Không có tài khoản"),
        ({"account": "keyer", "psu": "V1"}, "không có vai trò phỏng vấn"),
        ({"account": "dieu-tra"}, "Hãy nêu thôn"),
        ({"account": "dieu-tra", "psu": "V9"}, "không có thôn V9"),
        ({"account": "dieu-tra", "psu": "V3"}, "không có thôn V3"),  # of the wave, but not drawn
        ({"account": "dieu-tra", "psu": "V1"}, "đã được phân công như vậy"),
        ({"account": "dieu-tra", "psu": "V2", "households": [40]}, "Hộ 40"),  # in reserve
        ({"account": "dieu-tra", "psu": "V2", "households": [11]}, "Hộ 11"),
        ({"account": "dieu-tra", "psu": "V2", "batch": "B1"}, "người nhập phiếu"),
        ({"account": "keyer", "mode": Mode.PAPER, "psu": "V1"}, "không phân công thôn"),
        ({"account": "keyer", "mode": Mode.PAPER, "batch": "B9"}, "không có tập B9"),
        ({"account": "dieu-tra", "mode": Mode.PAPER}, "không có vai trò nhập phiếu"),
    ],
)
def test_an_assignment_that_cannot_be_is_refused_with_what_to_do(
    drawn: Database, about: dict[str, Any], says: str
) -> None:
    about = {"mode": Mode.INTERVIEWER} | about
    with drawn.writing() as session, pytest.raises(Refusal) as refused:
        assignments.give(session, "ho-mau", about.pop("account"), about.pop("mode"), "supervisor", **about)
    assert says in str(refused.value)
    with drawn.reading() as session:
        assert len(assignments.list_all(session, "ho-mau")) == 1


def test_a_program_which_names_no_village_is_assigned_none(drawn: Database) -> None:
    with drawn.writing() as session:
        tokens.add(session, "may-dt", Role.INTERVIEWER, owner="admin")
        with pytest.raises(Refusal, match="không nêu được thôn"):
            assignments.give(session, "ho-mau", "token:may-dt", Mode.INTERVIEWER, "supervisor", psu="V1")


def test_an_account_that_is_off_or_of_another_commune_is_not_assigned(
    drawn: Database, account: Callable[..., None]
) -> None:
    with drawn.writing() as session:
        account(session, "cao-xanh", Role.INTERVIEWER, "06658")
        with pytest.raises(Refusal, match="xã, phường khác"):
            assignments.give(session, "ho-mau", "cao-xanh", Mode.INTERVIEWER, "supervisor", psu="V1")
        accounts.switch_off(session, "dieu-tra")
        with pytest.raises(Conflict, match="đã khóa"):
            assignments.give(session, "ho-mau", "dieu-tra", Mode.INTERVIEWER, "supervisor", psu="V2")


def test_an_assignment_ends_once(drawn: Database) -> None:
    with drawn.writing() as session:
        (one,) = assignments.list_all(session, "ho-mau")
        assignments.end(session, "ho-mau", one.id, "supervisor")
        with pytest.raises(Conflict):
            assignments.end(session, "ho-mau", one.id, "supervisor")
        with pytest.raises(Refusal):
            assignments.end(session, "gop-y", one.id, "supervisor")


def key_sheet(client: FlaskClient, psu: str) -> Any:
    address = f"/nhap-phieu/ho-mau/06652?thon={psu}"
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(address).text)
    assert token is not None
    sent = {"csrf_token": token[1], "id": str(uuid4()), "C5": "3", "de_trong": "nhieu"}
    return client.post(address, data=sent, follow_redirects=True)


def test_unnumbered_paper_is_held_too_and_the_page_says_so_and_goes_on(
    drawn: Database, app: Flask, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    client = sign_in(app, "keyer")
    assert "Phiếu trước được giữ" in key_sheet(client, "V1").text
    assert [(one.reason, one.account) for one in held(drawn)] == [("assignment", "keyer")]
    with drawn.writing() as session:
        assignments.give(session, "ho-mau", "keyer", Mode.PAPER, "supervisor")
    pages = [key_sheet(client, "V1").text for _one in range(HOUSEHOLDS + 1)]
    assert ["được giữ" in page for page in pages] == [False] * HOUSEHOLDS + [True]
    assert stored(drawn) == HOUSEHOLDS


def test_a_program_that_sends_for_others_is_assigned_as_well(
    drawn: Database, app: Flask, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    client = sign_in(app, "keyer")
    sent = {"id": str(uuid4()), "wave": "gop-y", "unit": "06652", "mode": "paper", "answers": {"hl_chung": 4}}
    reply = client.post("/api/v1/responses", json=sent)
    assert (reply.status_code, reply.json) == (
        202,
        {"id": sent["id"], "status": "held", "reason": "assignment"},
    )
    assert client.post("/api/v1/responses", json=sent).status_code == 202
    for other in ({"unit": "06658"}, {"answers": {"hl_chung": 3}}):  # nothing is lost unsaid
        assert client.post("/api/v1/responses", json=sent | other).status_code == 409
    with drawn.writing() as session:
        assignments.give(session, "gop-y", "keyer", Mode.PAPER, "supervisor")
    assert client.post("/api/v1/responses", json=sent).status_code == 201


def test_nobody_accepts_or_assigns_what_their_own_program_sends(drawn: Database, client: FlaskClient) -> None:
    with drawn.writing() as session:
        text = tokens.add(session, "may", Role.KEYER, owner="supervisor")
        with pytest.raises(Refusal, match="chính mình"):
            assignments.give(session, "gop-y", "token:may", Mode.PAPER, "ｓｕｐｅｒｖｉｓｏｒ")
    sent = {"id": str(uuid4()), "wave": "gop-y", "unit": "06652", "mode": "paper", "answers": {"hl_chung": 4}}
    reply = client.post("/api/v1/responses", json=sent, headers={"Authorization": f"Bearer {text}"})
    assert reply.status_code == 202
    (form,) = held(drawn)
    with drawn.writing() as session, pytest.raises(Conflict):
        quarantine.decide(session, "gop-y", [form.digest], Verdict.ACCEPTED, "đúng", "supervisor")
    with drawn.writing() as session:
        assert quarantine.decide(session, "gop-y", [form.digest], Verdict.ACCEPTED, "đúng", "admin") == 1


def test_a_file_that_would_fill_a_village_beyond_its_draw_is_refused_whole(
    drawn: Database, tmp_path: Path
) -> None:
    path = tmp_path / "phieu.csv"
    rows = ["06652,V1,3"] * (HOUSEHOLDS + 1) + ["06652,V2,3"] * HOUSEHOLDS
    path.write_text("unit,psu,C5\n" + "\n".join(rows) + "\n", encoding="utf-8")
    with pytest.raises(Refusal) as refused:
        importing.responses(drawn, "ho-mau", importing.Wanted(path))
    assert "V1" in str(refused.value)
    assert f"{HOUSEHOLDS + 1} phiếu" in str(refused.value)
    assert "V2" not in str(refused.value)
    assert stored(drawn) == 0
    path.write_text("unit,psu,C5\n" + "\n".join(rows[1:]) + "\n", encoding="utf-8")
    assert importing.responses(drawn, "ho-mau", importing.Wanted(path)).stored == 2 * HOUSEHOLDS
