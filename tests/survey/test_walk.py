"""A walk over the whole map of addresses, as everybody: who reaches what, with something real behind each."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import cv2
import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from forms import scorecard
from survey.accounts import tokens
from survey.accounts.accounts import OF_A_UNIT
from survey.fieldwork import double_entry, reinterviews, serial_numbers, sheet_locks
from survey.paper import batches
from survey.responses import devices, lots, sealed_responses, submission
from survey.results import release_steps, releases
from survey.sampling import draws, plans
from survey.storage.database import Database
from survey.storage.models import (
    Base,
    Batch,
    CitizenCase,
    DrawnHousehold,
    Keying,
    Lot,
    LotKind,
    Mode,
    Role,
    Scan,
    Sheet,
    SheetState,
    Theme,
    Unit,
    Village,
)
from survey.system import dates
from survey.waves import questionnaires, waves
from survey.web.app import create_app
from survey.workshop import drafts, recordings
from survey.year import duties, scorecards

SignedIn = Callable[[Flask, str], FlaskClient]
HOME, OTHER = "06652", "06658"
YEAR = dates.today().year
EXAMPLES = Path(__file__).parents[2] / "docs/examples/nam"
EVERYBODY = frozenset(Role)
RUNS = {Role.ADMIN, Role.HOME_AFFAIRS, Role.SUPERVISOR}
READS = {Role.ADMIN, Role.HOME_AFFAIRS}
VIEWS = READS | {Role.HEAD}
KEYS = {Role.ADMIN, Role.SUPERVISOR, Role.KEYER}
ASKS = {Role.ADMIN, Role.SUPERVISOR, Role.INTERVIEWER}

# Who reaches what, once more and by hand, by the beginning of the address: the longest that fits holds.
MAY: dict[str, set[Role] | frozenset[Role]] = {
    "/tai-khoan": EVERYBODY,
    "/doi-mat-khau": EVERYBODY,
    "/xac-nhan": EVERYBODY,
    "/nhap-phieu": KEYS,
    "/nhap-phieu/doi-chieu": RUNS,
    "/phong-van": ASKS,
    "/quan-tri": READS,
    "/quan-tri/": RUNS | {Role.COMMUNE, Role.HEAD},
    "/quan-tri/dot-moi": READS,
    "/quan-tri/bo-phieu/": VIEWS,
    "/quan-tri/bo-phieu/moi": READS,
    "/quan-tri/bo-phieu/<name>/ban-moi": READS,
    **{
        f"/quan-tri/bo-phieu/nhap/<int:id>/{page}": READS
        for page in ("luu", "doi", "giu", "bo", "gui", "lay", "thang-diem/luu")
    },
    **{
        f"/quan-tri/bo-phieu/nhap/<int:id>/ngon-ngu/{page}": READS
        for page in ("them", "bo", "ban-dich", "ghi-am", "ghi-am/bo")
    },
    **{f"/quan-tri/bo-phieu/nhap/<int:id>/cau/<code>/{page}": READS for page in ("luu", "xem")},
    "/quan-tri/nam": VIEWS,
    "/quan-tri/nam/<int:year>/tai-lieu/duyet": {Role.HEAD},
    "/quan-tri/da-cong-bo": VIEWS,
    "/viec": {Role.COMMUNE, Role.OFFICE},
    "/quan-tri/<wave>": VIEWS,
    "/quan-tri/<wave>/nhap-tep": READS,
    "/quan-tri/<wave>/nhap-tep/lay-lai": READS,
    "/quan-tri/<wave>/mo-thuc-dia": READS,
    "/quan-tri/<wave>/dot": READS,
    "/quan-tri/<wave>/cong-bo/chot": READS,
    "/quan-tri/<wave>/cong-bo/phat-hanh": READS,
    "/quan-tri/<wave>/cong-bo/<int:number>/kiem-tra": READS,
    "/quan-tri/<wave>/cong-bo/<int:number>/duyet": {Role.HEAD},
    "/quan-tri/<wave>/cong-bo/<int:number>/thu-hoi": {Role.HEAD},
    "/quan-tri/<wave>/cong-bo/<int:number>/xem-truoc": {Role.HEAD},
    "/quan-tri/<wave>/cong-bo/<int:number>/sua-ly-do": {Role.HEAD},
    "/quan-tri/<wave>/tien-do": RUNS | {Role.COMMUNE, Role.HEAD},
    "/quan-tri/<wave>/xa-minh": VIEWS | {Role.COMMUNE},
    "/quan-tri/<wave>/loi-gop-y": VIEWS,
    "/quan-tri/<wave>/loi-gop-y/": {Role.HOME_AFFAIRS},
    "/quan-tri/nguoi-dung": {Role.ADMIN},
    "/quan-tri/lop-thu-hai": {Role.ADMIN},
    "/quan-tri/ma-truy-cap": {Role.ADMIN},
    "/quan-tri/nhat-ky": {Role.ADMIN, Role.AUDITOR},
    **dict.fromkeys(
        (
            f"/quan-tri/<wave>/{part}"
            for part in (
                *("mau", "ap-phich", "thu-moi", "may", "in-phieu", "phieu", "khoa-thuc-dia", "giu-lai", "ty-le"),
                *(
                    "giao-nhan",
                    "quyen-so",
                    "ra-soat",
                    "phuc-tra",
                    "nhap-lieu",
                    "lo",
                    "viec-mo",
                    "dau-hieu",
                    "phan-cong",
                ),
            )
        ),
        RUNS,
    ),
    **dict.fromkeys(("/quan-tri/<wave>/tung-phieu", "/quan-tri/<wave>/bang-ma"), {Role.HOME_AFFAIRS}),
    "/api/v1/waves/<wave>/rows": set(),  # a program's token alone
    "/quan-tri/<wave>/quet": KEYS,
    "/api/v1/waves": RUNS | {Role.COMMUNE, Role.HEAD},
    "/api/v1/units": RUNS | {Role.COMMUNE, Role.HEAD},
    "/api/v1/questionnaires": RUNS | {Role.COMMUNE, Role.HEAD},
    "/api/v1/waves/<wave>/results": VIEWS | {Role.COMMUNE},
}
# What is set page by page takes seconds: that it is there is looked at once.
SET = frozenset(
    {
        *("staff.unit_reports", "staff.printed_forms", "staff.poster_file", "staff.own_report"),
        *("staff.unit_report", "staff.reinterview_list", "single_sign_on.link"),
        "staff.year_file",
    }
)
# Doors that lead to nothing of the staff's: forms, kiosks, signing in.
STRANGERS = re.compile(
    r"/(s|y-kien|ket-qua|thu|toan-ven|kiosk|m|mat-khau|bien-nhan|nghe|static|dang-nhap)/|"
    r"/(lich|y-kien|ket-qua|m|mat-khau|quen|thoat|rieng-tu|metrics|healthz|dang-nhap|dang-xuat)?$|/dang-xuat/|"
    r"/<string\(length=5\):unit>$|/phong-van/worker.js|/api/v1/(openapi.json|responses|sealed)$"
)

# Pages of a version of a questionnaire.
WORKSHOP = [
    *(f"name of staff.version{page}" for page in ("", "_differences", "_drawn", "_file")),
    "name of staff.renew_version",
]
ITEMS = [f"code of staff.{page}" for page in ("draft_item", "save_item", "draw_item", "draft_recording")]


def may(rule: str) -> set[Role] | frozenset[Role]:
    return MAY[max((begin for begin in MAY if rule.startswith(begin)), key=len)]


def case_of(unit: str) -> UUID:
    return UUID(int=int(unit))


def world(session: Session, account: Callable[..., None]) -> None:
    """Two communes with drawn villages, batches, keyings, held forms, a kiosk, a token and a release."""
    wave = waves.find(session, "ho-mau")
    for psu in ("V1", "V2", "V3", "V4"):
        village = session.get_one(Village, ("ho-mau", psu))
        village.households, village.adults = 100, 300
    session.flush()
    draws.keep(session, wave, draws.drawn(plans.frame(session, wave), plans.Plan(2, 6, "unit"), "1"))
    batches.issue(session, "ho-mau", again=1.0)
    session.add(Theme(wave="ho-mau", code="thoi_gian", place=1, vi="Thời gian", en="Time"))
    session.flush()
    for psu, unit in (("V1", HOME), ("V3", OTHER)):
        place = waves.place(session, "ho-mau", unit)
        for number in range(30):
            submission.submit(
                session.connection(), place, uuid4(), Mode.PAPER, {"C5": 1 + number % 2, "th_dien": 4}, psu=psu
            )
        batch = session.scalars(select(Batch).where(Batch.psu == psu)).one()
        sheets = session.scalars(select(Sheet).where(Sheet.batch == batch.code).order_by(Sheet.place)).all()
        done = uuid4()
        submission.submit(session.connection(), place, done, Mode.PAPER, {"th_dien": 5}, psu=psu)
        sheets[0].response, sheets[0].state = done, SheetState.ENTERED
        session.flush()
        session.add(
            Keying(sheet=sheets[0].serial, turn=1, keyer="lan", source="person", typed={}, day=dates.today())
        )
        household = session.scalars(select(DrawnHousehold.household).where(DrawnHousehold.psu == psu)).first()
        assert household is not None
        reinterviews.enter(session, "ho-mau", sheets[0].serial, household, {"gioi_tinh": 1}, "minh")
        sheets[1].double = True
        double_entry.finish(session, sheets[1].serial, 1, "lan", {"th_dien": "4", "C5": "1"})
        double_entry.finish(session, sheets[1].serial, 2, "minh", {"th_dien": "4", "C5": "2"})
        sheet_locks.acquire(session, sheets[2].serial, "lan")
        sheets[3].state = SheetState.WAITING
        sheet_locks.acquire(session, sheets[4].serial, "toi-admin")
        marks = {"typed": {"C5": "*"}, "confidence": {"C5": 0.0}, "doubtful": {"C5": [0, 60]}}
        _done, picture = cv2.imencode(".jpg", np.full((60, 1260), 230, np.uint8))
        for page in range(1, 5):
            here = marks if page == 2 else {"typed": {}, "confidence": {}, "doubtful": {}}
            session.add(Scan(sheet=sheets[3].serial, page=page, marks=here, picture=picture.tobytes()))
        made = devices.link(session, "gop-y", unit, "Sảnh")
        kiosk, _token = devices.bind(session, made.secret, sealed_responses.current().id)
        sent = {"id": str(uuid4()), "wave": "gop-y", "unit": unit, "mode": "kiosk", "day": str(dates.today())}
        sealed_responses.store_sealed(
            session, kiosk, {**sent, "key": sealed_responses.current().id, "sealed": "AAAA"}
        )
        duties.put(
            session,
            YEAR,
            {
                **dict.fromkeys(duties.COLUMNS, ""),
                **{"code": f"NV-{unit}", "what": "Tiếp công dân", "office": unit, "head": "Chủ tịch"},
                **{"deadline": f"{YEAR}-12-31", "decision": f"01/KH-UBND {YEAR}-01-05"},
            },
            "Lan",
        )
        session.add(
            CitizenCase(
                **{
                    "id": case_of(unit),
                    "quarter": f"{YEAR}Q1",
                    "wave": "ho-mau",
                    "unit": unit,
                    "theme": "thoi_gian",
                },
                **{"words": "Chờ lâu.", "office": unit, "head": "Chủ tịch", "opened_by": "Lan"},
                deadline=dates.today(),
            )
        )
        lots.begin(session, "ho-mau", LotKind.LETTER, dates.today(), unit=unit)
    scorecards.publish(session, scorecard.load(EXAMPLES / "par_tinh.yaml"), dates.today())
    frozen = releases.freeze(session, wave, "Lan")
    release_steps.check(frozen, "Lan")
    releases.approve(session, frozen, "Minh")
    for role in Role:
        account(session, f"toi-{role}", role, HOME if role in OF_A_UNIT else None)
    account(session, "xa-khac", Role.COMMUNE, OTHER)
    account(session, "hoi-mot-xa", Role.INTERVIEWER, HOME)
    tokens.add(session, "trang-tin", Role.HOME_AFFAIRS)
    base = questionnaires.find(session, "noi_phuc_vu@2")
    draft = drafts.begin(session, "home_affairs", drafts.renewed(session, base), base)
    written = drafts.present(session, draft)
    recordings.keep(session, draft, written, "tiep_xuc", "vi", b"RIFF\0\0\0\0WAVEfmt ")
    drafts.save(session, draft, "home_affairs", "", written)


@pytest.fixture(scope="module")
def made(
    sqlite_templates: dict[str, Path], tmp_path_factory: pytest.TempPathFactory, account: Callable[..., None]
) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("walk")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HAILONG_DATA", str(folder))
        database = Database(f"sqlite:///{shutil.copy(sqlite_templates['province'], folder / 'hailong.db')}")
        with database.writing() as session:
            world(session, account)
        database.engine.dispose()
        app = create_app(DATABASE_URL=database.url, SECRET_KEY="tests")
        yield app
        app.extensions["database"].engine.dispose()


def parts(session: Session, unit: str) -> dict[str, Any]:
    """What addresses name, of one commune."""
    psu = "V1" if unit == HOME else "V3"
    batch = session.scalars(select(Batch).where(Batch.psu == psu)).one()
    sheets = session.scalars(select(Sheet).where(Sheet.batch == batch.code).order_by(Sheet.place)).all()
    lot = session.scalars(select(Lot.number).where(Lot.unit == unit)).first()
    scan, open_one = sheets[3].serial, sheets[4].serial
    return {
        **{"wave": "ho-mau", "unit": unit, "batch": batch.code, "format": "csv", "name": "xa-khac", "item": "C5"},
        **{"id": sheets[0].response, "serial": sheets[1].serial, "name of api.questionnaire": "ho_gia_dinh@1"},
        **{"serial of staff.scanned": scan, "serial of staff.scan_picture": scan},
        **{"serial of staff.forget_scan": scan, "serial of keying.printed": open_one},
        **{f"format of staff.{name}": "docx" for name in ("own_report", "unit_report", "year_file")},
        **{"name of staff.chart": "noi-dung", "format of staff.chart": "svg", "format of staff.own_chart": "svg"},
        **dict.fromkeys(WORKSHOP, "noi_phuc_vu@2") | dict.fromkeys(ITEMS, "tiep_xuc"),
        **{"way": "dien-thoai", "spoken": "vi"},
        **{"number of staff.lot": lot, "document": "par_tinh", "part": "7.2", "quarter": f"{YEAR}Q1"},
        **{"code of staff.duty": f"NV-{unit}", "code of staff.report_task": f"NV-{unit}"},
        **{"code of duties.my_duty": f"NV-{unit}", "id of duties.my_case": case_of(unit)},
    }


def addresses(app: Flask, there: dict[str, Any]) -> Iterator[tuple[str, str, str, set[str]]]:
    """Endpoint, rule, address and methods of each of the staff's addresses."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if STRANGERS.match(rule.rule):
            continue
        values = {name: there.get(f"{name} of {rule.endpoint}", there.get(name)) for name in rule.arguments}
        values |= {name: YEAR if name == "year" else 1 for name in re.findall(r"<int:(\w+)>", rule.rule)}
        methods = (rule.methods or set()) & {"GET", "POST"}
        yield rule.endpoint, rule.rule, adapter.build(rule.endpoint, values, method=min(methods)), methods


