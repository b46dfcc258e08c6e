"""Crosswalks between published versions: which hold, and what leads from one version to another."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from forms import crosswalk, parse
from survey.responses import crosswalks
from survey.storage.database import Database
from survey.waves import questionnaires

DAY = date(2026, 1, 1)


def version(session: Session, number: int, code: str = "ngan", **codes: str) -> None:
    """Publishes a version of the short questionnaire with items under other codes."""
    text = json.dumps(questionnaires.find(session, "noi_phuc_vu@1").document | {"version": number, "code": code})
    for was, now in codes.items():
        text = text.replace(f'"{was}"', f'"{now}"')
    questionnaires.publish(session, parse(json.loads(text)), DAY)


def publish(session: Session, old: str, new: str, **codes: str) -> bool:
    items = [{"item": now, "was": was} for was, now in codes.items()]
    document: dict[str, Any] = {"from": old, "to": new, "items": items}
    found = crosswalk.parse(document, lambda name: questionnaires.find(session, name))
    return crosswalks.publish(session, found, DAY)


def way(session: Session, old: str, new: str) -> list[dict[str, str]] | None:
    steps = crosswalks.between(session, *(questionnaires.find(session, name) for name in (old, new)))
    if steps is None:
        return None
    return [{match.was: match.item for match in step.matches} for step in steps]


def test_crosswalks_of_versions_that_lie_between_lead_on(province: Database) -> None:
    with province.writing() as session:
        version(session, 1)
        version(session, 2, hl_chung="chung")
        version(session, 3, hl_chung="chung")
        version(session, 4, hl_chung="muc_chung")
        assert way(session, "ngan@1", "ngan@4") == []  # matched by code as long as nothing is said
        assert publish(session, "ngan@1", "ngan@2", hl_chung="chung")
        assert publish(session, "ngan@3", "ngan@4", chung="muc_chung")
        assert way(session, "ngan@1", "ngan@4") == [{"hl_chung": "chung"}, {"chung": "muc_chung"}]
        assert way(session, "ngan@4", "ngan@1") == []
        assert publish(session, "ngan@1", "ngan@4", hl_chung="muc_chung")
        assert way(session, "ngan@1", "ngan@4") == [{"hl_chung": "muc_chung"}]


def test_the_later_crosswalk_between_two_versions_holds(province: Database) -> None:
    with province.writing() as session:
        version(session, 1)
        version(session, 2, hl_chung="chung")
        assert publish(session, "ngan@1", "ngan@2", hl_chung="chung")
        assert not publish(session, "ngan@1", "ngan@2", hl_chung="chung")
        assert publish(session, "ngan@1", "ngan@2", hl_thu_tuc="chung")
        assert way(session, "ngan@1", "ngan@2") == [{"hl_thu_tuc": "chung"}]


def test_another_questionnaire_is_compared_where_a_crosswalk_leads_to_it(province: Database) -> None:
    with province.writing() as session:
        version(session, 1, "phieu_tinh")
        assert way(session, "noi_phuc_vu@1", "phieu_tinh@1") is None
        publish(session, "noi_phuc_vu@1", "phieu_tinh@1", hl_chung="hl_chung")
        assert way(session, "noi_phuc_vu@1", "phieu_tinh@1") == [{"hl_chung": "hl_chung"}]
