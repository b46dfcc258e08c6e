import unicodedata
from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from survey.storage.database import Database
from survey.storage.models import Unit
from survey.waves import unit_search, units


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.reading() as session:
        yield session


def names(found: list[Unit]) -> list[str]:
    return [unit.name for unit in found]


def former(session: Session, words: str) -> dict[str, str]:
    return {found.unit.name: found.name for found in unit_search.by_former_name(units.communes(session), words)}


@pytest.mark.parametrize("words", ["hạ long", "Ha Long", "  HA   LONG ", unicodedata.normalize("NFD", "Hạ Long")])
def test_a_name_is_found_with_and_without_diacritics(session: Session, words: str) -> None:
    assert names(unit_search.matching(units.communes(session), words)) == ["Hạ Long"]


def test_names_that_begin_so_come_before_those_that_go_on_so(session: Session) -> None:
    found = names(unit_search.matching(units.communes(session), "ha"))
    assert found.index("Hà Tu") < found.index("Đầm Hà")


@pytest.mark.parametrize("words", ["hải hòa", "hải hoà", "hai hoa"])
def test_both_places_of_a_tone_are_found(session: Session, words: str) -> None:
    assert names(unit_search.matching(units.communes(session), words)) == ["Hải Hòa"]


@pytest.mark.parametrize("words", ["hoà", "hòa", unicodedata.normalize("NFD", "HOÀ")])
def test_a_syllable_finds_the_same_wherever_its_tone_stands(session: Session, words: str) -> None:
    found = names(unit_search.matching(units.communes(session), words))
    assert set(found) == {"Hoàng Quế", "Hoành Bồ", "Hoành Mô", "Hải Hòa", "Hiệp Hòa", "Liên Hòa"}


@pytest.mark.parametrize("words", ["Phường Hà Tu", "p. ha tu", "P.Hà Tu", "hatu", "phuong ha t"])
def test_a_kind_before_the_name_and_a_missing_space_do_not_hinder(session: Session, words: str) -> None:
    assert names(unit_search.matching(units.communes(session), words)) == ["Hà Tu"]


@pytest.mark.parametrize("words", ["Phường Hiệp Hòa", "p. hiep hoa", "hiephoa"])
def test_a_syllable_that_ends_like_a_shortened_kind_is_none(session: Session, words: str) -> None:
    assert names(unit_search.matching(units.communes(session), words)) == ["Hiệp Hòa"]


def test_words_that_nobody_has_find_nothing_and_none_find_all(session: Session) -> None:
    communes = units.communes(session)
    assert unit_search.matching(communes, "zzz") == []
    assert unit_search.matching(communes, " ") == communes


@pytest.mark.parametrize(
    ("words", "today"),
    [
        *((words, {"Hồng Gai": "Hòn Gai"}) for words in ("hòn gai", "phường hòn gai", "P. Hòn Gai", "hon gai cu")),
        ("trà cổ", {"Móng Cái 1": "phường Trà Cổ"}),
        ("P. Tra Co", {"Móng Cái 1": "phường Trà Cổ"}),
        ("tt cái rồng", {"Vân Đồn": "thị trấn Cái Rồng"}),
        ("phường Hải Hoà", {"Móng Cái 1": "phường Hải Hòa"}),
        ("xa dong lam", {"Hoành Bồ": "xã Đồng Lâm", "Thống Nhất": "xã Đồng Lâm"}),
    ],
)
def test_a_name_of_before_leads_to_the_commune_of_today_or_to_a_choice(
    session: Session, words: str, today: dict[str, str]
) -> None:
    assert former(session, words) == today


@pytest.mark.parametrize("words", ["tp hạ long", "TP. Ha Long", "thành phố hạ long"])
def test_a_city_of_before_is_a_choice_of_its_places(session: Session, words: str) -> None:
    assert len(former(session, words)) == 11
    assert set(former(session, words).values()) == {"thành phố Hạ Long"}


def test_every_commune_but_none_beside_has_a_former_district(session: Session) -> None:
    """Of the 13 cities, towns and districts that there were until 2025."""
    without = [
        unit.name
        for unit in units.communes(session)
        if not (unit.former or "").startswith(("thành phố ", "thị xã ", "huyện "))
    ]
    assert without == []
    districts = {(unit.former or "").split(";")[0] for unit in units.communes(session)}
    assert len(districts) == 13


def test_the_city_of_before_is_found_by_what_people_call_it(session: Session) -> None:
    assert former(session, "tp hạ long").items() <= former(session, "Hạ Long cũ").items()


def test_a_code_is_found(session: Session) -> None:
    assert names(unit_search.by_name(units.communes(session), "06652")) == ["Hà Tu"]


def test_two_letters_of_a_former_name_are_too_few(session: Session) -> None:
    assert former(session, "tp ha") == former(session, "ha") == {}


def test_staff_find_a_commune_by_a_name_of_before_where_none_is_called_so(session: Session) -> None:
    assert names(unit_search.matching(units.communes(session), "trà cổ")) == ["Móng Cái 1"]


@pytest.mark.parametrize(
    ("words", "named", "before"),
    [
        ("yet kieu", [], ["Hồng Gai"]),  # merged before 2025, and still said
        ("tra co, mong cai", [], ["Móng Cái 1"]),
        ("bai chay ha long", ["Bãi Cháy"], []),
        ("đảo Tuần Châu", ["Tuần Châu"], []),
        ("Giếng  Đáy ,", [], ["Việt Hưng"]),
        ("6652", ["Hà Tu"], []),
        ("zzz", [], []),
    ],
)
def test_what_people_write_beside_a_name_does_not_hinder(
    session: Session, words: str, named: list[str], before: list[str]
) -> None:
    found = unit_search.search(units.communes(session), words)
    assert (names(found.named), names([one.unit for one in found.former])) == (named, before)


def test_an_exact_name_of_before_comes_first_unless_a_commune_has_it_today(session: Session) -> None:
    communes = units.communes(session)
    assert unit_search.search(communes, "phuong dong").former_first
    assert not unit_search.search(communes, "phuong ha long").former_first


def test_a_slip_of_the_finger_leads_to_the_nearest_names_which_no_list_takes_for_found(session: Session) -> None:
    found = unit_search.search(units.communes(session), "bai chya")
    assert (found.nearest, names(found.named)) == (True, ["Bãi Cháy"])
    assert unit_search.matching(units.communes(session), "bai chya") == []


def test_a_text_longer_than_any_name_is_not_taken_apart(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each cut between two of its words would be a search of its own: half a minute for a long address."""
    monkeypatch.delattr(unit_search, "_both_parts")
    monkeypatch.delattr(unit_search, "_nearly")
    found = unit_search.search(units.communes(session), "a " * unit_search.LONGEST_WORDS)
    assert found == unit_search.Found([], [], nearest=True)