def state(database: Database) -> str:
    """A digest of all that is kept, but of sign-ins and the trail."""
    kept = hashlib.sha256()
    with database.reading() as session:
        for table in Base.metadata.sorted_tables:
            if table.name not in ("sign_in", "failed_attempt", "audit_entry"):  # who looks at some is noted
                kept.update(repr(sorted(map(repr, session.execute(text(f"SELECT * FROM {table.name}"))))).encode())
    return kept.hexdigest()


def is_refused(status: int, location: str | None) -> bool:
    return status in (401, 403) or (status in (302, 303) and (location or "").startswith("/dang-nhap"))


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.soak)])
@pytest.mark.parametrize("who", [None, *Role])
def test_everybody_reaches_what_the_table_says_and_nothing_else(
    made: Flask, sign_in: SignedIn, who: Role | None, whole: bool
) -> None:
    """Reading and sending, of either commune; what is refused leaves everything as it was. What several may read
    is read by one of them in turn; at length, by all."""
    client = sign_in(made, f"toi-{who}") if who else made.test_client()
    database = made.extensions["database"]
    page = client.get("/doi-mat-khau" if who else "/dang-nhap").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token is not None
    with database.reading() as session:
        there = [parts(session, unit) for unit in (HOME, OTHER)]
    before, wrong, tried = state(database), [], 0
    for unit in there:
        for place, (endpoint, rule, address, methods) in enumerate(addresses(made, unit)):
            readers = [one for one in (None, *Role) if one in may(rule)]
            allowed = who in readers
            if allowed and not whole and who is not readers[place % len(readers)]:
                continue
            for method in sorted(methods | {"HEAD"} if "GET" in methods and not allowed else methods):
                if allowed and (method == "POST" or unit is not there[0] or endpoint in SET):
                    continue
                sent = {"data": {"csrf_token": token[1]}} if method == "POST" else {}
                with client.open(address, method=method, **sent) as answer:
                    refused = is_refused(answer.status_code, answer.location)
                    if refused is allowed or answer.status_code >= 500:
                        wrong.append((method, address, answer.status_code))
                tried += 1
    assert wrong == []
    assert tried > 90
    assert state(database) == before


