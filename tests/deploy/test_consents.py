"""The list of consent texts holds every shipped version, word for word."""

from __future__ import annotations

import sys
from pathlib import Path

from forms import shipped

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "deploy"))
import consents  # noqa: E402

sys.path.pop(0)
LIST = ROOT / "docs" / "phap-ly" / "dong-y.md"


def test_every_shipped_consent_is_listed_with_its_digest() -> None:
    listed = LIST.read_text("utf-8")
    assert consents.document(listed) == listed, "run: make consents"
    for questionnaire in shipped():
        assert f"## {questionnaire.name}\n\nSHA-256 `{questionnaire.digest}`" in listed
        for text in (questionnaire.consent.vi, questionnaire.consent.en):
            assert all(f"> {line}" in listed for line in text.strip().splitlines() if line)


def test_a_version_that_is_no_longer_shipped_stays() -> None:
    old = "## ho_gia_dinh@0\n\nSHA-256 `00`\n\n> Lời cũ.\n"
    assert old in consents.document(consents.document() + "\n" + old) + "\n"


def test_each_shipped_consent_promises_what_the_papers_rest_on() -> None:
    """The note on open data and the table of retention quote these words."""
    for questionnaire in shipped():
        said = " ".join(questionnaire.consent.vi.split())
        assert "Kết quả chỉ công bố theo nhóm, không theo từng người." in said
        assert "chậm nhất 12 tháng" in said
