"""Releases: what is shown stands still, whatever comes in, and nobody learns one person's answer from it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from survey.accounts import tokens
from survey.accounts.tokens import Scope
from survey.data_files import exporting
from survey.data_files.open_data_bundle import Bundle, about
from survey.reports import issuing
from survey.reports.commune import contents as of_commune
from survey.reports.contents import contents
from survey.responses import submission
from survey.responses.respondents import sample
from survey.results import release_steps, release_words, releases, result_table, summary, wording
from survey.sampling.weight_versions import NewWeights
from survey.storage.database import Database
from survey.storage.models import Batch, Mode, Release, Review, ReviewState, Role, Sheet, SignIn, Village, Wave
from survey.system import dates
from survey.waves import changing, waves
from translations import Conflict, NotFound, Refusal

HOME, OTHER = "06652", "06658"


@pytest.fixture
def send(province: Database) -> Callable[..., list[Any]]:
    def sent(
        count: int,
        unit: str = HOME,
        wave: str = "ho-mo",
        psu: str | None = None,
        c5: int | None = 1,
        mode: Mode = Mode.PAPER,
    ) -> list[Any]:
        ids = [uuid4() for _person in range(count)]
        with province.writing() as session:
            place = waves.place(session, wave, unit)
            for id in ids:
                submission.submit(session.connection(), place, id, mode, {"C5": c5} if c5 else {"C6": 1}, psu=psu)
        return ids

    return sent


def freeze(province: Database, wave: str, approve: bool = True, correction: str = "") -> int:
    with province.writing() as session:
        made = releases.freeze(session, waves.find(session, wave), "Lan", correction)
        if approve:
            release_steps.check(made, "Lan")
            releases.approve(session, made, "Minh")
        return made.number


def n_of(province: Database, wave: str, number: int) -> dict[str, int | None]:
    with province.reading() as session:
        release = releases.find(session, wave, number)
        people = sample(session, waves.find(session, wave), release)
        found = result_table.table(session, people, items=["C5=1"], by=["unit"])
        return {record.domain: record.n for record in found if record.n}


@pytest.mark.variants(1)
@pytest.mark.both_databases
def test_a_release_stands_still_whatever_comes_in(province: Database, send: Any, tmp_path: Path) -> None:
    send(6, wave="ho-mau", psu="V1")
    number = freeze(province, "ho-mau")
    before = n_of(province, "ho-mau", number)
    with province.reading() as session:
        kept = releases.find(session, "ho-mau", number).data
    send(30, wave="ho-mau", psu="V2", c5=3)
    assert n_of(province, "ho-mau", number) == before == {HOME: 6}
    with province.reading() as session:
        again = sample(session, waves.find(session, "ho-mau"), releases.find(session, "ho-mau", number))
    assert again.version == kept
    # Its rows can still be taken out: what the report's commands compute from.
    assert exporting.responses(province, "ho-mau", tmp_path / "released.csv", release=number).rows == 6
    assert exporting.responses(province, "ho-mau", tmp_path / "present.csv").rows == 36
    later = freeze(province, "ho-mau")
    freeze(province, "ho-mau", approve=False)
    with province.reading() as session:
        assert releases.newest_number(session, "ho-mau") == later == number + 1


def test_a_report_of_a_release_names_the_data_as_the_release_does(province: Database, send: Any) -> None:
    send(6, wave="ho-mau", psu="V1")
    number = freeze(province, "ho-mau")
    before = "0" * 64  # as digests were made of something else
    with province.writing() as session:
        releases.find(session, "ho-mau", number).data = before
    with province.reading() as session:
        said = summary.gather(session, "ho-mau", release=releases.find(session, "ho-mau", number))
    assert said.data_version == before


def test_a_release_leaves_out_what_was_rejected_before_and_keeps_what_is_rejected_later(
    province: Database, send: Any
) -> None:
    first, *others = send(8, wave="ho-mau", psu="V1")

    def reject(response: Any) -> None:
        with province.writing() as session:
            session.add(
                Review(
                    wave="ho-mau",
                    response=response,
                    state=ReviewState.REJECTED,
                    reason="twice",
                    person="Lan",
                    day=dates.today(),
                )
            )

    reject(first)
    number = freeze(province, "ho-mau")
    reject(others[0])
    assert n_of(province, "ho-mau", number) == {HOME: 7}
    with province.reading() as session:
        release = releases.find(session, "ho-mau", number)
        assert (releases.size(release), release.rejected) == (7, 1)
        assert sample(session, waves.find(session, "ho-mau")).rejected == 2


def test_a_commune_of_an_open_wave_is_shown_from_thirty_answers_on(province: Database, send: Any) -> None:
    send(30)
    send(29, unit=OTHER)
    assert n_of(province, "ho-mo", freeze(province, "ho-mo")) == {HOME: 30}


def test_a_commune_whose_forms_wait_is_never_told_to_have_none(province: Database, send: Any) -> None:
    send(30)
    send(29, unit=OTHER)
    number = freeze(province, "ho-mo")
    with province.reading() as session:
        told = summary.gather(session, "ho-mo", release=releases.find(session, "ho-mo", number))
        present = summary.gather(session, "ho-mo")
        records = result_table.estimates(session, "ho-mo", number, items=["C5=1"], by=["unit"])
    found = {one.domain: one for one in records}
    none = next(code for code in found if code not in (HOME, OTHER))
    for code in (OTHER, none):  # one that nobody answered in says the same, or the word would tell that some did
        assert found[code].flags == ("not_a_sample", "waits")
        assert (found[code].n, found[code].high, wording.figure(found[code])) == (None, None, "chưa tính")
    assert found[HOME].n == 30
    assert told.waiting == len(found) - 1
    assert present.waiting == 0
    assert "chờ bản sau" in release_words.waiting(told.waiting)


def test_who_freezes_or_signs_a_first_release_reads_how_many_forms_are_not_in_it(
    province: Database, app: Any, send: Any, sign_in: Any
) -> None:
    send(30)
    send(29, unit=OTHER)
    client = sign_in(app, "home_affairs")
    told = "29 phiếu không nằm trong bản này</strong> (Cao Xanh: 29)"
    assert told in client.get("/quan-tri/ho-mo/cong-bo/chot").text
    assert told in client.get(f"/quan-tri/ho-mo/cong-bo/{freeze(province, 'ho-mo')}").text


def test_newer_answers_of_an_open_wave_come_in_thirty_at_a_time_and_once_a_week(
    province: Database, send: Any
) -> None:
    send(31)
    send(30, unit=OTHER)
    assert n_of(province, "ho-mo", freeze(province, "ho-mo")) == {HOME: 31, OTHER: 30}
    send(29)
    send(30, unit=OTHER)
    with pytest.raises(Conflict, match="tuần"):
        freeze(province, "ho-mo")
    with province.writing() as session:
        session.execute(update(Release).values(frozen=dates.today() - timedelta(7)))
    assert n_of(province, "ho-mo", freeze(province, "ho-mo")) == {HOME: 31, OTHER: 60}


def test_what_two_releases_differ_by_would_itself_be_shown(province: Database, send: Any) -> None:
    """Whoever takes the older release off the newer one holds a table of the people in between."""

    def week_later() -> int:
        with province.writing() as session:
            session.execute(update(Release).values(frozen=dates.today() - timedelta(7)))
        return freeze(province, "ho-mo")

    first, *_others = send(40)
    freeze(province, "ho-mo")
    send(29, c5=None)
    send(1)  # 30 came, and one of them alone answered the question
    assert n_of(province, "ho-mo", week_later()) == {HOME: 40}
    send(29)
    with province.writing() as session:  # one whom a review takes out leaves with the others, and not alone
        out = {"wave": "ho-mo", "response": first, "state": ReviewState.REJECTED}
        session.add(Review(**out, reason="twice", person="Lan", day=dates.today()))
    assert n_of(province, "ho-mo", week_later()) == {HOME: 69}


def tables(province: Database, number: int) -> dict[tuple[Any, ...], tuple[int, int]]:
    """How many answered and how many gave a value, in every cell of every declared table of a release of ho-mau:
    what a reader works out who holds its figures, if nothing of a release were hidden."""
    found = {}
    with province.reading() as session:
        wave = waves.find(session, "ho-mau")
        people = sample(session, wave, releases.find(session, "ho-mau", number))
        for by in ([], ["unit"], ["stratum"], ["mode"]):
            for one in result_table.table(session, people, items=["C5", "C6"], by=by):
                if one.n:
                    found[*by, one.item, one.value, one.domain] = (one.n, one.events)
    return found


def shown(province: Database, number: int) -> dict[tuple[Any, ...], int]:
    """How many gave a value, in every cell of the declared tables that a release shows."""
    found = {}
    with province.reading() as session:
        wave = waves.find(session, "ho-mau")
        people = sample(session, wave, releases.find(session, "ho-mau", number))
        for by in ([], ["unit"], ["stratum"], ["mode"]):
            for one in result_table.table(session, people, items=["C5", "C6"], by=by, released=True):
                if one.estimate is not None:
                    found[*by, one.item, one.value, one.domain] = one.events
    return found


def between(province: Database, first: int, second: int) -> dict[tuple[Any, ...], tuple[int, int]]:
    """What is left in each cell when one release is taken off the other."""
    old, new = tables(province, first), tables(province, second)
    cells = {cell: (new.get(cell, (0, 0)), old.get(cell, (0, 0))) for cell in {*old, *new}}
    return {
        cell: (now[0] - before[0], now[1] - before[1]) for cell, (now, before) in cells.items() if now != before
    }


def reject(province: Database, response: Any) -> None:
    with province.writing() as session:
        out = {"wave": "ho-mau", "response": response, "state": ReviewState.REJECTED}
        session.add(Review(**out, reason="twice", person="Lan", day=dates.today()))


def test_two_releases_of_a_sample_taken_off_each_other_tell_nothing_of_few_forms(
    province: Database, send: Any
) -> None:
    """Neither of those who came late nor of one whom a review took out, in no table, the province's neither."""
    first, *_others = send(40, wave="ho-mau", psu="V1")
    send(40, wave="ho-mau", unit=OTHER, psu="V3")
    one = freeze(province, "ho-mau")
    send(28, wave="ho-mau", psu="V2", c5=3)
    reject(province, first)
    two = freeze(province, "ho-mau")
    assert between(province, one, two) == {}
    with province.reading() as session:
        found = releases.find(session, "ho-mau", two)
        assert (found.rejected, releases.differences(session, found)) == (0, [])
        assert releases.waiting(session, found) == [releases.Changed(HOME, 28, 1)]
    send(1, wave="ho-mau", psu="V2", c5=3)  # the thirtieth that changed
    send(3, wave="ho-mau", unit=OTHER, psu="V4", c5=3)
    three = freeze(province, "ho-mau")
    left = between(province, two, three)
    assert left["C5", "3", None] == (28, 29)  # 29 came, one went
    assert ("unit", "C5", "3", OTHER) not in left
    with province.reading() as session:
        found = releases.find(session, "ho-mau", three)
        assert releases.differences(session, found) == [releases.Changed(HOME, 29, 1)]
        assert releases.waiting(session, found) == [releases.Changed(OTHER, 3, 0)]
        assert found.rejected == 1


