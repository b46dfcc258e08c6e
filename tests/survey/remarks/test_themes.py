"""The list of themes: its beginning, and that nothing coded ever loses its theme."""

from __future__ import annotations

from uuid import UUID

import pytest

from survey.remarks import codings, paraphrases, themes
from survey.storage.database import Database
from survey.storage.models import Theme
from survey.waves import waves
from translations import Conflict, Refusal, speaking


def test_a_wave_begins_with_a_list_in_both_languages_that_reading_does_not_keep(province: Database) -> None:
    with province.reading() as session:
        first = themes.list_all(session, "gop-y")
        assert [theme.place for theme in first] == list(range(1, 11))
        assert str(themes.name(first[0])) == "Thái độ của cán bộ, công chức"
        with speaking("en"):
            assert str(themes.name(first[0])) == "Attitude of officials"
        assert session.query(Theme).count() == 0


@pytest.mark.both_databases
def test_a_theme_that_is_used_is_closed_and_one_that_is_not_is_removed(
    province: Database, remarks: list[UUID]
) -> None:
    with province.writing() as session:
        made = themes.add(session, "gop-y", "  Bãi đỗ xe ", "Parking")
        with pytest.raises(Conflict):
            themes.add(session, "gop-y", "bãi đỗ xe", "Car park")
        codings.code(session, waves.find(session, "gop-y"), remarks[0], 1, [made.code], "lan")
        paraphrases.add(session, "gop-y", "06652", "khen", "Có người khen.", "lan")
    with province.writing() as session:
        for code in (made.code, "khen"):
            with pytest.raises(Conflict):
                themes.remove(session, "gop-y", code)
        themes.close(session, "gop-y", made.code)
        themes.remove(session, "gop-y", "dat_dai")
    with province.reading() as session:
        left = {theme.code: theme.closed for theme in themes.list_all(session, "gop-y")}
    assert left[made.code] is True
    assert "dat_dai" not in left


def test_one_theme_stays_open_and_the_list_stays_short(province: Database) -> None:
    with province.writing() as session:
        last, *others = [theme.code for theme in themes.list_all(session, "gop-y")]
        for code in others:
            themes.close(session, "gop-y", code)
        for step in (themes.close, themes.remove):
            with pytest.raises(Conflict):
                step(session, "gop-y", last)
        for number in range(themes.MOST - len(others) - 1):
            themes.add(session, "gop-y", f"Việc {number}", f"Matter {number}")
        with pytest.raises(Conflict):
            themes.add(session, "gop-y", "Thêm một việc", "One more")


def test_a_paraphrase_with_a_number_of_somebody_is_refused_and_a_withdrawn_one_is_empty(
    province: Database,
) -> None:
    with province.writing() as session:
        for words in ("", "gọi 0912 345 678", "x" * 301, "có\x00không"):
            with pytest.raises(Refusal):
                paraphrases.add(session, "gop-y", "06652", "khen", words, "lan")
        made = paraphrases.add(session, "gop-y", "06652", "khen", "Năm 2026 có 3 người khen.", "lan")
        paraphrases.withdraw(session, "gop-y", made.id)
        assert made.words == ""
        assert paraphrases.list_all(session, "gop-y") == []
