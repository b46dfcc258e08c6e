"""Pages of a scorecard: documents published, criteria scored by four eyes, and nothing unknown added up."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from forms import scorecard
from survey.storage.database import Database
from survey.storage.models import Role, Score
from survey.system import dates
from survey.waves import units, waves
from survey.year import scorecards, scores

SignIn = Callable[[Flask, str], FlaskClient]
EXAMPLES = Path(__file__).parents[5] / "docs/examples/nam"
BAD = Path(__file__).parents[3] / "year/bad"
HERE = "/quan-tri/nam/2024/bang-diem"
PROOF = "214/BC-SKHCN 28/10/2026 Dịch vụ công\n1187/QĐ-UBND 4/9/2026"


def plain(page: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def sent(client: FlaskClient, address: str, at: str = "", **fields: Any) -> Any:
    """What a form of the page `at` gives when it is sent to an address."""
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(at or address).text)
    assert token is not None
    return client.post(address, data={"csrf_token": token[1], **fields})


def file(path: Path) -> tuple[io.BytesIO, str]:
    return io.BytesIO(path.read_bytes()), path.name


@pytest.fixture
def province(province: Database, account: Callable[..., None]) -> Database:
    with province.writing() as session:
        units.load(session, (EXAMPLES / "offices.csv").read_text(encoding="utf-8"))
        account(session, "so-khcn", Role.HOME_AFFAIRS)
    return province


@pytest.fixture
def known(province: Database) -> Database:
    """With the document and the four criteria of the province's report."""
    with province.writing() as session:
        scorecards.publish(session, scorecard.load(EXAMPLES / "par_tinh.yaml"), dates.today())
        for kind in ("official", "self"):
            scores.load(session, EXAMPLES / f"{kind}_2024.csv", 2024, "par_tinh@1", kind, kind)
    return province


def test_a_clerk_publishes_a_document_and_scores_four_criteria_with_proof(
    app: Flask, sign_in: SignIn, province: Database
) -> None:
    clerk = sign_in(app, "home_affairs")
    assert "Còn thiếu: các tiêu chí và điểm tối đa." in plain(clerk.get(f"{HERE}/").text)
    wrong = sent(
        clerk, f"{HERE}/bo-tieu-chi", f"{HERE}/", file=file(BAD / "bad_scorecard_code_without_quotes.yaml")
    )
    assert wrong.status_code == 422
    assert "bad_scorecard_code_without_quotes.yaml:45, parts/7/parts/1/code" in plain(wrong.text)
    assert sent(clerk, f"{HERE}/bo-tieu-chi", f"{HERE}/", file=file(EXAMPLES / "par_tinh.yaml")).status_code == 303
    assert "Chưa chấm tiêu chí nào của năm 2024" in plain(clerk.get(f"{HERE}/par_tinh").text)
    for part, points in (("6.1", "0,9"), ("6.2", "0,9"), ("7.1", "3,2")):
        answer = sent(clerk, f"{HERE}/par_tinh/{part}", value=points, evidence=PROOF)
        assert answer.status_code == 303, plain(answer.text)
    empty = sent(clerk, f"{HERE}/par_tinh/7.2", value="4")
    assert (empty.status_code, "Ghi văn bản kiểm chứng" in plain(empty.text)) == (422, True)
    assert sent(clerk, f"{HERE}/par_tinh/7.2", value="4", explanation="Chưa có số liệu.").status_code == 303
    page = plain(clerk.get(f"{HERE}/par_tinh").text)
    assert "4 tiêu chí đã mất 3,50 điểm" in page
    with province.reading() as session:
        first = session.scalars(select(Score).order_by(Score.id)).first()
        assert first is not None
        assert first.evidence == "214/BC-SKHCN 2026-10-28 Dịch vụ công; 1187/QĐ-UBND 2026-09-04"
        assert first.by == "home_affairs"


def test_the_page_tells_what_was_lost_and_adds_nothing_up_while_a_maximum_is_unknown(
    app: Flask, sign_in: SignIn, known: Database
) -> None:
    page = plain(sign_in(app, "home_affairs").get(f"{HERE}/par_tinh").text)
    assert "4 tiêu chí đã mất 5,46 điểm" in page
    for value in ("2,57", "4,43", "0,63", "0,23", "0,17"):
        assert value in page
    assert page.index("7.2 Phát triển") < page.index("7.1 Phát triển") < page.index("6.2 Thực hiện")
    assert "chưa cộng tổng: chưa biết hết điểm tối đa" in page
    assert "1, 2, 3, 4, 5, 8; phần còn lại của 6, 7" in page
    assert "cộng lại" not in page


