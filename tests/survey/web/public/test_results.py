"""What everybody reads of a release: its figures and no others, light, and in each of its states."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape
from typing import Any
from urllib.parse import urljoin

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.results import release_steps, releases, result_table, summary, wording
from survey.storage.models import Release, Role
from survey.system import dates
from survey.waves import waves
from survey.web.public import result_figures, result_words
from survey.web.staff.results import overview
from translations import speaking

PAGE = "/ket-qua/nam-truoc"  # the demo's wave that is released
MOST_BYTES = 60 * 1024


@pytest.fixture
def reader(made_up: Flask) -> FlaskClient:
    return made_up.test_client()


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html.partition("<main")[2].partition("</main")[0])).split())


def figures_in(text: str) -> set[str]:
    return set(re.findall(r"[−]?\d+,\d%", text))


def released(app: Flask, wave: str, number: int | None = None) -> Release:
    """A release of what is there, approved; made where there is none of this number."""
    with app.extensions["database"].writing() as session:
        made = releases.freeze(session, waves.find(session, wave), "an", "" if number is None else "sửa hai phiếu")
        release_steps.check(made, "binh")
        release_steps.approve(made, made, "chi")
        return made


def test_every_figure_is_one_of_the_release(made_up: Flask, reader: FlaskClient) -> None:
    """Each percentage on the page, and on a commune's, is an estimate or a limit of a released record."""
    with made_up.extensions["database"].reading() as session, speaking("vi"):
        records = [
            one for by in ((), ("unit",)) for one in result_table.estimates(session, "nam-truoc", release=1, by=by)
        ]
        allowed = set()
        for one in records:
            for text in (wording.figure(one, 1), wording.limits(one, 1)):
                allowed |= figures_in(text)
        shown_of = {one.domain: one for one in records if one.item == "index" and isinstance(one.domain, str)}
    for address in (PAGE, f"{PAGE}?noi=06652"):
        text = words(reader.get(address).text)
        found = figures_in(text) - {"95,0%"}
        assert len(found) > 50
        assert found <= allowed
    page = reader.get(PAGE).text
    for code, one in shown_of.items():
        row = re.search(rf'<a href="\?noi={code}#noi-nay">[^<]+</a></th>(.*?)</tr>', page)
        assert row is not None
        with speaking("vi"):
            assert f">{wording.figure(one, 1)}<" in row[1]
            assert f">{wording.limits(one, 1)}<" in row[1]
            assert f">{wording.base(one)}<" in row[1]


def test_what_is_hidden_is_a_word(made_up: Flask, reader: FlaskClient) -> None:
    """Of every commune: a sensitive figure that the release hides or masks stands there as its word alone."""
    with made_up.extensions["database"].reading() as session, speaking("vi"):
        records = result_table.estimates(session, "nam-truoc", release=1, items=["C5=3", "C6=3"], by=["unit"])
        masked = [one for one in records if one.estimate is None]
        told = {one.domain: wording.figure(one, 1) for one in masked}
    assert masked
    for code, word in list(told.items())[:6]:
        place = reader.get(f"{PAGE}?noi={code}").text.partition('id="noi-nay"')[2].partition("</section>")[0]
        assert word in words(f"<main{place}</main")


def test_the_files_are_the_released_records(made_up: Flask, reader: FlaskClient) -> None:
    rows = json.loads(reader.get(f"{PAGE}/so-lieu.json").data)
    with made_up.extensions["database"].reading() as session:
        known = {
            told(one)
            for by in ((), ("unit",), ("stratum",))
            for one in result_table.as_records(result_table.estimates(session, "nam-truoc", release=1, by=by))
        }
    assert len(rows) > 1000
    for row in rows:
        assert told(row) in known
        if {"hidden", "hidden_with"} & set(row["flags"]):
            assert row["estimate"] is row["low"] is row["high"] is row["n"] is None
    assert reader.get(f"{PAGE}/so-lieu.csv").status_code == 200
    assert reader.get(f"{PAGE}/bao-cao.pdf").status_code == 404  # none was issued
    assert reader.get(f"{PAGE}/tung-dong.csv").status_code == 404


