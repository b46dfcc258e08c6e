"""Which passwords are refused because they are tried first."""

from __future__ import annotations

import hashlib
import re
import time
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from survey.accounts import accounts, passwords
from survey.storage.database import Database
from survey.storage.models import Role
from tests.slowness import slowness
from translations import Refusal


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "P@ssw0rd12345!",
        "Quảng Ninh 2026",
        "matkhau123456",
        "Mật Khẩu 123456",
        "Ma\u0302\u0323t Kha\u0302\u0309u 123456",  # the same in letters and marks apart
        "anhyeuem123456",
        "0912345678901",
        "aaaaaaaaaaaaaaa",
        "abcabcabcabcabc",
        "1qaz2wsx3edc",
        "tran-thi-lan-tran-thi-lan",
        "tranthilan2026",
    ],
)
def test_what_is_tried_first_is_common(password: str) -> None:
    assert passwords.is_common(password, "Trần Thị Lan")


@pytest.mark.parametrize(
    "password",
    [
        "mot cau that dai",
        "mật khẩu rất dài",
        "correct horse battery staple",
        "trời mưa thì tôi đi xe buýt",
        "Ω" * 5 + "kxvqzj7w",
    ],
)
def test_a_sentence_of_ones_own_is_not(password: str) -> None:
    assert not passwords.is_common(password, "Trần Thị Lan")


def test_a_breached_password_is_found_wherever_it_stands_in_the_list(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    known = [f"mat khau so {number}" for number in range(50)]
    digests = {hashlib.sha1(password.encode()).hexdigest().upper(): password for password in known}
    lines = [f"{digest}:{1 + place * 997}\r\n" for place, digest in enumerate(sorted(digests))]
    monkeypatch.setenv("HAILONG_BREACHED_PASSWORDS", str(tmp_path / "list.txt"))
    with pytest.raises(Refusal, match="HAILONG_BREACHED_PASSWORDS"):
        passwords.check("trời mưa thì tôi đi xe buýt", "lan")
    for kept in ("".join(lines), "".join(lines[:1]), ""):
        (tmp_path / "list.txt").write_text(kept, newline="")
        for digest, password in digests.items():
            assert passwords.is_breached(password) == (digest in kept)
        passwords.check("trời mưa thì tôi đi xe buýt", "lan")
    (tmp_path / "list.txt").write_text("".join(lines), newline="")
    with pytest.raises(Refusal, match="đánh cắp"):
        passwords.check("mat khau so 7", "lan")


def test_words_of_this_work_of_its_communes_and_of_the_province_are_tried_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for password in ("Giám sát viên 2026", "mạo-khê-vàng-danh", "Phiếu khảo sát 1!", "dieutravien2027"):
        assert passwords.is_common(password), password
    assert not passwords.is_common("Than Khoáng Sản 2026")
    (tmp_path / "tu.txt").write_text("Than Khoáng Sản\n\n", encoding="utf-8")
    monkeypatch.setenv("HAILONG_PASSWORD_WORDS", str(tmp_path / "tu.txt"))
    assert passwords.is_common("thankhoangsan 2026!")
    assert not passwords.is_common("trời mưa thì tôi đi xe buýt")
    monkeypatch.setenv("HAILONG_PASSWORD_WORDS", str(tmp_path / "none.txt"))
    with pytest.raises(Refusal, match="HAILONG_PASSWORD_WORDS"):
        passwords.check("trời mưa thì tôi đi xe buýt", "lan")


def test_no_password_that_is_made_here_is_refused() -> None:
    assert not any(passwords.is_common(accounts.easy_password(), "admin") for _time in range(200))


def test_a_very_long_password_takes_no_time() -> None:
    began = time.process_time()
    passwords.is_common("".join(chr(97 + place * 7 % 26) for place in range(100_000)))
    assert time.process_time() - began < slowness()


def test_the_list_is_small_and_holds_each_word_as_it_is_looked_up() -> None:
    words = passwords._words()
    assert len(words) > 50_000
    assert passwords.LIST.stat().st_size < 300_000
    assert {"matkhau", "qwerty", "quangninh", "anhyeuem"} <= words
    assert all(passwords.plain(word) == word and len(word) >= passwords.SHORTEST for word in words)


def test_an_account_is_not_made_with_a_common_password(province: Database) -> None:
    with pytest.raises(Refusal, match="bốn từ"), province.writing() as session:
        accounts.add(session, "lan", Role.KEYER, "Quảng Ninh 2026")


def test_the_page_tells_it_at_the_box_and_the_old_password_stays(client: FlaskClient) -> None:
    def send(address: str, **fields: str) -> tuple[int, str]:
        token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(address).text)
        assert token
        answer = client.post(address, data={**fields, "csrf_token": token[1]})
        return answer.status_code, answer.text

    send("/dang-nhap", name="keyer", password="mat-khau-dai")
    status, page = send("/doi-mat-khau", old="mat-khau-dai", new="password1234", again="password1234")
    assert status == 422
    assert "bốn từ" in page
    assert 'aria-describedby="new-hint new-fault"' in page
    client.delete_cookie("phien")
    assert send("/dang-nhap", name="keyer", password="mat-khau-dai")[0] == 303


def test_the_pages_take_a_password_of_64_letters_and_more_whole(client: FlaskClient) -> None:
    def send(address: str, **fields: str) -> int:
        token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(address).text)
        assert token
        return client.post(address, data={**fields, "csrf_token": token[1]}).status_code

    new = "Sông Ba Chẽ chảy ra biển, thuyền đi ngày một xa bờ, " + "x" * 64
    send("/dang-nhap", name="keyer", password="mat-khau-dai")
    assert send("/doi-mat-khau", old="mat-khau-dai", new=new, again=new) == 303
    client.delete_cookie("phien")
    assert send("/dang-nhap", name="keyer", password=new[:-1]) == 422
    assert send("/dang-nhap", name="keyer", password=new) == 303


def test_guessing_the_present_password_on_the_page_has_to_wait_too(client: FlaskClient) -> None:
    def send(address: str, **fields: str) -> int:
        token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(address).text)
        assert token
        return client.post(address, data={**fields, "csrf_token": token[1]}).status_code

    send("/dang-nhap", name="keyer", password="mat-khau-dai")
    new = "mot cau that dai"
    assert [send("/doi-mat-khau", old=f"sai {time}", new=new, again=new) for time in range(6)] == [422] * 5 + [429]


def test_codes_that_are_handed_out_are_long_and_never_the_same() -> None:
    """Of recovery codes and password links: 31 letters and digits at 16 places, 79 bits."""
    codes = {passwords.easy() for _time in range(500)}
    assert len(codes) == 500
    assert all(len(code.replace("-", "")) == 16 for code in codes)
    letters = set("".join(codes)) - {"-"}
    assert len(letters) == 31
    assert len(letters) ** 16 > 2**79
