"""Accounts, roles and tokens."""

from __future__ import annotations

import unicodedata

import pytest
from sqlalchemy import select

from survey.accounts import accounts, sign_ins, tokens
from survey.accounts.accounts import RIGHTS, Right
from survey.accounts.role_names import ROLE_NAMES
from survey.storage.database import Database
from survey.storage.models import Account, Role, Token
from translations import Conflict, NotFound, Refusal, gettext, speaking


def test_every_role_has_rights_and_a_name_in_both_languages() -> None:
    assert set(RIGHTS) == set(Role)
    assert set(ROLE_NAMES) == set(Role)
    with speaking("vi"):
        assert all(gettext(name) != name for name in ROLE_NAMES.values())


def test_only_administrator_and_supervisor_key_beside_keyers() -> None:
    assert {role for role in Role if Right.KEY in RIGHTS[role]} == {Role.ADMIN, Role.SUPERVISOR, Role.KEYER}


def test_a_keyer_sees_no_result() -> None:
    assert not RIGHTS[Role.KEYER] & {Right.RESULTS, Right.PROGRESS, Right.PEOPLE, Right.WAVES}


@pytest.mark.usefixtures("costly_passwords")
def test_the_password_is_kept_as_an_argon2id_hash_that_takes_64_mb_to_try(province: Database) -> None:
    with province.writing() as session:
        accounts.add(session, "lan", Role.KEYER, "mật khẩu rất dài")
    with province.reading() as session:
        kept = session.scalars(select(Account.password).where(Account.name == "lan")).one()
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert "mật khẩu" not in kept


def test_a_name_is_found_in_either_unicode_form(province: Database) -> None:
    with province.writing() as session:
        accounts.add(session, "Hòa", Role.KEYER, "mật khẩu rất dài")
    with province.reading() as session:
        person = accounts.sign_in(session, "Ho\u0300a", "mật khẩu rất dài")
    assert person is not None
    assert person.role is Role.KEYER


LONG_PASSWORD = "Sông Ba Chẽ chảy ra biển " + "x" * 64 + " 7"


def test_a_password_of_64_letters_and_more_is_taken_whole(province: Database) -> None:
    with province.writing() as session:
        accounts.add(session, "lan", Role.KEYER, LONG_PASSWORD)
    with province.reading() as session:
        assert accounts.sign_in(session, "lan", LONG_PASSWORD) is not None
        for cut in (64, 72, len(LONG_PASSWORD) - 1):
            assert accounts.sign_in(session, "lan", LONG_PASSWORD[:cut]) is None
        assert accounts.sign_in(session, "lan", LONG_PASSWORD + "x") is None


def test_a_password_is_compared_letter_for_letter_in_either_unicode_form(province: Database) -> None:
    typed = "  Sông Ba Chẽ 1288 "
    with province.writing() as session:
        accounts.add(session, "lan", Role.KEYER, typed)
    with province.reading() as session:
        for same in (typed, unicodedata.normalize("NFD", typed)):
            assert accounts.sign_in(session, "lan", same) is not None
        for other in (
            typed.strip(),
            typed.lower(),
            typed.upper(),
            "  Song Ba Che 1288 ",
            typed.replace("  ", " "),
        ):
            assert accounts.sign_in(session, "lan", other) is None


def test_a_wrong_name_or_password_signs_nobody_in(province: Database) -> None:
    with province.reading() as session:
        assert accounts.sign_in(session, "keyer", "mat-khau-sai") is None
        assert accounts.sign_in(session, "nobody", "mat-khau-dai") is None
        assert accounts.sign_in(session, "", "") is None


@pytest.mark.parametrize(
    ("name", "role", "password", "unit", "refusal"),
    [
        ("keyer", Role.KEYER, "mat-khau-dai", None, Conflict),
        ("short", Role.KEYER, "mat-khau-ng", None, Refusal),
        ("", Role.KEYER, "mat-khau-dai", None, Refusal),
        ("x" * 81, Role.KEYER, "mat-khau-dai", None, Refusal),
        ("xa", Role.COMMUNE, "mat-khau-dai", None, Refusal),
        ("xa", Role.COMMUNE, "mat-khau-dai", "99999", NotFound),
    ],
)
def test_an_account_that_can_not_be_is_refused(
    province: Database, name: str, role: Role, password: str, unit: str | None, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal), province.writing() as session:
        accounts.add(session, name, role, password, unit)
    with province.reading() as session:
        assert len(session.scalars(select(Account)).all()) == 3


def test_a_commune_account_keeps_the_settled_code_of_its_commune(province: Database) -> None:
    with province.writing() as session:
        accounts.add(session, "ba-che", Role.COMMUNE, "mat-khau-dai", "06970")
        assert session.get_one(Account, "ba-che").unit == "06978"


def test_a_new_password_ends_the_sign_ins_of_before(province: Database) -> None:
    with province.writing() as session:
        mark = sign_ins.begin(session, "keyer").id
        assert sign_ins.find(session, mark, "keyer") is not None
        assert accounts.change_password(session, "keyer", "mat-khau-dai", "mot cau that dai") is not None
        assert sign_ins.find(session, mark, "keyer") is None
    with province.reading() as session:
        assert accounts.sign_in(session, "keyer", "mat-khau-dai") is None
        assert accounts.sign_in(session, "keyer", "mot cau that dai") is not None


def test_the_password_changes_only_for_who_knows_the_old_one(province: Database) -> None:
    with province.writing() as session:
        assert accounts.change_password(session, "keyer", "mat-khau-sai", "mot cau that dai") is None
        with pytest.raises(Refusal):
            accounts.change_password(session, "keyer", "mat-khau-dai", "ngan")
        assert accounts.sign_in(session, "keyer", "mat-khau-dai") is not None


def test_accounts_stand_in_vietnamese_order(province: Database) -> None:
    with province.writing() as session:
        for name in ("Đào", "Ẩn", "Ân"):
            accounts.add(session, name, Role.KEYER, "mat-khau-dai")
    with province.reading() as session:
        names = [person.name for person in accounts.list_all(session)]
    assert names == ["admin", "Ân", "Ẩn", "Đào", "home_affairs", "keyer"]


def test_a_token_is_kept_as_a_digest_alone(province: Database) -> None:
    with province.writing() as session:
        text = tokens.add(session, "cong-thong-tin", Role.HOME_AFFAIRS)
    with province.reading() as session:
        kept = session.get_one(Token, "cong-thong-tin")
    assert len(text) >= 40
    assert text not in kept.digest
    with pytest.raises(Conflict), province.writing() as session:
        tokens.add(session, "cong-thong-tin", Role.ADMIN)


def test_nobody_has_an_account_before_one_is_made(database: Database) -> None:
    with database.reading() as session:
        assert session.scalars(select(Account)).all() == []


def test_a_password_does_not_age() -> None:
    """Nothing is kept of when it was chosen, so nobody is made to change a good one."""
    assert set(Account.__table__.columns.keys()) == {"name", "role", "unit", "password", "off"}