def test_nothing_is_taken_from_a_page_of_elsewhere(made: Flask, sign_in: SignedIn) -> None:
    """Without the token of a page of ours, whoever sends is told no, and everything is as it was."""
    database = made.extensions["database"]
    with database.reading() as session:
        there = parts(session, HOME)
    clients = {who: sign_in(made, f"toi-{who}") for who in Role}
    before = state(database)
    for who, client in clients.items():
        for _endpoint, rule, address, methods in addresses(made, there):
            if "POST" in methods and who in may(rule):
                answer = client.post(address, data={"act": "off", "verdict": "accepted"})
                assert answer.status_code in (400, 401, 303, 413), (who, address, answer.status_code)
                if answer.status_code == 303:  # to who must prove first
                    assert (answer.location or "").startswith(("/dang-nhap", "/xac-nhan")), address
    assert state(database) == before


def test_something_real_lies_behind_the_addresses(made: Flask, sign_in: SignedIn) -> None:
    """Else a page that is not there would hide a hole."""
    with made.extensions["database"].reading() as session:
        there = parts(session, HOME)
    clients = [sign_in(made, f"toi-{who}") for who in (Role.ADMIN, Role.HEAD, Role.HOME_AFFAIRS, Role.COMMUNE)]
    without = set()
    for endpoint, _rule, address, methods in addresses(made, there):
        if "GET" in methods:
            query = "?thon=V1" if endpoint.startswith("interviewer") else QUERY.get(endpoint, "")
            for client in clients:
                with client.get(address + query) as answer:
                    if answer.status_code in (200, 204, 301, 303, 409):  # a step that was taken says so
                        break
            else:
                without.add(endpoint)
    assert without <= MISSING, without