@pytest.mark.variants(1)
@pytest.mark.parametrize("apart", ["mode", "stratum"])
def test_few_forms_of_a_way_of_answering_or_a_stratum_wait_with_their_commune(
    province: Database, send: Any, apart: str
) -> None:
    """Tables by either are declared: what changed in a commune may be one form of a group of people of many."""
    if apart == "stratum":
        with province.writing() as session:
            for village in session.scalars(select(Village).where(Village.wave == "ho-mau")):
                village.stratum = "1" if village.psu in ("V1", "V3") else "2"
    send(40, wave="ho-mau", psu="V1")
    send(40, wave="ho-mau", psu="V2")
    send(40, wave="ho-mau", unit=OTHER, psu="V3")
    one = freeze(province, "ho-mau")
    send(30, wave="ho-mau", psu="V1")
    send(1, wave="ho-mau", psu="V2", c5=3, mode=Mode.PHONE if apart == "mode" else Mode.PAPER)
    send(30, wave="ho-mau", unit=OTHER, psu="V3")
    two = freeze(province, "ho-mau")
    left = between(province, one, two)
    assert min(abs(n) for n, _events in left.values()) >= 30
    assert left["unit", "C5", "1", OTHER] == (30, 30)
    assert ("unit", "C5", "1", HOME) not in left
    with province.reading() as session:
        assert releases.waiting(session, releases.find(session, "ho-mau", two)) == [releases.Changed(HOME, 31, 0)]


