"""The bank of questions: found by words, with their waves, taken into a draft once."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from survey.responses.respondents import sample
from survey.results import behaviour, releases
from survey.storage.database import Database
from survey.waves import waves
from survey.workshop import bank
from tests.survey.web.staff.workshop.test_drafts import Writer, begin, written
from translations.formats import number

BANK = "/quan-tri/bo-phieu/ngan-hang"


def test_a_question_is_found_without_accents_and_taken_once_with_its_code(
    app: Flask, sign_in: Callable[[Flask, str], FlaskClient], province: Database
) -> None:
    lan = Writer(sign_in(app, "home_affairs"))
    begin(lan)
    page = lan.client.get(f"{BANK}?nhap=1&tim=cho+den+luot").text
    assert "hl_cho" in page
    assert "noi_phuc_vu@2" in page
    assert "hl_le_phi" not in page
    assert 'name="cau" value="hl_cho"' in page
    none = lan.client.get(f"{BANK}?nhap=1&tim=vuvuzela").text
    assert f'href="{BANK}?nhap=1">xem tất cả' in none
    assert "<table" not in none
    lan.send("nhap/1/lay?tu=noi_phuc_vu@2", cau="hl_cho")
    assert written(province)["pages"][0]["items"][-1]["code"] == "hl_cho"
    assert 'name="cau" value="hl_cho"' not in lan.client.get(f"{BANK}?nhap=1&tim=cho+den+luot").text
    lan.send("nhap/1/lay?tu=noi_phuc_vu@2", cau="hl_cho")
    assert "hl_cho" in lan.client.get("/quan-tri/bo-phieu/nhap/1").text
    assert [item["code"] for item in written(province)["pages"][0]["items"]].count("hl_cho") == 1


def test_how_a_question_behaved_is_told_of_released_waves_alone(
    made_up: Flask, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    """Of the wave that is released: the share who answered, of all who were asked, and the alpha of the factor."""
    with made_up.extensions["database"].reading() as session:
        wave = waves.find(session, "nam-truoc")
        people = sample(session, wave, releases.newest(session, "nam-truoc"))
        item = people.questionnaire.items["cc_thai_do"]
        answered = people.answers(item).any_of(item, item.valid)
        share = (people.weight @ answered) / people.weight.sum()
        assert behaviour.of_wave(session, waves.find(session, "thu-nghiem")) is None
    home_affairs = sign_in(made_up, "home_affairs")
    page = home_affairs.get(f"{BANK}?tim=thai+do+cua+cong+chuc").text
    [row] = re.findall(r"<tr[^>]*>(?:(?!</tr>).)*cc_thai_do.*?</tr>", page, re.DOTALL)
    assert f"trả lời {100 * share:.1f}%".replace(".", ",") in row
    assert f"{number(len(people))} người được hỏi" in row
    assert re.search(r"nhân tố DV.C: alpha 0,\d\d \(0,\d\d–0,\d\d\)", row)
    assert '2025</strong> <span class="quiet">chưa công bố' in row
    assert "SIPAS của Bộ Nội vụ" in row
    assert "số liệu thu được không phải số liệu PAPI" in home_affairs.get(f"{BANK}?tim=hop+thon").text


def test_one_code_in_the_same_words_is_one_question(province: Database) -> None:
    with province.reading() as session:
        found = [one for one in bank.questions(session) if one.item.code == "hl_cho"]
        assert [sorted(one.versions) for one in found if "mot_cham@1" in one.versions] == [
            ["mot_cham@1", "noi_phuc_vu@2"]
        ]