# Behind what only a provider of single sign-on, an issued report or a written remark would lie.
QUERY = {"staff.table_file": "?muc=C5&theo=gioi_tinh"}
MISSING = {
    *("single_sign_on.begin", "single_sign_on.back", "single_sign_on.leave", "staff.issued_report"),
    *("staff.remark", "staff.open_file", "staff.open_data"),
    "api.wave_rows",  # a token opens it, no account that is signed in
}


def plain(page: str) -> str:
    """A page without what chance puts into it."""
    return re.sub(r'value="[\w.-]{40,}"|data-token="[^"]*"|data-id="[^"]*"', "", page)


def test_a_commune_learns_nothing_of_another(made: Flask, sign_in: SignedIn) -> None:
    """Whatever it asks for, in the address or the query, a commune's account is told of its own."""
    mine, other = sign_in(made, "toi-commune"), sign_in(made, "xa-khac")
    asked = dict.fromkeys(("unit", "don-vi", "xa", "by", "hien", "name", "thon", "psu"), OTHER)
    with made.extensions["database"].reading() as session:
        own, theirs = (session.get_one(Unit, code).name for code in (HOME, OTHER))
    for address in ("/quan-tri/ho-mau/xa-minh", "/quan-tri/ho-mau/tien-do", "/quan-tri/"):
        page, again = plain(mine.get(address).text), plain(mine.get(address, query_string=asked).text)
        assert theirs not in page + again
        if address != "/quan-tri/":
            assert own in page
            assert theirs in other.get(address).text
    for query in ("item=C5%3D1", "item=C5%3D1&by=unit"):
        told = [who.get(f"/api/v1/waves/ho-mau/results?{query}").json for who in (mine, other)]
        assert [{one["domain"] for one in records} for records in told] == [{HOME}, {OTHER}]
    for query in (f"unit={OTHER}", f"domain={OTHER}", "by=stratum", "by=unit&by=stratum", f"by={OTHER}"):
        assert mine.get(f"/api/v1/waves/ho-mau/results?{query}").status_code in (403, 422), query


