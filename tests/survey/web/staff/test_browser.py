"""The staff's pages in a real browser: narrow and wide, light and dark, in both languages, without a script."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import cv2
import numpy as np
import pypdfium2 as pdfium
import pytest
import zxingcpp
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forms import scorecard
from survey.accounts import passwords
from survey.fieldwork import double_entry, reinterviews, reviews, sheet_locks
from survey.operations import demo
from survey.operations.installation import prepare
from survey.paper import batches
from survey.responses import devices, lot_steps, submission
from survey.results import release_steps, releases
from survey.sampling import draws, plans
from survey.storage.database import Database
from survey.storage.models import (
    Agreement,
    Assignment,
    Batch,
    DrawnHousehold,
    Keying,
    Lot,
    LotStep,
    Mode,
    PasswordLink,
    Response,
    ReviewState,
    Role,
    Scan,
    Sheet,
    SheetState,
    Village,
    WaveKind,
)
from survey.system import dates
from survey.waves import questionnaires, units, waves
from survey.workshop import drafts, edits
from survey.year import case_steps, cases, duties, published, scorecards, scores, year_waves
from tests.browser.axe import violations

EXAMPLES = Path(__file__).parents[4] / "docs" / "examples" / "nam"
LOOK = Path(__file__).with_name("look.js").read_text(encoding="utf-8")
EMPTY, ONE = "trong", "mot-xa"  # a wave without a village or a form; one of a single commune, with long names
FIELD = "thuc-dia"  # a wave in the field: drawn, printed, partly keyed, a form asked again
CODE = "abcd-efgh-jkmn-pqrs"  # by which a password is chosen
# What axe looks at, by endpoint; `{…}` stands for what `places` finds in the wave of the fieldwork.
PAGES = {
    "staff.index": ("/quan-tri/",),
    "staff.years": ("/quan-tri/nam/",),
    "staff.year": ("/quan-tri/nam/2026", "/quan-tri/nam/2024"),
    "staff.year_document": ("/quan-tri/nam/2024/tai-lieu",),
    "staff.plan": (
        "/quan-tri/nam/2025/ke-hoach",
        "/quan-tri/nam/2025/ke-hoach?don-vi=STC&qua-han=1",
        "/quan-tri/nam/2031/ke-hoach",
    ),
    "staff.add_duty": ("/quan-tri/nam/2025/ke-hoach/them",),
    "staff.feedback": ("/quan-tri/nam/{now}/phan-hoi", "/quan-tri/nam/2031/phan-hoi"),
    "staff.open_case": ("/quan-tri/nam/{now}/phan-hoi/giao",),
    "staff.publish_cases": ("/quan-tri/nam/{now}/phan-hoi/dang/{quarter}",),
    "staff.duty": ("/quan-tri/nam/2025/ke-hoach/viec/MT-HL", "/quan-tri/nam/2025/ke-hoach/viec/NV-01"),
    "staff.scorecards": ("/quan-tri/nam/2024/bang-diem/",),
    "staff.scorecard": (
        "/quan-tri/nam/2024/bang-diem/par_tinh",
        "/quan-tri/nam/2025/bang-diem/par_tinh",
        "/quan-tri/nam/2026/bang-diem/papi_tinh",
    ),
    "staff.scorecard_part": (
        "/quan-tri/nam/2024/bang-diem/par_tinh/7.2",
        "/quan-tri/nam/2024/bang-diem/par_tinh/7",
        "/quan-tri/nam/2026/bang-diem/papi_tinh/1",
    ),
    "staff.overview": ("/quan-tri/thu-nghiem/", "/quan-tri/gop-y/", "/quan-tri/thuc-dia/"),
    "staff.units": (
        "/quan-tri/thu-nghiem/don-vi",
        "/quan-tri/thu-nghiem/don-vi?hien=C5&xep=ten",
        "/quan-tri/thu-nghiem/don-vi?xep=doi",
        "/quan-tri/thu-nghiem/don-vi?xem=o",
        "/quan-tri/thu-nghiem/don-vi?tim=khong+co",
        "/quan-tri/gop-y/don-vi",
    ),
    "staff.unit": ("/quan-tri/thu-nghiem/don-vi/06652",),
    "staff.items": ("/quan-tri/thu-nghiem/cau-hoi",),
    "staff.table": ("/quan-tri/thu-nghiem/bang?muc=C5&theo=gioi_tinh",),
    "staff.changes": ("/quan-tri/thu-nghiem/so-sanh",),
    "staff.how": ("/quan-tri/thu-nghiem/cach-tinh?item=C5=3",),
    "staff.reports": ("/quan-tri/thu-nghiem/bao-cao",),
    "staff.unit_reports": ("/quan-tri/thu-nghiem/bao-cao/xa.zip",),
    "staff.open_data": ("/quan-tri/thu-nghiem/du-lieu-mo",),
    "staff.issue": ("/quan-tri/nam-truoc/cong-bo/phat-hanh",),
    "staff.release_list": ("/quan-tri/thu-nghiem/cong-bo",),
    "staff.release": ("/quan-tri/nam-truoc/cong-bo/1",),
    "staff.freeze_release": ("/quan-tri/thu-nghiem/cong-bo/chot",),
    "staff.progress": ("/quan-tri/thu-nghiem/tien-do",),
    "staff.modes": ("/quan-tri/thu-nghiem/cach-tra-loi", "/quan-tri/gop-y/cach-tra-loi"),
    "staff.series": ("/quan-tri/thu-nghiem/qua-cac-dot", "/quan-tri/gop-y/qua-cac-dot"),
    "staff.remarks": ("/quan-tri/thu-nghiem/loi-gop-y", "/quan-tri/thuc-dia/loi-gop-y"),
    "staff.published": ("/quan-tri/da-cong-bo",),
    "staff.workshop": ("/quan-tri/bo-phieu/",),
    "staff.version": ("/quan-tri/bo-phieu/noi_phuc_vu@2",),
    "staff.begin_draft": ("/quan-tri/bo-phieu/moi",),
    "staff.draft": ("/quan-tri/bo-phieu/nhap/1",),
    "staff.draft_item": ("/quan-tri/bo-phieu/nhap/1/cau/tiep_xuc",),
    "staff.draft_languages": ("/quan-tri/bo-phieu/nhap/1/ngon-ngu?cau=tiep_xuc",),
    "staff.draft_scores": ("/quan-tri/bo-phieu/nhap/1/thang-diem",),
    "staff.question_bank": ("/quan-tri/bo-phieu/ngan-hang?nhap=1&tim=cong+chuc",),
    "staff.take_items": ("/quan-tri/bo-phieu/nhap/1/lay",),
    "staff.try_draft": ("/quan-tri/bo-phieu/nhap/1/thu",),
    "staff.publish_draft": ("/quan-tri/bo-phieu/nhap/1/phat-hanh",),
    "staff.version_differences": ("/quan-tri/bo-phieu/noi_phuc_vu@2/khac?tieng=hai",),
    "staff.new_wave": ("/quan-tri/dot-moi",),
    "staff.wave_settings": ("/quan-tri/thu-nghiem/dot", "/quan-tri/nam-truoc/dot", "/quan-tri/gop-y/dot"),
    "staff.people": ("/quan-tri/nguoi-dung",),
    "staff.person": ("/quan-tri/nguoi-dung/admin", "/quan-tri/nguoi-dung/so-noi-vu"),
    "staff.factor_roles": ("/quan-tri/lop-thu-hai",),
    "staff.token_list": ("/quan-tri/ma-truy-cap",),
    "staff.audit_trail": ("/quan-tri/nhat-ky",),
    "sign_in.account": ("/tai-khoan",),
    "sign_in.second_factor": ("/tai-khoan/lop-thu-hai",),
    "sign_in.prove": ("/xac-nhan",),
    "passkeys.add": ("/tai-khoan/khoa-truy-cap",),
    "choose_password.enter": ("/mat-khau",),
    "choose_password.choose": (f"/mat-khau/{CODE}",),
    "staff.sample": ("/quan-tri/thuc-dia/mau", "/quan-tri/thu-nghiem/mau"),
    "staff.plan_sample": (
        "/quan-tri/thuc-dia/mau/ke-hoach",
        "/quan-tri/thuc-dia/mau/ke-hoach?thon=2&moi=unit&phieu=9",
    ),
    "staff.drawn": ("/quan-tri/thuc-dia/mau/1",),
    "staff.household_list": ("/quan-tri/thuc-dia/mau/1/danh-sach",),
    "staff.posters": ("/quan-tri/thuc-dia/ap-phich",),
    "staff.invitations": ("/quan-tri/thuc-dia/thu-moi",),
    "staff.assignments": (
        "/quan-tri/thu-nghiem/phan-cong",
        "/quan-tri/thuc-dia/phan-cong",
        "/quan-tri/gop-y/phan-cong",
    ),
    "staff.kiosks": ("/quan-tri/thuc-dia/may",),
    "staff.print_forms": ("/quan-tri/thuc-dia/in-phieu",),
    "staff.accounting": ("/quan-tri/thuc-dia/phieu", "/quan-tri/thu-nghiem/phieu"),
    "staff.batch": ("/quan-tri/thuc-dia/phieu/{batch}",),
    "staff.batches": ("/quan-tri/thuc-dia/giao-nhan",),
    "staff.scans": ("/quan-tri/thuc-dia/quet", "/quan-tri/thu-nghiem/quet"),
    "staff.scanned": ("/quan-tri/thuc-dia/quet/{scan}",),
    "staff.keying": ("/quan-tri/thuc-dia/nhap-lieu", "/quan-tri/thu-nghiem/nhap-lieu"),
    "staff.quarantine": ("/quan-tri/thu-nghiem/giu-lai",),
    "staff.patterns": ("/quan-tri/thu-nghiem/dau-hieu",),
    "staff.open_matters": ("/quan-tri/gop-y/viec-mo", "/quan-tri/thu-nghiem/viec-mo"),
    "staff.import_file": ("/quan-tri/thuc-dia/nhap-tep",),
    "staff.review": ("/quan-tri/thuc-dia/ra-soat", "/quan-tri/thu-nghiem/ra-soat?don-vi=06652"),
    "staff.reviewed": ("/quan-tri/thuc-dia/ra-soat/{response}",),
    "staff.effects": ("/quan-tri/thuc-dia/ra-soat/nguoi-hoi-nguoi-nhap",),
    "staff.reinterviews": ("/quan-tri/thuc-dia/phuc-tra", "/quan-tri/thu-nghiem/phuc-tra"),
    "staff.reinterview": ("/quan-tri/thuc-dia/phuc-tra/{serial}",),
    "staff.reinterview_list": ("/quan-tri/thuc-dia/phuc-tra/in",),
    "staff.lots": (
        "/quan-tri/thu-nghiem/lo",
        "/quan-tri/thu-nghiem/lo?nguoi-gui=nhap-lieu-1",
        "/quan-tri/thuc-dia/lo",
    ),
    "staff.lot": ("/quan-tri/thu-nghiem/lo/{lot}", "/quan-tri/thu-nghiem/lo/{lot_aside}"),
    "staff.response_rates": ("/quan-tri/thuc-dia/ty-le",),
    "staff.weights": ("/quan-tri/thu-nghiem/quyen-so",),
}
# Pages that Home Affairs alone may open.
READ_BY_HOME_AFFAIRS = {
    "staff.check_release": ("/quan-tri/gop-y/cong-bo/1/kiem-tra",),
    "staff.rows": ("/quan-tri/thu-nghiem/tung-phieu", "/quan-tri/gop-y/tung-phieu"),
    "staff.codebook": ("/quan-tri/gop-y/bang-ma",),
    "staff.read_remarks": ("/quan-tri/thu-nghiem/loi-gop-y/doc",),
    "staff.remark": ("/quan-tri/thu-nghiem/loi-gop-y/doc/1",),
    "staff.themes": ("/quan-tri/thu-nghiem/loi-gop-y/chu-de",),
    "staff.paraphrases": ("/quan-tri/thu-nghiem/loi-gop-y/tom-tat",),
}
# Steps that the head takes.
READ_BY_HEAD = {
    "staff.approve_release": ("/quan-tri/thu-nghiem/cong-bo/1/duyet",),
    "staff.preview_release": ("/quan-tri/thu-nghiem/cong-bo/1/xem-truoc",),
    "staff.withdraw_release": ("/quan-tri/nam-truoc/cong-bo/1/thu-hoi",),
    "staff.reword_withdrawal": (f"/quan-tri/{ONE}/cong-bo/1/sua-ly-do",),
}
# Whose browser looks at what.
READERS = {"admin": PAGES, "so-noi-vu": READ_BY_HOME_AFFAIRS, "lanh-dao": READ_BY_HEAD}
# Pages that axe doesn't look at, and why.
LEFT_OUT = {
    "staff.table_file": "a file",
    "staff.units_file": "a file",
    "staff.rows_file": "a file",
    "staff.map": "leads to the communes",
    "staff.download": "a file",
    "staff.unit_report": "a file",
    "staff.own_report": "a file",
    "staff.chart": "a file",
    "staff.own_chart": "a file",
    "staff.open_file": "a file",
    "staff.issued_report": "a file",
    "staff.scorecard_file": "a file",
    "staff.year_file": "a file",
    "staff.version_file": "a file",
    "staff.version_drawn": "pages that others look at",
    "staff.draft_drawn": "pages that others look at",
    "staff.draft_file": "a file",
    "staff.translations_file": "a file",
    "staff.draft_recording": "a sound",
    "staff.scan_picture": "a picture",
    "staff.frame_file": "a file",
    "staff.drawn_file": "a file",
    "staff.household_list_file": "a file",
    "staff.poster_file": "a file",
    "staff.printed_forms": "a file",
    "staff.own_unit": "only an account of a commune has it: the test below",
}


def fieldwork(session: Session) -> None:
    """A sample wave whose forms are out: two came back and were keyed, one is on hold in the review."""
    household = questionnaires.find(session, "ho_gia_dinh@1")
    start, end = dates.today() - timedelta(30), dates.today() + timedelta(30)
    wave = waves.create(session, FIELD, household, WaveKind.SAMPLE, start, end, simulated=True)
    for unit in ("06652", "06658"):
        for number in range(1, 5):
            name = f"Thôn {number}"
            psu = f"{unit}-{number}"
            session.add(
                Village(wave=FIELD, psu=psu, unit=unit, stratum=unit, name=name, households=200, adults=600)
            )
    session.flush()
    draws.keep(session, wave, draws.drawn(plans.frame(session, wave), plans.Plan(2, 9, "unit"), "20261125"))
    batches.issue(session, FIELD, again=1.0)
    first = session.scalars(select(Batch).order_by(Batch.code)).first()
    assert first is not None
    first.interviewer, first.handed_over = "Nguyễn Lan", dates.today()
    place = waves.place(session, FIELD, session.get_one(Village, (FIELD, first.psu)).unit)
    sheets = session.scalars(select(Sheet).where(Sheet.batch == first.code).order_by(Sheet.place)).all()
    for sheet, answers in zip(
        sheets, ({"th_dien": 4}, {"th_dien": 5, "nghe_nghiep": 1, "do_tuoi": 1}), strict=False
    ):
        id = uuid4()
        submission.submit(session.connection(), place, id, Mode.PAPER, answers, psu=first.psu)
        sheet.response, sheet.state = id, SheetState.ENTERED
        session.flush()
        session.add(Keying(sheet=sheet.serial, turn=1, keyer="lan", source="person", typed={}, day=dates.today()))
    for sheet in sheets[2:5]:
        sheet.double, typed = True, {"th_dien": "4", "C5": "1"}
        double_entry.finish(session, sheet.serial, 1, "lan", typed)
        double_entry.finish(session, sheet.serial, 2, "minh", typed | {"C5": "2"})
    double_entry.finish(session, sheets[2].serial, 3, "ba", typed)
    double_entry.finish(session, sheets[3].serial, 3, "ba", typed)
    session.add(Assignment(wave=FIELD, account="lan", mode=Mode.PAPER, made=dates.today(), by="ba"))
    sheet_locks.acquire(session, sheets[5].serial, "lan")
    sheets[6].state = SheetState.WAITING
    marks = {"typed": {"C5": "*"}, "confidence": {"C5": 0.0}, "doubtful": {"C5": [0, 60]}}
    _done, picture = cv2.imencode(".jpg", np.full((60, 1260), 230, np.uint8))
    for page in range(1, 5):
        here = marks if page == 2 else {"typed": {}, "confidence": {}, "doubtful": {}}
        session.add(Scan(sheet=sheets[6].serial, page=page, marks=here, picture=picture.tobytes()))
    reviews.decide(session, FIELD, [id], ReviewState.ON_HOLD, "Hỏi lại thôn", "lan")
    household = session.scalars(select(DrawnHousehold.household).where(DrawnHousehold.psu == first.psu)).first()
    assert household is not None
    reinterviews.enter(session, FIELD, sheets[0].serial, household, {"gioi_tinh": 1}, "minh")
    kappa = {"kappa": 0.6, "low": 0.2, "high": 0.8, "equal": 0.8, "equal_low": 0.6, "equal_high": 0.9}
    of_item = kappa | {"item": "gioi_tinh", "weighted": False, "n": 40}
    of_person = kappa | {"domain": "Nguyễn Lan", "forms": 40, "pairs": 40}
    figures = {"chosen": 50, "asked": 45, "forms": 40, "items": [of_item], "interviewers": [of_person]}
    devices.link(session, FIELD, "06652", "Sảnh tầng 1")
    session.add(Agreement(wave="thu-nghiem", made=dates.today(), figures=figures))


def aside(session: Session) -> None:
    """The largest lot of the demo is set aside, and proposed to be taken back."""
    largest = select(Response.lot).where(Response.wave == "thu-nghiem").group_by(Response.lot)
    number = session.scalars(largest.order_by(func.count().desc(), Response.lot)).first()
    assert number is not None
    lot_steps.propose(session, "thu-nghiem", number, True, "Ba hộ kể rằng không ai đến hỏi.", "lan")
    lot_steps.confirm(session, "thu-nghiem", number, "Trần Thị Minh")
    lot_steps.propose(session, "thu-nghiem", number, False, "Phúc tra 12 hộ: khớp cả.", "so-noi-vu")


def edges(session: Session) -> None:
    """What lies at the edges: a wave with nothing, one of a single commune, names as long as they may be."""
    household = questionnaires.find(session, "ho_gia_dinh@1")
    start, end = dates.today() - timedelta(30), dates.today() + timedelta(30)
    waves.create(session, EMPTY, household, WaveKind.SAMPLE, start, end, simulated=True)
    waves.create(session, ONE, household, WaveKind.SAMPLE, start, end, simulated=True)
    for number in range(1, 4):
        name = f"Khu phố {number} và các cụm dân cư ven biển, ven đường quốc lộ, sau chợ và quanh bến tàu cũ"
        psu = f"{number:02}" + "-khu-pho-rat-dai-" * 3
        session.add(
            Village(wave=ONE, psu=psu, unit="06652", stratum="06652", name=name, households=200, adults=600)
        )
    session.flush()
    place = waves.place(session, ONE, "06652")
    for number in range(12):
        answers = {
            "th_dien": 1 + number % 5,
            "C5": 1 + (number == 0),
            "C10_khac": "Mong sớm sửa đường" + " dài" * 60,
        }
        psu = f"{1 + number % 3:02}" + "-khu-pho-rat-dai-" * 3
        submission.submit(session.connection(), place, uuid4(), Mode.PAPER, answers, psu=psu)
    devices.link(session, "gop-y", "06652", "Sảnh tầng 1 trụ sở tiếp công dân, cạnh quầy hồ sơ đất đai " * 2)


def steps(session: Session) -> None:
    """A release that waits to be checked, one that waits to be approved, and one that was withdrawn."""
    for wave in ("gop-y", ONE, "thu-nghiem"):
        one = releases.freeze(session, waves.find(session, wave), "so-noi-vu")
        if wave != "gop-y":
            release_steps.check(one, "so-noi-vu")
        if wave == ONE:
            releases.approve(session, one, "lanh-dao")
            releases.withdraw(session, one, "Sai quyền số của một xã", "lanh-dao")


def year(session: Session) -> None:
    """The examples of a year: its plan, what was done, points and published figures, with the demo's wave as the
    survey of 2025 and 2026."""
    units.load(session, (EXAMPLES / "offices.csv").read_text(encoding="utf-8"))
    for name in ("par_tinh", "papi_tinh"):
        scorecards.publish(session, scorecard.load(EXAMPLES / f"{name}.yaml"), dates.today())
    for kind in ("official", "self", "assessed"):
        scores.load(session, EXAMPLES / f"{kind}_2024.csv", 2024, "par_tinh@1", kind, kind)
    for number in (2025, 2026):
        year_waves.name(session, number, "survey", demo.SAMPLE)
    published.load(session, EXAMPLES / "published_2024.csv")
    duties.load(session, 2025, EXAMPLES / "plan.csv", "admin")
    duties.load_progress(session, 2025, EXAMPLES / "progress.csv", "admin")
    said(session)


def said(session: Session) -> None:
    """Cases of a commune, published: one answered, one overdue, one passed on and overdue; and one since."""
    offers = case_steps.offers(session, waves.find(session, "thu-nghiem"))
    theme = next(one.line.code for one in offers if one.unit == "06652")
    made = []
    for number, days in enumerate((5, -6, -2, 9)):
        deadline = (dates.today() + timedelta(days)).isoformat()
        cells = {"wave": "thu-nghiem", "unit": "06652", "theme": theme, "office": "06652", "head": "Chủ tịch"}
        words = f"Nhiều người phải chờ lâu ở quầy số {number}, mong biết bao giờ đến lượt mình."
        if number == 3:
            case_steps.publish(session, cases.quarter_of(dates.today()), "ba")
        made.append(case_steps.open_case(session, cells | {"words": words, "deadline": deadline}, "admin"))
        if number in (0, 2):
            reply = {
                "case": str(made[-1].id),
                "outcome": "done",
                "words": "Đã mở thêm một quầy.",
                "office": "",
                "head": "",
            }
            passed = {"outcome": "passed", "office": "SKHCN", "head": "Giám đốc Sở"}
            case_steps.answer(session, reply | (passed if number else {}), "lan")


def workshop(session: Session) -> None:
    """A draft with a changed question, a mistake, and a word of somebody who tried it."""
    base = questionnaires.find(session, "noi_phuc_vu@2")
    draft = drafts.begin(session, "so-noi-vu", drafts.renewed(session, base), base)
    written = drafts.present(session, draft)
    for code, words in (("tiep_xuc", "Ông/Bà có gặp công chức không?"), ("hl_cho", "")):
        found = edits.find(written, code)
        assert found is not None
        found[1]["label"]["vi"] = words
    written["title"]["vi"] = "Khảo sát lãnh đạo, quản lý về cải cách hành chính nhà nước"  # a list has to bear it
    drafts.save(session, draft, "so-noi-vu", "tiep_xuc", written)
    drafts.note(session, draft, "tiep_xuc", "", "Gặp ở đâu?", None)
    draft.edited_at = 0  # nobody is at it now


def places(database: Database) -> dict[str, str]:
    """What the addresses of `PAGES` name, of the wave of the fieldwork."""
    with database.reading() as session:
        sheet = session.scalars(select(Sheet).where(Sheet.response.is_not(None)).order_by(Sheet.serial)).first()
        open_one = session.scalars(select(Sheet).where(Sheet.response.is_(None)).order_by(Sheet.serial)).first()
        assert sheet is not None
        assert open_one is not None
        scan = session.scalars(select(Scan.sheet)).first()
        one_lot = session.scalars(select(Lot.number).where(Lot.wave == "thu-nghiem").order_by(Lot.number)).first()
        return {
            "batch": sheet.batch,
            "response": str(sheet.response),
            "serial": open_one.serial,
            "now": str(dates.today().year),
            "quarter": cases.quarter_of(dates.today()),
            "scan": str(scan),
            "lot": str(one_lot),
            "lot_aside": str(session.scalars(select(LotStep.lot)).first()),
        }


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, account: Callable[..., None]) -> Path:
    path: Path = tmp_path_factory.mktemp("staff") / "hailong.db"
    made = Database(f"sqlite:///{path}")
    prepare(made)
    with made.writing() as session:
        demo.make(session, seed=77)
        fieldwork(session)
        aside(session)
        edges(session)
        steps(session)
        year(session)
        workshop(session)
        account(session, "admin", Role.ADMIN)
        account(session, "nguyen-thi-thanh-huyen." * 3, Role.KEYER)
        account(session, "so-noi-vu", Role.HOME_AFFAIRS)
        account(session, "lanh-dao", Role.HEAD)
        link = PasswordLink(account="so-noi-vu", digest=passwords.digest(CODE), until=dates.today())
        session.add(link)
    made.engine.dispose()
    return path


@pytest.fixture
def province(template: Path, tmp_path: Path) -> Iterator[Database]:
    """The demo's province instead of the empty one: the application and the live server stand on it."""
    made = Database(f"sqlite:///{shutil.copy(template, tmp_path / 'hailong.db')}")
    yield made
    made.engine.dispose()