def test_few_forms_come_in_as_a_declared_correction_and_the_report_says_so(province: Database, send: Any) -> None:
    send(40, wave="ho-mau", psu="V1")
    with pytest.raises(Refusal, match="đính chính"):
        freeze(province, "ho-mau", correction="Nhập nhầm")
    one = freeze(province, "ho-mau")
    send(2, wave="ho-mau", psu="V2", c5=3)
    two = freeze(province, "ho-mau", correction=" Thôn 2 bị bỏ sót ")
    assert between(province, one, two)["C5", "3", None] == (2, 2)
    with province.reading() as session:
        said = summary.gather(session, "ho-mau", release=releases.find(session, "ho-mau", two))
        former = summary.gather(session, "ho-mau", release=releases.find(session, "ho-mau", one))
    words = "Sở Nội vụ nêu lý do: Thôn 2 bị bỏ sót."
    assert words in str(contents(said))
    with province.reading() as session:
        assert words in " ".join(about(Bundle.of(session, "ho-mau")))
    assert words in str(of_commune(said, said.units[0]))
    assert "Lan" not in str(contents(said)), "an account is no public matter"
    assert "nêu lý do" not in str(contents(former))
    send(30)
    freeze(province, "ho-mo")
    with province.writing() as session:
        session.execute(update(Release).values(frozen=dates.today() - timedelta(7)))
    with pytest.raises(Refusal, match="đính chính"):
        freeze(province, "ho-mo", correction="Nhập nhầm")


def test_forms_that_make_one_known_case_two_wait_though_they_are_many(province: Database, send: Any) -> None:
    """The province's figures say that one of the 31 gave the answer: so it was one before, and is two."""
    with province.writing() as session:
        for unit in ("06661", "06673"):
            session.add(Village(wave="ho-mau", psu=unit, unit=unit, stratum=unit, name=unit))
    for unit, psu in ((HOME, "V1"), (OTHER, "V3"), ("06661", "06661"), ("06673", "06673")):
        send(40, wave="ho-mau", unit=unit, psu=psu)
        for answer in (2, 3):
            many = {HOME: 1, OTHER: 2}.get(unit, 7)
            send(many, wave="ho-mau", unit=unit, psu=psu, c5=answer)
    one = freeze(province, "ho-mau")
    send(30, wave="ho-mau", psu="V2")
    send(1, wave="ho-mau", psu="V2", c5=3)
    two = freeze(province, "ho-mau")
    assert between(province, one, two) == {}
    with province.reading() as session:
        found = releases.find(session, "ho-mau", two)
        assert releases.waiting(session, found) == [releases.Changed(HOME, 31, 0)]
    three = freeze(province, "ho-mau", correction="Thôn 2 bị bỏ sót")
    assert between(province, two, three)["unit", "C5", "3", HOME] == (31, 1)


def go_on(client: FlaskClient, address: str, **fields: Any) -> Any:
    """Takes a step on its page past all that is open."""
    page = client.get(address).text
    token = page.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
    ticked = dict.fromkeys(re.findall(r'name="([^"]+-da-xem)"', page), "1")
    reasons = dict.fromkeys(re.findall(r'name="([^"]+-vi-sao)"', page), "Chưa vội")
    return client.post(address, data={"csrf_token": token, **ticked, **reasons, **fields})