def test_a_dictionary_beside_the_files_names_every_code_in_both_languages(reader: FlaskClient) -> None:
    assert f'<a href="{PAGE}/tu-dien.csv" download>' in reader.get(PAGE).text
    figures = list(csv.DictReader(io.StringIO(reader.get(f"{PAGE}/so-lieu.csv").text)))
    content = reader.get(f"{PAGE}/tu-dien.csv").data
    assert reader.get(f"{PAGE}/tu-dien.csv?lang=en").data == content  # speaks both, whoever asks
    lines = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    told = {(line["column"], line["item"], line["code"]): (line["vi"], line["en"]) for line in lines}
    assert len(told) == len(lines)
    assert all(all(texts) for texts in told.values())
    assert {column for column, _item, code in told if not code} == set(figures[0])
    for row in figures:
        assert ("item", "", row["item"]) in told
        assert not row["value"] or ("value", row["item"], row["value"]) in told
        codes = [("flags", flag) for flag in row["flags"].split(";")]
        codes += [(column, row[column]) for column in ("domain", "statistic", "variance", "standing")]
        assert all((column, "", code) in told for column, code in codes if code)
    assert told["domain", "", "06652"] == ("Phường Hà Tu", "Hà Tu Ward")
    assert told["value", "th_y_te", "4,5"] == ("Hài lòng; Rất hài lòng", "Satisfied; Very satisfied")
    assert told["standing", "", "below"] == ("thấp hơn phần còn lại", "below the rest")
    assert told["flags", "", "check"][0].startswith("ít thôn")
    assert "phương sai" in told["deff", "", ""][0]


def told(record: dict[str, Any]) -> tuple[object, ...]:
    """What a record says; sums of floats may end otherwise where they were made beside other tables."""
    values = (record[name] for name in ("estimate", "low", "high", "n"))
    rounded = (None if value is None else round(value, 10) for value in values)
    return record["item"], record["value"], record["domain"], *rounded, tuple(record["flags"])


def links(html: str) -> Iterator[str]:
    yield from re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="([^"]+)"', html)


def test_a_first_visit_is_light(reader: FlaskClient) -> None:
    """All in, compressed, as tests of the form count it; nothing comes from elsewhere, no script is needed."""
    asked = {"Accept-Encoding": "gzip"}
    for address in (PAGE, f"{PAGE}?noi=06652", "/ket-qua"):
        page = reader.get(address, headers=asked)
        html = gzip.decompress(page.data).decode()
        parts = {urljoin(address, link) for link in links(html)}
        assert all(part.startswith("/static/") for part in parts)
        total = len(page.data) + sum(len(reader.get(part, headers=asked).data) for part in parts)
        assert total <= MOST_BYTES
        assert "<script" not in html
        assert "style=" not in html


def test_it_is_shared_as_a_card(reader: FlaskClient) -> None:
    page = reader.get(PAGE).text
    title = re.search(r'property="og:title" content="([^"]+)"', page)
    picture = re.search(r'property="og:image" content="([^"]+)"', page)
    assert title is not None
    assert picture is not None
    assert f"<h1>{title[1]}</h1>" in page
    card = reader.get(unescape(picture[1]))
    assert card.data.startswith(b"\x89PNG")
    assert int.from_bytes(card.data[16:20]) == 1200


def test_an_answer_in_ten_is_no_person_in_ten(reader: FlaskClient) -> None:
    assert re.search(r"<h1>Cứ 10 câu trả lời thì khoảng \d câu nói hài lòng", reader.get(PAGE).text)
    assert "in 10 answers say satisfied" in reader.get(f"{PAGE}?lang=en").text


def test_so_many_of_ten_are_told_where_the_interval_allows_it(made_up: Flask) -> None:
    """Both limits within one of the number that is told, rounded; else the limits are the headline."""
    with made_up.extensions["database"].reading() as session, speaking("en"):
        found = summary.gather(session, "nam-truoc", release=releases.newest(session, "nam-truoc"))

        def told(estimate: float, low: float | None, high: float | None, *flags: str) -> str:
            index = found.index
            assert index is not None
            record = replace(index.estimate, estimate=estimate, low=low, high=high, flags=flags)
            return result_words.finding(replace(found, index=replace(index, estimate=record)), None)

        assert told(0.84, 0.66, 0.94) == "About 8 in 10 answers say satisfied"
        for low, high in ((0.64, 0.94), (0.66, 0.96), (0.078, 0.997)):
            text = told(0.84, low, high)
            assert text.startswith(f"Between {100 * low:.1f}% and {100 * high:.1f}% of answers say satisfied")
            assert "about" not in text
        assert told(1.0, 0.9, None, "all") == "Nearly all answers say satisfied"
        assert told(1.0, 0.3, None, "all").startswith("Between 30.0% and 100.0%")
        assert told(0.84, None, None) == "The answers are not enough to say how satisfied people are"