def test_an_interviewer_of_one_commune_works_there_alone(made: Flask, sign_in: SignedIn) -> None:
    client = sign_in(made, "hoi-mot-xa")
    assert OTHER not in client.get("/phong-van/ho-mau/").text
    token = client.get("/phong-van/phien").json["token"]
    for unit, psu, status in ((HOME, "V1", 200), (OTHER, "V3", 403)):
        for address in (f"/phong-van/ho-mau/{unit}?thon={psu}", f"/phong-van/ho-mau/{unit}/ho?thon={psu}"):
            assert client.get(address).status_code == status
    refused = {"wave": "ho-mau", "unit": OTHER}
    assert client.post("/phong-van/may", data=refused, headers={"X-CSRFToken": token}).status_code == 403
    assert (
        client.post("/phong-van/may", data=refused | {"unit": HOME}, headers={"X-CSRFToken": token}).status_code
        == 204
    )
    for unit, status in ((OTHER, 403), (HOME, 201)):
        sent = {"id": str(uuid4()), "wave": "ho-mo", "unit": unit, "mode": "interviewer", "answers": {"C5": 1}}
        assert client.post("/api/v1/responses", json=sent).status_code == status
    key, told = sealed_responses.current(), []
    for unit, psu in ((HOME, "V2"), (OTHER, "V3")):
        about = {"id": str(uuid4()), "wave": "ho-mau", "unit": unit, "mode": "interviewer", "psu": psu}
        about |= {"day": str(dates.today())}
        content = {"answers": {"C5": 1}, "marks": []}
        sent = about | {"key": key.id, "sealed": sealed_responses.seal(key.public, about, content)}
        told.append(client.post("/api/v1/sealed", json=sent).json.get("reason"))
    assert told == [None, "place"]