def test_the_page_and_the_commands_say_by_how_much_a_release_differs_and_where(
    app: Flask, province: Database, send: Any, sign_in: Any
) -> None:
    send(40, wave="ho-mau", psu="V1")
    send(40, wave="ho-mau", unit=OTHER, psu="V3")
    freeze(province, "ho-mau")
    send(31, wave="ho-mau", psu="V2")
    send(3, wave="ho-mau", unit=OTHER, psu="V4", c5=3)
    with province.writing() as session:
        session.add(Batch(code="B1", wave="ho-mau", psu="V1", printed=dates.today()))
        session.flush()
        session.add(Sheet(serial="B11", batch="B1", place=1))
    client = sign_in(app, "home_affairs")
    page = "/quan-tri/ho-mau/cong-bo"
    preview = client.get(f"{page}/chot").text
    assert "Chốt số liệu: 1 nơi khác bản số 1" in preview
    assert "31 phiếu đến sau" in preview
    assert client.get("/quan-tri/ho-mau/?ban=0").status_code == 200
    assert "/quan-tri/ho-mau/?ban=0" in preview
    assert 'maxlength="500"' in preview
    assert go_on(client, f"{page}/chot").status_code == 303
    told = client.get(page).text
    assert "Số phiếu thay đổi so với bản công bố trước, 31: Hà Tu +31" in told
    assert "Số phiếu đang chờ hoặc đến sau, 3: Cao Xanh +3" in told
    named = {"ly-do": "Ông Nguyễn Văn Nam bịa phiếu"}  # everybody reads it, and nobody can take it back
    assert 'name="duoc-doc"' in go_on(client, f"{page}/chot", **named).text
    assert go_on(client, f"{page}/chot", **{"ly-do": "Thôn V4 bị bỏ sót"}).status_code == 303
    told = client.get(page).text
    assert "thay đổi so với bản công bố trước, 34: Hà Tu +31; Cao Xanh +3" in told
    assert "Bản đính chính, do home_affairs khai: Thôn V4 bị bỏ sót" in told
    assert "đang chờ" not in told
    record = client.get(f"{page}/3").text
    assert "1 nơi có chưa đến 30 phiếu khác: Cao Xanh" in record
    assert "Chưa vội" in record


def test_nothing_to_show_is_no_release(province: Database, send: Any) -> None:
    send(29)
    for wave in ("ho-mo", "ho-mau"):
        with pytest.raises(Conflict, match="30"):
            freeze(province, wave)


def test_a_release_goes_through_two_pairs_of_hands(province: Database, send: Any) -> None:
    send(5, wave="ho-mau", psu="V1")
    number = freeze(province, "ho-mau", approve=False)
    with province.writing() as session:
        release = releases.find(session, "ho-mau", number)
        with pytest.raises(Conflict, match="kiểm tra"):
            releases.approve(session, release, "Minh")
        release_steps.check(release, "Lan")
        with pytest.raises(Conflict, match="người khác"):
            releases.approve(session, release, "Lan")
        assert releases.newest(session, "ho-mau") is None
        releases.approve(session, release, "Minh")
        with pytest.raises(Conflict, match="kiểm tra"):
            release_steps.check(release, "Hoa")
        with pytest.raises(Conflict, match="duyệt"):
            releases.approve(session, release, "Hoa")
        assert [person for _day, person in release_steps.hands(release)] == ["Lan", "Lan", "Minh"]
        assert releases.newest(session, "ho-mau") is release


def test_once_the_newest_release_is_withdrawn_nothing_older_comes_back(province: Database, send: Any) -> None:
    send(40, wave="ho-mau", psu="V1")
    first = freeze(province, "ho-mau")
    send(35, wave="ho-mau", psu="V2")
    second = freeze(province, "ho-mau")
    with province.writing() as session:
        one, two = (releases.find(session, "ho-mau", number) for number in (first, second))
        assert releases.newest_public(session, "ho-mau") == releases.Publication(two, None, one)
        with pytest.raises(Conflict, match="không phải"):
            releases.withdraw(session, one, "Sai quyền số", "Minh")
        for reason in (" ", "x" * 501):
            with pytest.raises(Refusal, match="lý do|vì sao"):
                releases.withdraw(session, two, reason, "Minh")
        releases.withdraw(session, two, " Sai quyền số ", "Minh")
        assert (two.withdrawn, two.withdrawn_by, two.withdrawal) == (dates.today(), "Minh", "Sai quyền số")
        with pytest.raises(Conflict, match="Minh"):
            releases.withdraw(session, two, "Nữa", "Hoa")
        assert releases.newest_public(session, "ho-mau") == releases.Publication(None, two, one)
        assert (releases.newest(session, "ho-mau"), releases.newest_number(session, "ho-mau")) == (None, None)
        assert release_steps.state(two, None, two) == "withdrawn"


def test_what_changed_since_a_withdrawn_release_still_comes_in_together(province: Database, send: Any) -> None:
    """It was shown: whoever kept it takes it off the next one."""
    send(40, wave="ho-mau", psu="V1")
    number = freeze(province, "ho-mau")
    with province.writing() as session:
        releases.withdraw(session, releases.find(session, "ho-mau", number), "Sai quyền số", "Minh")
    send(3, wave="ho-mau", psu="V2", c5=3)
    later = freeze(province, "ho-mau")
    assert n_of(province, "ho-mau", later) == {HOME: 40}
    with province.reading() as session:
        found = releases.find(session, "ho-mau", later)
        assert releases.waiting(session, found) == [releases.Changed(HOME, 3, 0)]
        assert releases.newest_number(session, "ho-mau") == later


def test_only_the_newest_release_can_be_approved(province: Database, send: Any) -> None:
    """Two that were frozen beside one another could else be shown one after the other on one day."""
    send(30)
    first = freeze(province, "ho-mo", approve=False)
    send(1)
    freeze(province, "ho-mo", approve=False)
    with province.writing() as session:
        old = releases.find(session, "ho-mo", first)
        release_steps.check(old, "Lan")
        with pytest.raises(Conflict):
            releases.approve(session, old, "Minh")
        with pytest.raises(NotFound):
            releases.find(session, "ho-mo", 9)