def test_the_headline_says_of_how_many_communes_it_is(made_up: Flask) -> None:
    with made_up.extensions["database"].reading() as session, speaking("en"):
        found = summary.gather(session, "nam-truoc", release=releases.newest(session, "nam-truoc"))
        part = replace(found, collection=replace(found.collection, units_reached=10))
        whole, partial = (result_words.finding(one, None) for one in (found, part))
        assert whole[:6] == "About "
        assert partial == f"In 10 of 54 communes, a{whole[1:]}"
        assert overview.finding(part, None, []).startswith("In 10 of 54 communes, ")
        assert "54" not in overview.finding(found, None, [])
        release = releases.newest(session, "nam-truoc")
        assert release is not None
        alone = (
            "The figures speak only for the 10 of 54 communes whose answers count, and say nothing of the others."
        )
        assert [alone in result_words.trust(one, release) for one in (found, part)] == [False, True]
        assert (found.whole, part.whole_head) == ("the whole province", "Where answered")


def test_ends_that_can_not_be_told_apart_are_not_named(made_up: Flask) -> None:
    with made_up.extensions["database"].reading() as session:
        wave = waves.find(session, "nam-truoc")
        figures = result_figures.gather(session, wave, releases.find(session, "nam-truoc", 1))
    low, high = figures.ends
    assert len(low) == len(high) == result_figures.ENDS
    reach = max(one.record.high or 0.0 for one in low)
    touching = replace(high[-1], record=replace(high[-1].record, low=reach))
    parts = tuple(touching if one is high[-1] else one for one in figures.parts)
    assert replace(figures, parts=parts).ends == ([], [])


def test_a_commune_is_found_by_what_people_call_it(reader: FlaskClient) -> None:
    assert "Phường Hà Tu" in words(reader.get(f"{PAGE}?tim=ha+tu").text)
    several = reader.get(f"{PAGE}?tim=mong+cai").text
    assert several.count("#noi-nay") > reader.get(PAGE).text.count("#noi-nay")
    assert "Không có nơi nào tên như vậy" in reader.get(f"{PAGE}?tim=xyzxyz").text
    assert reader.get(f"{PAGE}?noi=99999").status_code == 200


def test_nothing_is_shown_before_it_is_approved(reader: FlaskClient, made_up: Flask) -> None:
    """One sentence and the day; no figure, no file, and no address of a release that isn't there."""
    with made_up.extensions["database"].reading() as session:
        closes = waves.find(session, "thu-nghiem").closes
    text = words(reader.get("/ket-qua/thu-nghiem").text)
    assert closes.strftime("%d/%m/%Y") in text
    assert "%" not in text
    for name in ("so-lieu.csv", "so-lieu.json", "tu-dien.csv", "the.png"):
        assert reader.get(f"/ket-qua/thu-nghiem/{name}").status_code == 404
    assert reader.get(f"{PAGE}?ban=7").status_code == 404
    assert reader.get("/ket-qua/khong-co").status_code == 404
    listed = reader.get("/ket-qua").text
    assert PAGE in listed
    assert "/ket-qua/thu-nghiem" not in listed


def test_a_new_release_leads_to_the_old_one_until_one_is_withdrawn(made_up_copy: Flask) -> None:
    reader = made_up_copy.test_client()
    first = released(made_up_copy, "thu-nghiem")
    page = reader.get("/ket-qua/thu-nghiem").text
    assert "nam-truoc" not in words(page)
    assert "so với năm" in words(page)  # the wave before is released
    assert "?ban=" not in page
    database = made_up_copy.extensions["database"]
    with database.writing() as session:
        copy = {
            column.name: getattr(first, column.name) for column in Release.__table__.columns if column.name != "id"
        }
        session.add(Release(**copy | {"number": 2, "correction": "Hai phiếu nhập nhầm xã."}))
    page = reader.get("/ket-qua/thu-nghiem").text
    assert "Hai phiếu nhập nhầm xã." in page
    assert "?ban=1" in page
    old = reader.get("/ket-qua/thu-nghiem?ban=1").text
    assert "Đây là bản công bố cũ" in words(old)
    card = reader.get("/ket-qua/thu-nghiem/the.png").data
    with database.writing() as session:  # by a command, say: no cache of this process hears of it
        releases.withdraw(session, releases.find(session, "nam-truoc", 1), "Sai một xã.", "chi")
    page = words(reader.get("/ket-qua/thu-nghiem").text)
    assert "so với năm" not in page
    assert figures_in(page)
    assert reader.get("/ket-qua/thu-nghiem/the.png").data != card
    with database.writing() as session:
        releases.withdraw(session, releases.find(session, "thu-nghiem", 2), "Nhập nhầm quyền số.", "chi")
    for address in ("/ket-qua/thu-nghiem", "/ket-qua/thu-nghiem?ban=1", "/ket-qua/thu-nghiem?noi=06652"):
        text = words(reader.get(address).text)
        assert "Nhập nhầm quyền số." in text
        assert "%" not in text
    for name in ("so-lieu.csv", "so-lieu.json", "tu-dien.csv", "the.png"):  # whoever kept their address is told
        gone = reader.get(f"/ket-qua/thu-nghiem/{name}")
        assert (gone.status_code, "Nhập nhầm quyền số." in gone.text) == (410, True)
    assert dates.today().strftime("%d/%m/%Y") in text


