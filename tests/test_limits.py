"""The tables of limits in docs/gioi-han.md say what the code keeps to."""

from __future__ import annotations

import re
from pathlib import Path

from forms import document
from survey.accounts import accounts, password_links, sign_ins
from survey.data_files import column_mapping
from survey.data_files.xlsform import sheets
from survey.fieldwork import invitations, reviews
from survey.paper import scan_images
from survey.remarks import paraphrases, themes
from survey.reports import word_template
from survey.responses import devices, sealed_responses
from survey.results import commune_boundaries, commune_tiles
from survey.storage.models import Account
from survey.system import settings, xlsx_table
from survey.waves import waves
from survey.web import app
from survey.web.api import taking
from survey.web.server import admission, rate_limit
from survey.web.sign_in import lockout
from survey.web.staff import pages
from survey.web.staff.fieldwork import assignments
from survey.workshop import recordings
from translations import unicode

ROOT = Path(__file__).resolve().parent.parent
SAID = (
    (ROOT / "docs" / "gioi-han.md").read_text(encoding="utf-8").partition("\n## Giới hạn")[2].partition("\n## ")[0]
)
MB = 1_000_000
LIMITS = {endpoint: page.max_upload or 0 for endpoint, page in pages.declared.items()}
FILES = {
    "phiếu đã nhập nơi khác": min(LIMITS["staff.import_file"], column_mapping.LARGEST),
    "khung mẫu": LIMITS["staff.import_frame"],
    "bộ phiếu": LIMITS["staff.draft_from_file"],
    "bản dịch của bộ phiếu": LIMITS["staff.take_translations"],
    "bản ghi âm": LIMITS["staff.send_recordings"],
    "số liệu đã công bố": LIMITS["staff.import_published"],
    "kế hoạch của năm, tiến độ": min(LIMITS["staff.import_plan"], LIMITS["staff.import_progress"]),
    "phản hồi của người dân, lời trả lời": min(LIMITS["staff.import_cases"], LIMITS["staff.import_replies"]),
    "điểm theo bộ tiêu chí": LIMITS["staff.import_scores"],
    "bộ tiêu chí": min(LIMITS["staff.publish_scorecard"], document.MOST_BYTES),
    "số giao dịch của Một cửa": LIMITS["staff.import_counts"],
    "tổng dân số": LIMITS["staff.weights"],
    "bản quét": LIMITS["staff.scans"],
    "mẫu báo cáo Word": word_template.LARGEST,
    "ranh giới xã": commune_boundaries.LARGEST,
    "ô theo vị trí": commune_tiles.LARGEST,
}


def number(value: float) -> str:
    return f"{value:,.0f}".replace(",", ".")


def test_each_kind_of_file_has_its_bound_in_the_table() -> None:
    rows = dict(re.findall(r"^\| (.+?) \| .+? \| (\d+) MB \|$", SAID, re.M))
    assert len(rows) == len(FILES)
    for name, most in FILES.items():
        [said] = [size for label, size in rows.items() if label.startswith(name)]
        assert int(said) * MB == most, name
    assert len([most for most in LIMITS.values() if most > MB]) == 13  # one more needs a row
    unpacked = f"{xlsx_table.LARGEST // MB} MB và {number(xlsx_table.MOST_ROWS)} dòng"
    assert f"{unpacked}, tệp Word {word_template.LARGEST_UNPACKED // MB} MB" in SAID
    assert (
        f"{scan_images.MOST_PIXELS // MB} triệu điểm ảnh, một tệp {number(scan_images.MOST_PAGES)} trang" in SAID
    )
    assert scan_images.KINDS in SAID
    assert f"nhiều nhất {number(sheets.MOST_ROWS)} dòng | 2 MB" in SAID
    assert f"mỗi bản {recordings.LARGEST // MB} MB, cả bộ phiếu {recordings.LARGEST_ALL // MB} MB | 20 MB" in SAID


def test_each_limit_of_the_table_is_the_one_that_the_code_keeps_to() -> None:
    said = [
        cells.split(" | ")[1] for cells in re.findall(r"^\| (.+) \|$", SAID.partition("| điều gửi đến")[2], re.M)
    ]
    assert said == [
        f"{app.LARGEST_BODY // 1000} KB, {number(app.MOST_FIELDS)} ô",
        f"{min(LIMITS.values()) // MB} MB",
        f"{taking.LARGEST_BODY // 1024} KB",
        f"{rate_limit.FORMS_AT_ONCE} phiếu liền, rồi {1 / settings.rate():.0f} giây một phiếu",
        f"{rate_limit.CODES_AT_ONCE} lần liền, rồi {rate_limit.CODES_A_SECOND} mỗi giây",
        f"{admission.WORKING}; {admission.MOST}",
        f"{lockout.FREE} lần; {lockout.LONGEST / 60:.0f} phút",
        f"{lockout.AT_ONCE} lần liền, rồi {1 / lockout.A_SECOND:.0f} giây một lần",
        f"{password_links.HOLDS.days} ngày",
        f"{settings.session_idle():.0f} giờ; {settings.session_life():.0f} giờ",
        f"{sign_ins.PROVEN // 60} phút",
        f"{accounts.LEAST_PASSWORD} ký tự",
        f"{Account.name.type.length} ký tự",
        f"{themes.LONGEST} ký tự; {themes.MOST}",
        f"{paraphrases.LONGEST} ký tự; {reviews.LONGEST} ký tự",
        f"{reviews.MOST}",
        f"{assignments.MOST}",
        number(invitations.MOST),
        f"{waves.FORM_HOLDS.days} ngày",
        f"{sealed_responses.OLDEST.days} ngày",
        f"{unicode.MOST_MARKS}",
    ]
    assert devices.LINK_HOLDS == password_links.HOLDS
    assert f"sau {admission.RETRY} giây" in SAID