@pytest.fixture
def opened(
    browser: Browser, live_server: str, app: Flask, bring_in: Callable[[BrowserContext, Flask, str], None]
) -> Iterator[Callable[..., Page]]:
    """Opens a signed-in page; what the policy refuses and what a script throws fails the test."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_page(width: int = 1280, language: str = "vi", name: str = "admin", **more: Any) -> Page:
        height = 640 if width < 700 else 800
        context = browser.new_context(base_url=live_server, viewport={"width": width, "height": height}, **more)
        contexts.append(context)
        bring_in(context, app, name)
        context.add_cookies([{"name": "lang", "value": language, "domain": "127.0.0.1", "path": "/"}])
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


SCREENS = [(1280, "vi", "light"), (360, "en", "dark"), (360, "vi", "light"), (1280, "en", "dark")]


@pytest.mark.parametrize("turns", [1, pytest.param(len(SCREENS), marks=pytest.mark.soak)])
def test_axe_finds_nothing_and_nothing_runs_off_the_page(
    opened: Callable[..., Page], province: Database, turns: int
) -> None:
    """Each page at one width, in one language, light or dark, in turn; at length at all, in each of its states.
    Its main control and its rows are seen, too."""
    there = places(province)
    found: dict[tuple[object, ...], list[object]] = {}
    for name, pages in READERS.items():
        screens = [(*screen, opened(screen[0], screen[1], name, color_scheme=screen[2])) for screen in SCREENS]
        shown = [one.format(**there) for own in pages.values() for one in (own[:1] if turns == 1 else own)]
        for place, address in enumerate(shown):
            for turn in range(turns):
                *screen, page = screens[(place + turn) % len(SCREENS)]
                answer = page.goto(address)
                assert answer is not None
                faults: list[object] = [*violations(page)]
                if answer.status != 200:
                    faults.append(answer.status)
                faults += page.evaluate(LOOK)
                if faults:
                    found[address, *screen] = faults
    assert found == {}


STATES = (
    "thu-nghiem",
    "nam-truoc",
    "gop-y",
    FIELD,
    EMPTY,
    ONE,
)  # draft, closed and released, open, in the field …
# Pages of others than the staff's that are left out: what they are, or which test looks at them.
NOT_LOOKED_AT = {
    "duties.my_case": "an office's: the test of its work",
    "duties.my_duty": "an office's: the test of its work",
    "duties.my_work": "an office's: the test of its work",
    "choose_password.choose": "needs a code that was issued: test_password_links.py",
    "keying.printed": "needs a serial: tests/survey/web/keying/test_form.py",
    "keying.settle": "needs a serial: tests/survey/web/keying/test_settling.py",
    "interviewer.interview": "a tablet's: test_interviewer.py",
    "interviewer.token": "no page",
    "interviewer.worker": "a script",
    "kiosk.bind": "a device's: test_kiosk.py",
    "kiosk.manifest": "no page",
    "kiosk.shell": "a device's: test_kiosk.py",
    "kiosk.start": "a device's: test_kiosk.py",
    "kiosk.worker": "a script",
    "respondent.letter_worker": "a script",
    "respondent.worker": "a script",
    "metrics": "no page",
    "passkeys.to_add": "no page",
    "passkeys.to_sign": "no page",
    "public.digests_file": "a text",
    "public.results_file": "a file",
    "respondent.forget": "no page",
    "respondent.invited": "needs a code that was issued: test_invitation_pages.py",
    "respondent.leave": "leads away",
    "respondent.receipt": "needs an answer: test_receipts.py",
    "respondent.recording": "a sound",
    "trial.heard": "a sound",
    "respondent.scanned": "needs a code that was issued: test_invitation_pages.py",
    "single_sign_on.back": "leads on",
    "single_sign_on.begin": "leads on",
    "single_sign_on.leave": "leads on",
    "single_sign_on.link": "needs a provider: people/test_single_sign_on.py",
    "single_sign_on.said": "needs a provider: people/test_single_sign_on.py",
    "sign_in.code": "half signed in: people/test_second_factors.py",
    "static": "files",
    "trial.trial": "needs a link that was made: tests/survey/web/test_trial.py",
    "trial.tried": "needs a link that was made: tests/survey/web/test_trial.py",
}
# Forms that are sent as they are, or with what can't be: each page with its errors.
WRONG = (
    "/quan-tri/dot-moi",
    "/quan-tri/nguoi-dung",
    "/quan-tri/gop-y/may",
    "/quan-tri/thuc-dia/nhap-tep",
    "/quan-tri/thuc-dia/mau/ke-hoach",
    "/quan-tri/thuc-dia/phuc-tra/{serial}",
    "/quan-tri/nhat-ky",
    "/doi-mat-khau",
)


def addresses(app: Flask, wave: str) -> dict[str, str]:
    """Every page whose address takes no more than a wave and a commune, by endpoint."""
    bound = app.url_map.bind("localhost")
    given = {"wave": wave, "unit": "06652"}
    return {
        rule.endpoint: bound.build(rule.endpoint, {name: given[name] for name in rule.arguments})
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.arguments <= {*given} and not rule.endpoint.startswith("api.")
        if rule.endpoint not in {**LEFT_OUT, **NOT_LOOKED_AT}
    }


def looked_at(page: Page, address: str) -> list[str]:
    """What is wrong with how a page looks. A refusal is a page too."""
    answer = page.goto(address)
    assert answer is not None
    found: list[str] = page.evaluate(LOOK)
    return found if answer.status < 500 else [*found, str(answer.status)]


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_every_page_shows_its_main_control_and_its_rows_in_every_state(
    browser: Browser,
    live_server: str,
    app: Flask,
    province: Database,
    bring_in: Callable[[BrowserContext, Flask, str], None],
    whole: bool,
) -> None:
    """Each page in the state of one of the waves, so that each state has a sixth of the pages, at one width and in
    one language each, in turn; at length, all."""
    there = places(province)
    found: dict[tuple[object, ...], list[str]] = {}
    faults: list[str] = []
    screens = [(width, language) for width in (1280, 360) for language in ("vi", "en")]
    pages = {}
    for width, language in screens:
        size: Any = {"width": width, "height": 800 if width > 700 else 640}
        context = browser.new_context(base_url=live_server, viewport=size)
        bring_in(context, app, "admin")
        context.add_cookies([{"name": "lang", "value": language, "domain": "127.0.0.1", "path": "/"}])
        pages[width, language] = page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
    walked = [
        address
        for turn, wave in enumerate(STATES)
        for place, address in enumerate(addresses(app, wave).values())
        if whole or (place + turn) % len(STATES) == 0
    ]
    walked += [one.format(**there) for own in PAGES.values() for one in own] if whole else []
    for place, address in enumerate(dict.fromkeys(walked)):
        for screen in screens if whole else [screens[place % 4]]:
            if wrong := looked_at(pages[screen], address):
                found[address, *screen] = wrong
    for place, address in enumerate(one.format(**there) for one in WRONG):
        for screen in screens if whole else [screens[place % 4]]:
            page = pages[screen]
            page.goto(address)
            page.evaluate("for (const form of document.forms) form.noValidate = true")
            with page.expect_navigation():
                page.locator("main form .button").first.click()
            if wrong := page.evaluate(LOOK):
                found["errors", address, *screen] = wrong
    for page in pages.values():
        page.context.close()
    assert found == {}
    assert faults == []


def test_nothing_of_the_plan_lies_over_what_stands_beside_it(opened: Callable[..., Page]) -> None:
    for width in (1000, 1201):
        assert looked_at(opened(width), "/quan-tri/nam/2025/ke-hoach") == []


def test_communes_above_and_below_are_among_what_is_looked_at(
    app: Flask, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    page = sign_in(app, "admin").get("/quan-tri/thu-nghiem/don-vi").text
    assert {"above", "below"} <= set(re.findall(r'<tr role="row" class="(\w+)"', page))


def test_every_page_is_looked_at(app: Flask) -> None:
    """A page whose address takes more than a wave and a commune is entered by hand, or left out with a reason."""
    pages = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.endpoint.startswith("api.")
    }
    seen = {*addresses(app, FIELD), *PAGES, *READ_BY_HOME_AFFAIRS, *READ_BY_HEAD, *LEFT_OUT, *NOT_LOOKED_AT}
    assert pages - seen == set()
    assert seen - pages == set()


def test_axe_finds_nothing_on_what_a_commune_sees_of_itself(
    opened: Callable[..., Page], province: Database, account: Callable[..., None]
) -> None:
    with province.writing() as session:
        account(session, "ha-tu", Role.COMMUNE, "06652")
    page = opened(360, name="ha-tu")
    for released in (False, True):
        if released:
            with province.writing() as session:
                made = releases.freeze(session, waves.find(session, "thu-nghiem"), "Lan")
                release_steps.check(made, "Lan")
                releases.approve(session, made, "Minh")
        page.goto("/quan-tri/thu-nghiem/xa-minh")
        expect(page.locator("h1")).to_contain_text("Hà Tu" if released else "công bố")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert violations(page) == []


def test_axe_finds_nothing_on_an_offices_work_and_on_what_everybody_sees_of_it(
    opened: Callable[..., Page], province: Database, account: Callable[..., None]
) -> None:
    with province.writing() as session:
        account(session, "khcn", Role.OFFICE, "SKHCN")
        account(session, "cao-xanh", Role.OFFICE, "06658")
        [case] = [line.case for line in cases.lines(session, office="SKHCN")]
    work = ("/viec", "/viec/2025/NV-02", "/viec/2025/MT-7.2", "/viec/2025/MT-PAPI-8", f"/viec/dieu/{case}")
    public = ("/y-kien", "/y-kien/06652", "/y-kien/SKHCN?lang=en", "/y-kien?q=ha", "/y-kien/06673", "/ket-qua")
    for width, name, addresses in (
        (360, "khcn", work),
        (1280, "khcn", (*work, *public)),
        (360, "cao-xanh", ("/viec", *public)),
    ):
        page = opened(width, name=name)
        for address in addresses:
            assert looked_at(page, address) == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert violations(page) == [], address


def test_axe_finds_nothing_on_the_letter_and_it_is_printed_on_one_sheet(opened: Callable[..., Page]) -> None:
    page = opened(360)
    page.goto("/quan-tri/nguoi-dung/so-noi-vu")
    page.get_by_role("button", name="Cấp đường dẫn đặt mật khẩu mới").click()
    expect(page.get_by_role("status")).to_have_text(
        "Mật khẩu và các phiên đăng nhập của so-noi-vu không còn hiệu lực."
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    code = page.locator(".staff-password").inner_text()
    (sheet,) = pdfium.PdfDocument(page.pdf(prefer_css_page_size=True))
    printed = sheet.get_textpage().get_text_range()
    assert f"/mat-khau/{code}" in printed
    assert "so-noi-vu" in printed
    assert "không còn hiệu lực" not in printed  # what the administrator alone reads


def test_axe_finds_nothing_on_the_link_of_a_kiosk_and_it_is_printed_on_one_sheet(
    opened: Callable[..., Page], app: Flask
) -> None:
    app.config["BASE_URL"] = "https://hailong.quangninh.gov.vn"
    page = opened(360)
    page.goto("/quan-tri/gop-y/may")
    page.select_option("#unit", "06652")
    page.fill("#place", "Sảnh tầng 1")
    page.get_by_role("button", name="Tạo đường dẫn").click()
    expect(page.locator("h1")).to_have_text("Đường dẫn gắn máy lấy ý kiến")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    (sheet,) = pdfium.PdfDocument(page.pdf(prefer_css_page_size=True))
    (code,) = zxingcpp.read_barcodes(sheet.render(scale=2, grayscale=True).to_numpy().squeeze())
    assert code.text.startswith("https://hailong.quangninh.gov.vn/kiosk/bind/")


def test_axe_looks_at_every_page_of_the_staff(app: Flask, province: Database) -> None:
    """A new page is entered in `PAGES`, or in `LEFT_OUT` with a reason; what is entered is a page."""
    pages = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("staff.") and "GET" in (rule.methods or ())
    }
    seen = {**PAGES, **READ_BY_HOME_AFFAIRS, **READ_BY_HEAD}
    assert pages <= {*seen, *LEFT_OUT}
    assert not {*seen} & {*LEFT_OUT}
    assert {*LEFT_OUT} <= {*app.view_functions}
    there, addresses = places(province), app.url_map.bind("localhost")
    for endpoint, own in seen.items():
        named = {addresses.match(one.format(**there).partition("?")[0])[0] for one in own}
        assert named == {endpoint}


def test_remarks_are_coded_by_keys_alone_and_without_a_script(opened: Callable[..., Page]) -> None:
    page = opened(name="so-noi-vu")
    page.goto("/quan-tri/thu-nghiem/loi-gop-y/doc")
    here = page.url
    expect(page.locator("[name=chu-de]").first).to_be_focused()
    for key in ("2", "0", "2", "Enter"):
        page.keyboard.press(key)
    expect(page).not_to_have_url(here)
    page.wait_for_load_state()  # a key that comes before the script is nobody's
    expect(page.locator("[name=chu-de]").first).to_be_focused()
    there = page.url
    page.keyboard.press("ArrowLeft")
    expect(page).not_to_have_url(there)
    page.goto(here)
    assert [box.get_attribute("value") for box in page.locator("input:checked").all()] == ["khong_ro"]
    page = opened(name="so-noi-vu", java_script_enabled=False)
    page.goto("/quan-tri/thu-nghiem/loi-gop-y/doc")
    here = page.url
    page.get_by_label("Khen ngợi").check()
    page.get_by_role("button", name="Lưu, sang lời tiếp").click()
    assert page.url != here


def test_how_a_figure_is_computed_opens_beside_the_page_and_closes(opened: Callable[..., Page]) -> None:
    page = opened()
    page.goto("/quan-tri/thu-nghiem/")
    link = page.locator(".key a.staff-how")
    link.click()
    panel = page.get_by_role("dialog")
    expect(panel).to_contain_text("Quyền số")
    expect(panel.get_by_role("link", name="Đóng")).to_be_focused()
    assert page.url.endswith("/quan-tri/thu-nghiem/")
    box = panel.bounding_box()
    assert box is not None
    assert (round(box["x"] + box["width"]), round(box["width"])) == (1280, 460)
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(link).to_be_focused()
    link.press("Enter")
    expect(panel).to_be_visible()
    panel.get_by_role("link", name="Đóng").click()
    expect(panel).to_be_hidden()


def test_without_a_script_the_same_links_are_pages(opened: Callable[..., Page]) -> None:
    page = opened(java_script_enabled=False)
    page.goto("/quan-tri/thu-nghiem/don-vi")
    page.click("thead >> text=Xã, phường, đặc khu")
    expect(page.locator("tbody th a").first).to_have_text("An Sinh")
    page.fill("#tim", "ha tu")
    page.click("text=Tìm")
    expect(page.locator("tbody th a")).to_have_count(1)
    expect(page.locator("[aria-sort]")).to_have_accessible_name("Xã, phường, đặc khu ↑")
    page.click("tbody th a")
    expect(page.locator("h1")).to_contain_text("Phường Hà Tu: ")
    page.click(".staff-columns a.staff-how")
    expect(page.locator("h1")).to_contain_text("phường Hà Tu")
    page.click("text=Đóng")
    expect(page.locator("h1")).to_contain_text("Phường Hà Tu: ")


def test_the_plot_lies_where_its_numbers_say(opened: Callable[..., Page]) -> None:
    """The drawing against the table: a row's dot stands between the grid lines that enclose its number."""
    page = opened()
    page.goto("/quan-tri/thu-nghiem/don-vi")
    ticks = {
        float(tick.text_content() or ""): tick.evaluate(
            "e => e.getBoundingClientRect().x + e.getBoundingClientRect().width / 2"
        )
        for tick in page.locator("thead .plot-tick").all()
    }
    least, most = min(ticks), max(ticks)
    a_point = (ticks[most] - ticks[least]) / (most - least)
    rows = page.locator("tbody tr:has(.figure)").all()
    for row in (rows[0], rows[26], rows[53]):
        value = float(row.locator(".figure").inner_text().strip("%*†‡§ \n").replace(",", "."))
        place = row.locator(".plot-cell circle").evaluate(
            "e => e.getBoundingClientRect().x + e.getBoundingClientRect().width / 2"
        )
        assert place == pytest.approx(ticks[least] + a_point * (value - least), abs=1.5)


def test_printed_there_is_neither_menu_nor_button_and_the_heads_repeat(opened: Callable[..., Page]) -> None:
    page = opened(color_scheme="dark")
    page.goto("/quan-tri/thu-nghiem/don-vi")
    page.emulate_media(media="print")
    expect(page.locator(".staff-bar")).to_be_hidden()
    for controls in page.locator(".staff-controls").all():
        expect(controls).to_be_hidden()
    expect(page.locator(".staff-foot")).to_be_visible()
    assert page.locator("body").evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("thead").evaluate("e => getComputedStyle(e).display") == "table-header-group"


def test_the_list_of_those_who_are_asked_again_fits_on_a_sheet(opened: Callable[..., Page]) -> None:
    """What runs off the sheet is lost, and nobody can scroll it: 186 mm lie between the margins."""
    page = opened(width=703)
    page.goto(f"/quan-tri/{FIELD}/phuc-tra/in")
    page.emulate_media(media="print")
    expect(page.locator(".fill-in thead .cell")).to_have_count(10)
    assert page.locator(".staff-sideways").evaluate("e => e.scrollWidth <= e.clientWidth")