@pytest.fixture
def reader(app: Flask, province: Database, sign_in: Any, account: Any) -> FlaskClient:
    """Somebody of the commune, signed in."""
    with province.writing() as session:
        account(session, "xa", Role.COMMUNE, HOME)
    return sign_in(app, "xa")  # type: ignore[no-any-return]


def test_a_commune_sees_nothing_before_a_release_and_one_submission_changes_nothing_after(
    province: Database, reader: FlaskClient, send: Any
) -> None:
    send(40)
    assert "Chưa công bố" in reader.get("/quan-tri/ho-mo/xa-minh").text
    assert 'href="/quan-tri/ho-mo/tien-do"' in reader.get("/quan-tri/").text
    freeze(province, "ho-mo")
    assert 'href="/quan-tri/ho-mo/xa-minh"' in reader.get("/quan-tri/").text  # the first thing they look for
    before = reader.get("/quan-tri/ho-mo/xa-minh")
    assert before.status_code == 200
    assert "40 phiếu" in before.text
    send(1, c5=3)
    after = reader.get(
        "/quan-tri/ho-mo/xa-minh"
    ).text  # its head holds a token against forged forms, of the second
    assert after.partition("<main")[2] == before.text.partition("<main")[2] != ""
    for elsewhere in ("", "don-vi", f"don-vi/{OTHER}", "cau-hoi", "cach-tinh", "bao-cao", "cong-bo"):
        assert reader.get(f"/quan-tri/ho-mo/{elsewhere}").status_code == 403, elsewhere


def test_programs_read_the_release_and_a_draft_is_for_those_that_read_rows_and_says_so(
    province: Database, client: FlaskClient, send: Any
) -> None:
    """Two drafts, one form apart, would tell whoever reads no rows what one person answered."""
    send(35)
    with province.writing() as session:
        scopes = {"may": [tokens.Scope.RESULTS], "kho": [tokens.Scope.RESULTS, tokens.Scope.ROWS]}
        given = {name: tokens.add(session, name, Role.HOME_AFFAIRS, scope=scope) for name, scope in scopes.items()}

    def read(name: str) -> Any:
        address = "/api/v1/waves/ho-mo/results?item=C5%3D1"
        return client.get(address, headers={"Authorization": f"Bearer {given[name]}"})

    assert (read("may").status_code, "Hailong-Release" in read("may").headers) == (404, False)
    draft = read("kho")
    assert (draft.headers["Hailong-Release"], draft.json[0]["n"]) == ("draft", 35)
    assert draft.headers["Hailong-Dissemination"] == "internal"
    freeze(province, "ho-mo")
    send(3)
    for name in scopes:
        assert (read(name).headers["Hailong-Release"], read(name).json[0]["n"]) == ("1", 35)
        assert read(name).headers["Hailong-Dissemination"] == "open"


def test_whoever_reads_a_withdrawn_release_reads_why(
    app: Flask, province: Database, client: FlaskClient, reader: FlaskClient, send: Any, sign_in: Any
) -> None:
    send(35)
    with province.writing() as session:
        token = tokens.add(session, "may", Role.HOME_AFFAIRS)
    number = freeze(province, "ho-mo")
    staff = sign_in(app, "home_affairs")
    shown = staff.get("/quan-tri/ho-mo/").text
    assert "Dự thảo" not in shown  # nothing came since: the release is what is shown
    assert "ản công bố số 1" in shown
    with province.writing() as session:
        releases.withdraw(session, releases.find(session, "ho-mo", number), "Sai quyền số", "Minh")
    asks = {"Authorization": f"Bearer {token}"}
    answer = client.get("/api/v1/waves/ho-mo/results", headers=asks)
    assert (answer.status_code, "Sai quyền số" in answer.json["detail"]) == (410, True)
    [row] = [one for one in client.get("/api/v1/waves", headers=asks).json if one["code"] == "ho-mo"]
    why = {"release": number, "day": dates.today().isoformat(), "reason": "Sai quyền số"}
    assert (row["release"], row["withdrawn"]) == (None, why)
    assert "Sai quyền số. Đây là số liệu hiện có" in staff.get("/quan-tri/ho-mo/").text
    own = reader.get("/quan-tri/ho-mo/xa-minh").text
    assert "Sai quyền số." in own
    assert "35 phiếu" not in own
    with province.reading() as session:
        found = summary.gather(session, "ho-mo", release=releases.find(session, "ho-mo", number))
        assert found.draft
        assert not releases.newest(session, "ho-mo")


def test_a_form_that_came_since_makes_pages_show_a_draft(
    app: Flask, province: Database, send: Any, sign_in: Any
) -> None:
    send(35)
    freeze(province, "ho-mo")
    client = sign_in(app, "home_affairs")
    send(1)
    assert "Dự thảo" in client.get("/quan-tri/ho-mo/").text


