"""The consent texts by version: docs/phap-ly/dong-y.md, run by `make consents`.

What people agreed to is part of the questionnaire that they answered, and of its digest, which stands in every
response. A version that was shipped once stays in the file, word for word; a new one is added.

    python deploy/consents.py FILE.md
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from forms import Questionnaire, shipped

SECTION = re.compile(r"^## (\S+@\d+)\n.*?(?=^## |\Z)", re.M | re.S)
HEAD = """# Lời đồng ý theo phiên bản

Làm bằng `make consents`; đừng sửa tay. Lời đồng ý là một phần của bộ phiếu: sửa một chữ thì mã SHA-256 của bộ \
phiếu đổi theo, nên phải phát hành phiên bản mới. Mỗi phiếu nhận được đều mang mã của bộ phiếu đã trả lời; nhờ \
vậy luôn biết người trả lời đã đồng ý với lời nào. Phiên bản cũ không bao giờ bị bỏ khỏi danh sách này.

Đối chiếu với hệ thống đang chạy: `hailong questionnaire list`. Người dân đồng ý bằng hành vi gửi phiếu sau khi \
đọc lời này ở đầu phiếu; không có ô đánh dấu sẵn.

"""


def document(before: str = "") -> str:
    """The whole file: every section that was there, and those of the questionnaires that are shipped now."""
    sections = {found[1]: found[0].strip() for found in SECTION.finditer(before)}
    sections.update({one.name: section(one) for one in shipped()})
    return HEAD + "\n\n".join(sections[name] for name in sorted(sections)) + "\n"


def section(questionnaire: Questionnaire) -> str:
    """One version: its name, its digest, and what people read in each language."""
    lines = [f"## {questionnaire.name}", f"SHA-256 `{questionnaire.digest}`"]
    for language, text in (("Tiếng Việt", questionnaire.consent.vi), ("English", questionnaire.consent.en)):
        lines += [f"{language}:", "\n>\n".join(f"> {line}" for line in text.split("\n") if line)]
    return "\n\n".join(lines)


if __name__ == "__main__":
    place = Path(sys.argv[1])
    place.write_text(document(place.read_text("utf-8") if place.is_file() else ""), "utf-8")