def test_who_scored_a_criterion_is_told_that_somebody_else_appraises_it(
    app: Flask, sign_in: SignIn, known: Database
) -> None:
    own, other = sign_in(app, "home_affairs"), sign_in(app, "so-khcn")
    address = f"{HERE}/par_tinh/7.2"
    assert sent(own, f"{address}?loai=self", value="4,5", evidence=PROOF).status_code == 303
    page = own.get(f"{address}?loai=assessed").text
    assert "Người khác thẩm định" in plain(page)
    assert 'name="value"' not in page
    refused = sent(own, f"{address}?loai=assessed", f"{address}?loai=self", value="4", explanation="Đúng.")
    assert (refused.status_code, "Người khác thẩm định" in plain(refused.text)) == (422, True)
    without = sent(other, f"{address}?loai=assessed", value="3,5", evidence=PROOF)
    assert (without.status_code, "vì sao khác điểm tự chấm" in plain(without.text)) == (422, True)
    assert sent(other, f"{address}?loai=assessed", value="3,5", explanation="Chưa đủ số liệu.").status_code == 303
    page = plain(other.get(address).text)
    assert "Thẩm định 3,50" in page
    # Every score that was ever given stands in the history.
    assert "Tự chấm 4,00" in page
    assert "Tự chấm 4,50" in page
    assert "Người khác tự chấm" in plain(other.get(f"{address}?loai=self").text)


def test_a_file_of_scores_is_stored_whole_or_not_at_all(app: Flask, sign_in: SignIn, known: Database) -> None:
    clerk, address = sign_in(app, "home_affairs"), f"{HERE}/par_tinh"
    bad = file(BAD / "bad_official_above_max.csv")
    refused = sent(clerk, f"{address}/tep", address, kind="official", file=bad)
    assert (refused.status_code, "4, cột value" in plain(refused.text)) == (422, True)
    good = file(EXAMPLES / "assessed_2024.csv")
    assert sent(clerk, f"{address}/tep", address, kind="assessed", file=good).status_code == 303
    with known.reading() as session:
        assert session.scalar(select(func.count()).select_from(Score)) == 10
    table = clerk.get(f"{address}/bang.csv")
    assert table.text.startswith("\ufeffunit,part,level,label")
    assert "2.57,official,4.43" in table.text


def test_what_is_not_there_is_told(app: Flask, sign_in: SignIn, known: Database) -> None:
    clerk = sign_in(app, "home_affairs")
    for address in (f"{HERE}/khong_co", f"{HERE}/par_tinh/9.9", "/quan-tri/nam/1066/bang-diem/"):
        assert clerk.get(address).status_code == 404
    page = clerk.get(f"{HERE}/par_tinh/1").text
    assert "chưa biết điểm tối đa" in plain(page)
    assert 'name="value"' not in page


def test_a_document_of_communes_is_opened_by_commune_in_the_order_of_names(
    app: Flask, sign_in: SignIn, known: Database
) -> None:
    with known.writing() as session:
        document = scorecard.load(EXAMPLES / "par_tinh.yaml").document | {"code": "bo_xa", "rates": "commune"}
        scorecards.publish(session, scorecard.parse(document), dates.today())
    clerk = sign_in(app, "home_affairs")
    answer = clerk.get(f"{HERE}/bo_xa")
    assert (answer.status_code, answer.location.endswith("/bang-diem/#bo_xa")) == (303, True)
    address = f"{HERE}/bo_xa/7.2?don-vi=06652"
    assert sent(clerk, address, value="5", evidence=PROOF).status_code == 303
    assert "1 tiêu chí đã mất 2,00 điểm" in plain(clerk.get(f"{HERE}/bo_xa?don-vi=06652").text)
    assert "Chưa chấm tiêu chí nào" in plain(clerk.get(f"{HERE}/bo_xa?don-vi=06658").text)
    listed = plain(clerk.get(f"{HERE}/").text)
    assert listed.index("Phường Bãi Cháy") < listed.index("Phường Cao Xanh") < listed.index("Phường Hà Tu")


def test_measured_points_stand_apart_with_interval_and_caution(
    made_up: Flask, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scorecards, "newest", lambda _session, _code: scorecard.load(EXAMPLES / "papi_tinh.yaml"))
    monkeypatch.setattr(
        "survey.year.year_waves.find",
        lambda session, _year, role: (
            next(wave for wave in waves.list_all(session) if wave.kind.value == "sample")
            if role == "survey"
            else None
        ),
    )
    page = sign_in(made_up, "home_affairs").get("/quan-tri/nam/2026/bang-diem/papi_tinh").text
    assert "3 mục được tính từ khảo sát" in plain(page)
    rows = re.findall(r"<tr.*?</tr>", page, re.DOTALL)
    measured = [plain(row) for row in rows if "staff-measured" in row]
    assert len(measured) == 3
    assert all(re.search(r"từ \d,\d\d đến \d,\d\d", row) and "không phải PAPI" in row for row in measured)
    assert all("dữ liệu mô phỏng" in row for row in measured)
    assert not any("staff-published" in row for row in rows)