def test_who_reads_no_rows_learns_nothing_of_one_form_that_comes_after_a_release(
    app: Flask, province: Database, send: Any, sign_in: Any, account: Any
) -> None:
    """An attacker with such an account keeps every page and file, before and after a form, and looks for any
    difference; who may read rows sees the present data."""
    addresses = [
        f"/quan-tri/ho-mau/{place}{'&' if '?' in place else '?'}{release}"
        for place in (
            "",
            "don-vi",
            "don-vi/06652",
            "don-vi.csv",
            "cau-hoi",
            "bang?item=C5&theo=unit",
            "cach-tinh?item=C5=1,2",
            "bao-cao/csv",
            "bao-cao/json",
        )
        for release in ("", "ban=0")
    ]

    def read(client: FlaskClient) -> list[str]:
        answers = [client.get(address) for address in addresses]
        assert {answer.status_code for answer in answers} <= {200, 404}
        assert sum(answer.status_code == 200 for answer in answers) >= len(answers) - 4
        volatile = (
            r'name="csrf_token"[^>]*>|<strong>\d+</strong> <a href="/quan-tri/ho-mau/ra-soat">'  # forms to review
        )
        return [re.sub(volatile, "", answer.text) for answer in answers]

    for psu in ("V1", "V2"):
        send(40, wave="ho-mau", psu=psu)
    send(40, wave="ho-mau", unit=OTHER, psu="V3", c5=2)
    freeze(province, "ho-mau")
    with province.writing() as session:
        account(session, "head", Role.HEAD)
    kept = {who: read(sign_in(app, who)) for who in ("head", "admin", "home_affairs")}
    send(1, wave="ho-mau", psu="V1", c5=3)
    for who, before in kept.items():
        after = read(sign_in(app, who))
        changed = [place for place, old, new in zip(addresses, before, after, strict=True) if old != new]
        assert bool(changed) == (who == "home_affairs"), (who, changed)


def test_a_release_is_what_is_shown_until_something_comes_the_second_one_too(
    province: Database, send: Any
) -> None:
    def is_shown(number: int) -> bool:
        with province.reading() as session:
            wave = waves.find(session, "ho-mau")
            return releases.is_current(session, wave, releases.find(session, "ho-mau", number))

    send(40, wave="ho-mau", psu="V1")
    first = freeze(province, "ho-mau")
    assert is_shown(first)
    send(40, wave="ho-mau", unit=OTHER, psu="V3")
    second = freeze(province, "ho-mau")
    assert (is_shown(first), is_shown(second)) == (False, True)
    send(1, wave="ho-mau", psu="V2")
    assert not is_shown(second)


def test_the_page_takes_a_release_from_the_freezing_to_the_issued_report(
    app: Flask, province: Database, send: Any, sign_in: Any, account: Any
) -> None:
    send(6, wave="ho-mau", psu="V1")
    send(6, unit=OTHER, wave="ho-mau", psu="V3")
    with province.writing() as session:
        account(session, "head", Role.HEAD)
    one, two, head = (sign_in(app, name) for name in ("home_affairs", "admin", "head"))
    page = "/quan-tri/ho-mau/cong-bo"

    def step(client: FlaskClient, address: str = page, **fields: Any) -> Any:
        token = client.get(page).text.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
        return client.post(address, data=fields | {"csrf_token": token}, follow_redirects=True)

    assert "Chưa công bố" in one.get(page).text
    assert go_on(one, f"{page}/chot").status_code == 303
    early = head.get(f"{page}/1/duyet")
    assert early.status_code == 409
    assert "Sở Nội vụ kiểm tra số liệu trước" in early.text
    assert "Duyệt</button>" not in early.text
    assert go_on(one, f"{page}/1/kiem-tra").status_code == 303
    assert [person.get(f"{page}/1/duyet").status_code for person in (one, two)] == [403, 403]
    assert go_on(head, f"{page}/1/duyet").status_code == 303

    def issue(number: str, keep: bool = True, late: int = 0) -> Any:
        """Sends the form, and sends it again as its page shows it."""
        fields = {"number": number, "day": (dates.today() + timedelta(late)).isoformat()}
        shown = step(two, f"{page}/phat-hanh", **fields)
        seen = re.search(r'name="seen"[^>]*value="([^"]*)"', shown.text)
        return step(two, f"{page}/phat-hanh", **fields, seen=unescape(seen[1])) if keep and seen else shown

    assert issue("").status_code == 422
    for number, late in (("12x<b>", 0), ("x", 0), ("12", 1), ("12", -400)):
        refused = issue(number, keep=False, late=late)
        assert (refused.status_code, "Số: " in refused.text) == (400, False)
    shown = issue("12", keep=False)
    assert (shown.status_code, "Số: 12/BC-SNV" in shown.text) == (200, True)
    assert two.get(f"{page}/1/pdf").status_code == 404  # shown, and not kept
    assert "12/BC-SNV" in issue("12").text
    first = two.get(f"{page}/1/pdf").data
    assert first.startswith(b"%PDF")
    again = issue("12/BC-SNV")
    assert (again.status_code, "12/BC-SNV" in again.text) == (409, True)
    told = issue("13/BC-SNV")
    assert (told.status_code, "thay" in told.text) == (200, True)
    send(18, wave="ho-mau", psu="V2", c5=3)
    assert two.get(f"{page}/1/pdf").data == first
    overview = "/quan-tri/ho-mau/"
    assert "Xem số liệu hiện có" not in two.get(f"{overview}?ban=1").text, "she reads no rows"
    present, released = one.get(overview).text, one.get(f"{overview}?ban=1").text
    assert "Đây là số liệu hiện có" in present
    assert '<a href="?ban=1">Xem bản công bố số 1</a>' in present
    assert "ản công bố số 1" in released
    assert '<a href="?">Xem số liệu hiện có</a>' in released
    for kept in (f"{overview}don-vi?ban=1", f"{overview}cach-tinh?item=index&amp;ban=1"):
        assert f'href="{kept}"' in released, "figures of a release lead to figures of the same release"
    assert f'href="{overview}tien-do"' in released
    how = f"{overview}cach-tinh?item=C5=1,2"  # a figure that no report has; in the release 12 people are too few
    assert "Số người trả lời" in one.get(how).text
    assert "Số người trả lời" not in one.get(f"{how}&ban=1").text
    assert "--item C5=1,2 --released --release 1 --output json" in two.get(f"{how}&ban=1").text
    assert two.get(f"{page}/2/docx").data.startswith(b"PK")
    assert two.get(f"{page}/3/pdf").status_code == 404