def walked(app: Flask, client: FlaskClient, there: dict[str, Any]) -> dict[str, tuple[int, str]]:
    """All that somebody is told who opens every address."""
    found = {}
    for endpoint, _rule, address, methods in addresses(app, there):
        by_chance = address.startswith(("/tai-khoan", "/phong-van/phien"))
        if "GET" in methods and not by_chance and endpoint not in SET:
            with client.get(address) as answer:
                found[address] = answer.status_code, plain(answer.get_data().decode(errors="replace"))
    return found


@pytest.mark.variants(1)
@pytest.mark.parametrize("role", [Role.KEYER, Role.SUPERVISOR])
def test_who_keys_second_learns_nothing_of_the_first(
    sqlite_templates: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    account: Callable[..., None],
    sign_in: SignedIn,
    role: Role,
) -> None:
    """Two forms that the first keyer typed differently give the second one the same pages, every one of them:
    before the second turn, in the midst of it, and on the page on which a third person settles."""
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))
    serial, told = serial_numbers.numbered(1_000_001), []
    for typed in ({"th_dien": "4", "C5": "1", "C10_khac": "dau hieu mot"}, {"th_dien": "2", "C5": "3"}):
        path = shutil.copy(sqlite_templates["province"], tmp_path / f"{typed['C5']}.db")
        database = Database(f"sqlite:///{path}")
        with database.writing() as session:
            session.add(
                Batch(code="B1", wave="ho-mau", psu="V1", printed=dates.today(), returned=dates.today(), counted=1)
            )
            session.flush()
            session.add(Sheet(serial=serial, batch="B1", place=1, state=SheetState.WAITING, double=True))
            account(session, "hai", role)
            session.flush()
            double_entry.finish(session, serial, 1, "lan", typed)
        database.engine.dispose()
        app = create_app(DATABASE_URL=database.url, SECRET_KEY="tests")
        client = sign_in(app, "hai")
        there = {
            **{"wave": "ho-mau", "unit": HOME, "batch": "B1", "serial": serial, "sheet": serial},
            **{"name": "keyer", "format": "csv", "code": "C5", "number of staff.lot": 12},
            **dict.fromkeys(WORKSHOP, "noi_phuc_vu@2") | dict.fromkeys(ITEMS, "tiep_xuc"),
            **{"way": "dien-thoai", "spoken": "vi"},
            **{"id": UUID(int=4), "theme": "khac", "item": "C5"},
            **{"document": "par_tinh", "part": "7.2", "quarter": f"{YEAR}Q1"},
        }
        seen = [walked(app, client, there)]
        with app.extensions["database"].writing() as session:
            assert sheet_locks.acquire(session, serial, "hai").turn == 2
        seen.append(walked(app, client, there))
        assert seen[1][f"/nhap-phieu/ho-mau/phieu/{serial}"][0] == 200
        with app.extensions["database"].writing() as session:
            double_entry.finish(session, serial, 2, "hai", {"th_dien": "5", "C5": "2"})
        seen.append(walked(app, client, there))
        settling = seen[2][f"/nhap-phieu/doi-chieu/{serial}"]
        assert settling[0] == (409 if role is Role.SUPERVISOR else 403)
        told.append(seen)
        app.extensions["database"].engine.dispose()
    for one, other in zip(*told, strict=True):
        assert {address for address in one if one[address] != other[address]} == set()
        assert not any("dau hieu mot" in page for _status, page in one.values())