def test_the_map_accounts_for_every_commune_and_the_series_is_a_sentence(reader: FlaskClient) -> None:
    page = reader.get(PAGE).text
    legend = page.partition('class="tile-legend"')[2].partition("</ul>")[0]
    assert sum(map(int, re.findall(r"<strong>(\d+)</strong>", legend))) == 54
    unseen = re.findall(r'<p class="unseen">(.*?)</p>', page)
    assert all(one.rstrip().endswith(".") for one in unseen)


def test_whom_to_ask_is_named(made_up_copy: Flask) -> None:
    with made_up_copy.extensions["database"].writing() as session:
        waves.find(session, "nam-truoc").contact = "Sở Nội vụ, 0203 3 835 999"
    asked = words(made_up_copy.test_client().get(PAGE).text)
    assert "Sở Nội vụ, 0203 3 835 999" in asked


def test_an_open_wave_concludes_nothing(made_up_copy: Flask) -> None:
    released(made_up_copy, "gop-y")
    page = made_up_copy.test_client().get("/ket-qua/gop-y").text
    text = words(page)
    assert "Không theo mẫu" in text
    assert "Khoảng dao động" in text
    assert "Khoảng tin cậy" not in text
    assert "verdict-sign" not in page


def test_whoever_may_approve_reads_the_page_before_everybody_does(
    made_up_copy: Flask, sign_in: Callable[..., FlaskClient], account: Callable[..., None]
) -> None:
    """Each figure of the preview is one of the page, in the same order; what else goes out is said."""
    with made_up_copy.extensions["database"].writing() as session:
        account(session, "head", Role.HEAD)
        made = releases.freeze(session, waves.find(session, "thu-nghiem"), "an")
        release_steps.check(made, "binh")
        number = made.number
    address = f"/quan-tri/thu-nghiem/cong-bo/{number}"
    head, reader = sign_in(made_up_copy, "head"), made_up_copy.test_client()
    step = head.get(f"{address}/duyet").text
    assert f'href="{address}/xem-truoc"' in step
    for words_of_it in (
        "câu hỏi, từng câu với từng ý trả lời",
        "của từng nơi trong 54 nơi",
        "thành tệp (CSV, JSON)",
        "Số liệu chính: Xây dựng, tổ chức thực hiện chính sách công;",
    ):
        assert words_of_it in step
    assert sign_in(made_up_copy, "home_affairs").get(f"{address}/xem-truoc").status_code == 403
    pages = [head.get(f"{address}/xem-truoc{asked}").text for asked in ("", "?noi=06652")]
    assert all(f"Xem trước bản công bố {number}: chưa công bố." in page for page in pages)
    assert f'action="{address}/xem-truoc#noi-nay"' in pages[0]
    assert "so-lieu" not in pages[0]  # no file of it is given out yet
    assert "%" not in words(reader.get("/ket-qua/thu-nghiem").text)
    with made_up_copy.extensions["database"].writing() as session:
        own = releases.find(session, "thu-nghiem", number)
        release_steps.approve(own, own, "chi")
    for asked, page in zip(("", "?noi=06652"), pages, strict=True):
        told = words(reader.get(f"/ket-qua/thu-nghiem{asked}").text)
        figures = [re.findall(r"[−]?\d+,\d%", text) for text in (words(page), told)]
        assert len(figures[0]) > 100
        assert figures[0] == figures[1]
    assert head.get(f"{address}/xem-truoc").location == "/ket-qua/thu-nghiem"