def test_who_approves_a_wave_that_was_renamed_meanwhile_looks_again(
    app: Flask, province: Database, send: Any, sign_in: Any, account: Any
) -> None:
    send(40, wave="ho-mau", psu="V1")
    with province.writing() as session:
        account(session, "head", Role.HEAD)
        made = releases.freeze(session, waves.find(session, "ho-mau"), "Lan")
        release_steps.check(made, "Lan")
    head, page = sign_in(app, "head"), "/quan-tri/ho-mau/cong-bo/1/duyet"
    fields = dict(re.findall(r'name="(csrf_token|dot)"[^>]*value="([^"]+)"', head.get(page).text))
    with province.writing() as session:
        changing.change(session, "ho-mau", changing.Change(title="Tên khác"))
        release_steps.check(releases.find(session, "ho-mau", 1), "Hoa")
    refused = head.post(page, data=fields)
    assert (refused.status_code, "người khác đã sửa đợt này" in refused.text) == (409, True)
    with province.reading() as session:
        assert releases.newest(session, "ho-mau") is None
    assert go_on(head, page).status_code == 303


def test_what_was_typed_is_sent_once_the_password_is_given_again(
    app: Flask, province: Database, send: Any, sign_in: Any, account: Any
) -> None:
    send(40, wave="ho-mau", psu="V1")
    number = freeze(province, "ho-mau")
    with province.writing() as session:
        account(session, "head", Role.HEAD)
    head = sign_in(app, "head")
    page = f"/quan-tri/ho-mau/cong-bo/{number}/thu-hoi"
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', head.get(page).text)
    assert token is not None
    with province.writing() as session:
        session.execute(update(SignIn).values(authenticated_at=0))
    sent = {"csrf_token": token[1], "ly-do": "Sai “quyền số”\r\ndòng 2"}
    first = head.post(page, data=sent)
    assert (first.status_code, first.location.partition("?")[0]) == (307, "/xac-nhan")
    asked = head.post(first.location, data=sent)  # as a browser does
    assert asked.status_code == 200
    along = {
        name: unescape(text)
        for name, text in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', asked.text)
    }
    given = {"csrf_token": token[1], **along}
    assert head.post("/xac-nhan", data={**given, "password": "sai mat khau"}).status_code == 422
    back = head.post("/xac-nhan", data={**given, "password": "mat-khau-dai"})
    assert (back.status_code, back.location.partition("?")[0]) == (307, page)
    assert head.post(page, data={**given, "password": "mat-khau-dai"}).status_code == 303
    with province.reading() as session:
        assert "dòng 2" in (releases.find(session, "ho-mau", number).withdrawal or "")


def test_wherever_figures_of_a_withdrawn_release_are_asked_for_its_reason_stands(
    app: Flask, province: Database, send: Any, sign_in: Any, account: Any
) -> None:
    send(40, wave="ho-mau", psu="V1")
    reason = "Nhập nhầm một xã."
    with province.writing() as session:
        account(session, "xa", Role.COMMUNE, HOME)
        token = tokens.add(session, "may", Role.HOME_AFFAIRS, scope=(Scope.ROWS,))
    staff, own = sign_in(app, "home_affairs"), sign_in(app, "xa")
    pages = "/quan-tri/ho-mau"

    def read() -> str:
        page = staff.get(f"{pages}/cong-bo/1").text
        return unescape(page.partition("<blockquote>")[2].partition("</blockquote>")[0])

    freeze(province, "ho-mau")
    assert "Chỉ số hài lòng" in read()
    assert "Đã công bố bản số 1" in own.get("/quan-tri/").text
    with province.writing() as session:
        releases.withdraw(session, releases.find(session, "ho-mau", 1), reason, "Minh")
    assert (reason in read(), "Chỉ số hài lòng" in read()) == (True, False)
    listed = own.get("/quan-tri/").text
    assert "Đã thu hồi bản số 1" in listed
    assert "/cong-bo/1" not in listed
    assert reason in own.get(f"{pages}/xa-minh").text
    assert reason in staff.get(f"{pages}/du-lieu-mo").text
    asked = [own.get(f"{pages}/xa-minh/{name}") for name in ("bieu-do.svg", "bao-cao.pdf")]
    asked += [staff.get(f"{pages}/{name}") for name in ("cong-bo/phat-hanh", "du-lieu-mo.zip")]
    assert [(one.status_code, reason in one.text) for one in asked] == [(410, True)] * 4
    head = {"Authorization": f"Bearer {token}"}
    rows = app.test_client().get("/api/v1/waves/ho-mau/rows.csv", headers=head)
    assert (rows.status_code, reason in rows.get_json(force=True)["detail"]) == (410, True)
    send(40, wave="ho-mau", psu="V2")
    freeze(province, "ho-mau")
    assert read().startswith("Số liệu của bản 2.")
    assert reason in read()


@pytest.mark.parametrize("late", [1, -1])
def test_a_report_bears_a_day_from_the_approval_up_to_today(province: Database, send: Any, late: int) -> None:
    send(6, wave="ho-mau", psu="V1")
    freeze(province, "ho-mau")
    day = dates.today() + timedelta(late)
    with province.writing() as session:
        release = releases.find(session, "ho-mau", 1)
        with pytest.raises(Refusal, match="ngày"):
            issuing.issue(session, release, "1/BC-SNV", day, "Lan")


def test_the_waves_weights_of_that_day_hold_in_a_release(province: Database, send: Any) -> None:
    ids = send(4, wave="ho-mau", psu="V1") + send(4, wave="ho-mau", psu="V2", c5=3)
    number = freeze(province, "ho-mau")
    with province.writing() as session:
        wave: Wave = waves.find(session, "ho-mau")
        version = NewWeights(session, wave, "test")
        version.add({id: 9.0 if place < 4 else 1.0 for place, id in enumerate(ids)})
        version.keep()
    with province.reading() as session:
        wave = waves.find(session, "ho-mau")
        shares = [
            result_table.table(session, people, items=["C5=1"])[0].estimate
            for people in (sample(session, wave, releases.find(session, "ho-mau", number)), sample(session, wave))
        ]
    assert shares == pytest.approx([0.5, 0.9])


def test_a_version_of_the_weights_that_moves_none_is_not_called_other_weights(
    app: Flask, province: Database, send: Any, sign_in: Any
) -> None:
    def weigh(weights: dict[Any, float]) -> None:
        with province.writing() as session:
            version = NewWeights(session, waves.find(session, "ho-mau"), "test")
            version.add(weights)
            version.keep()

    ids = send(40, wave="ho-mau", psu="V1") + send(40, wave="ho-mau", unit=OTHER, psu="V3")
    weigh(dict.fromkeys(ids, 100.0))
    freeze(province, "ho-mau")
    weigh(dict.fromkeys(send(1, wave="ho-mau", psu="V1"), 100.0))
    client, page = sign_in(app, "home_affairs"), "/quan-tri/ho-mau/cong-bo/chot"
    told = client.get(page).text
    assert "Chốt số liệu: phiếu như bản số 1 ·" in told
    assert "sẽ chốt 80 phiếu" in told
    assert "Hà Tu: 1 phiếu còn chờ hoặc đến sau" in told
    assert "quyền số khác" not in told.lower()
    assert "?ban=1" in told
    assert "?ban=0" not in told
    weigh({ids[0]: 50.0})
    told = client.get(page).text
    assert "phiếu như bản số 1, quyền số khác" in told
    assert "Xem số liệu hiện có, kể cả phiếu còn chờ" in told
    assert "Xem số liệu hiện có" not in sign_in(app, "admin").get(page).text  # who reads no rows


def test_of_many_who_came_nobody_learns_that_one_or_two_said_it(province: Database, send: Any) -> None:
    """Planted: of 40 who came in one commune two, in another one, in a third seven gave the secret answer; 3 did
    before in each. The outsider takes every figure that both releases show off the other."""
    units = {HOME: ("V1", 2), OTHER: ("V3", 1), "06661": ("06661", 7), "06673": ("06673", 7)}
    with province.writing() as session:
        for unit in ("06661", "06673"):
            session.add(Village(wave="ho-mau", psu=unit, unit=unit, stratum=unit, name=unit))
    for unit, (psu, _count) in units.items():
        for answer, count in ((1, 20), (2, 17), (3, 3)):
            send(count, wave="ho-mau", unit=unit, psu=psu, c5=answer)
    one = freeze(province, "ho-mau")
    for unit, (psu, count) in units.items():
        for answer, many in ((1, 20), (2, 20 - count), (3, count)):
            send(many, wave="ho-mau", unit=unit, psu=psu, c5=answer)
    two = freeze(province, "ho-mau")
    with province.reading() as session:
        assert releases.waiting(session, releases.find(session, "ho-mau", two)) == []
    old, new = shown(province, one), shown(province, two)
    assert all(old["unit", "C5", "3", unit] == 3 for unit in units)
    for by in ("unit", "stratum"):
        left = {unit: new[by, "C5", "3", unit] - 3 for unit in units if (by, "C5", "3", unit) in new}
        assert set(left.values()) == {7}, "neither of the two who said it, nor of the one; of others it is told"
        for unit in (HOME, OTHER):  # nor as what the other answers leave of those who answered
            assert {(by, "C5", value, unit) in new for value in "12"} == {True, False}
    assert new["C5", "3", None] == 29, "the province says what all communes say together"


def test_nothing_is_hidden_or_waits_for_those_who_came_where_that_helps_nobody(
    province: Database, send: Any
) -> None:
    """Of the only ones who came the whole tells what each answered; and that two were spared harms neither."""
    for unit, psu in ((HOME, "V1"), (OTHER, "V3")):
        for answer in (1, 2, 3):
            send(20, wave="ho-mau", unit=unit, psu=psu, c5=answer)
    freeze(province, "ho-mau")
    for answer, many in ((1, 2), (2, 37), (3, 1)):
        send(many, wave="ho-mau", psu="V1", c5=answer)
    two = freeze(province, "ho-mau")
    with province.reading() as session:
        assert releases.waiting(session, releases.find(session, "ho-mau", two)) == []
    new = shown(province, two)
    assert (new["unit", "C5", "1", HOME], new["C5", "1", None]) == (22, 42)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_who_freeze_at_once_one_waits(province: Database, send: Callable[..., list[Any]]) -> None:
    send(40)
    began, refusals = threading.Event(), []

    def second() -> None:
        began.set()
        with pytest.raises(Conflict) as refusal:
            freeze(province, "ho-mo", approve=False)
        refusals.append(str(refusal.value))

    other = threading.Thread(target=second)
    with province.writing() as session:
        assert releases.freeze(session, waves.find(session, "ho-mo"), "Lan").number == 1
        other.start()
        began.wait()
        other.join(0.3)
        assert other.is_alive()  # it waits for the one who came first
    other.join()
    [refusal] = refusals
    assert "số 1 chứa đúng dữ liệu này" in refusal  # two of one kind would be checked one for the other
