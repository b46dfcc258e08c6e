"""What is said of remarks: counts by theme with the few hidden, frozen by a release, destroyed with the texts."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from openpyxl import load_workbook

from survey.fieldwork import reviews
from survey.operations import purge
from survey.remarks import codings, paraphrases, themes
from survey.reports import commune, remarks, report
from survey.responses import submission
from survey.results import release_steps, releases, summary, wording
from survey.results.remarks import Remarks, gather
from survey.results.wording import counted
from survey.storage.database import Database
from survey.storage.models import Mode, Paraphrase, Release, ReviewState, Wave
from survey.system import dates
from survey.waves import waves
from translations import Conflict

pytestmark = pytest.mark.usefixtures("key")  # purge renews it
SAID = "Có người mong gọi số theo giờ hẹn."


def write(database: Database, unit: str, *about: str) -> None:
    """A remark of a unit in the wave `gop-y`, coded; "" leaves it unread."""
    with database.writing() as session:
        place = waves.place(session, "gop-y", unit)
        for theme in about:
            id = uuid4()
            submission.submit(
                session.connection(), place, id, Mode.INTERVIEWER, {"hl_chung": 4, "gop_y": f"về {theme}"}
            )
            if theme:
                codings.code(session, place.wave, id, codings.FIRST, [theme], "lan")


def told(database: Database, release: Release | None = None) -> Remarks:
    with database.reading() as session:
        found = gather(session, waves.find(session, "gop-y"), release)
    assert found is not None
    return found


def counts(database: Database, unit: str, release: Release | None = None) -> dict[str, str]:
    lines = told(database, release).units[unit].lines
    return {line.code: counted(line.count, line.mark) for line in lines}


@pytest.fixture
def spoken(province: Database) -> Database:
    """Hà Tu: 6 about waiting, 4 about land, one unread; Cao Xanh: 8 about waiting, 1 about land; and silence."""
    write(province, "06652", *["thoi_gian"] * 6, *["dat_dai"] * 4, "")
    write(province, "06658", *["thoi_gian"] * 8, "dat_dai", *["khen"] * 25)
    with province.writing() as session:
        place = waves.place(session, "gop-y", "06652")
        for _person in range(20):
            submission.submit(session.connection(), place, uuid4(), Mode.PHONE, {"hl_chung": 4})
        paraphrases.add(session, "gop-y", "06652", "thoi_gian", SAID, "lan")
        paraphrases.add(session, "gop-y", "06652", "dat_dai", "Có người chờ sổ đỏ.", "lan")
    return province


def test_a_few_are_under_5_and_their_sentence_waits(spoken: Database) -> None:
    found = told(spoken)
    assert (found.whole.asked, found.whole.written, found.unread) == (65, 44, 1)
    own = found.units["06652"]
    assert (own.asked, own.written) == (31, 10)
    by_code = {line.code: line for line in own.lines}
    assert (by_code["thoi_gian"].count, by_code["thoi_gian"].share) == (6, 0.6)
    assert by_code["thoi_gian"].paraphrases == (SAID,)
    assert (by_code["dat_dai"].count, by_code["dat_dai"].share, by_code["dat_dai"].paraphrases) == (None, None, ())
    assert counts(spoken, "06652")["dat_dai"] == "dưới 5" == counts(spoken, "06652")["chi_phi"]
    assert next(line.count for line in found.whole.lines if line.code == "dat_dai") == 5


def test_what_would_tell_of_one_person_is_hidden_and_a_rejected_form_is_out(province: Database) -> None:
    write(province, "06652", *["khen"] * 5, *["khac"] * 2)
    write(province, "06658", *["khen"] * 8, *["thoi_gian"] * 6)
    write(province, "06661", *["khac"] * 3)
    write(province, "06673", *["khen"] * 9)
    with province.writing() as session:
        found = waves.find(session, "gop-y")
        other = [id for id, one in codings.newest(session, "gop-y").items() if one.themes == ["khac"]]
        rejected = [id for id in other if codings.read(session, found, id).unit == "06652"][:1]
        reviews.decide(session, "gop-y", rejected, ReviewState.REJECTED, "trùng", "lan")
    whole, units = told(province).whole, told(province).units
    assert (whole.asked, whole.written) == (32, 32)
    lines = {unit: next(line for line in own.lines if line.code == "khen") for unit, own in units.items()}
    assert (units["06661"].mark, units["06652"].mark, units["06658"].written) == ("hidden", "hidden_with", 14)
    assert (lines["06652"].count, lines["06652"].share) == (5, None)  # 5 of 6: the 6 would be known
    assert counts(province, "06673")["khen"] == "ẩn"  # whoever wrote there is known to have praised
    assert [wording.written(units[unit], 0) for unit in ("06661", "06652")] == [
        "Trong 3 phiếu, có dưới 5 phiếu hoặc không có phiếu nào có lời góp ý đã được đọc.",
        "Trong 6 phiếu, số phiếu có lời góp ý đã được đọc bị ẩn.",
    ]


@pytest.mark.variants(1)
@pytest.mark.both_databases
def test_a_release_keeps_the_codings_and_sentences_of_its_day_but_not_what_is_withdrawn(spoken: Database) -> None:
    with spoken.writing() as session:
        made = releases.freeze(session, waves.find(session, "gop-y"), "lan")
    before = told(spoken, made)
    write(spoken, "06652", *["dat_dai"] * 9)
    with spoken.writing() as session:
        paraphrases.add(session, "gop-y", "06652", "thoi_gian", "Câu đến sau.", "lan")
        wave = waves.find(session, "gop-y")
        first = codings.list_all(session, wave)[0]
        codings.code(session, wave, first, codings.FIRST, ["khac"], "minh")
        themes.add(session, "gop-y", "Bãi đỗ xe", "Parking")
        themes.close(session, "gop-y", "chi_phi")
        with pytest.raises(Conflict):
            themes.remove(session, "gop-y", "truc_tuyen")  # the release says that fewer than 5 wrote of it
    assert told(spoken, made) == before
    assert {"them_11", "chi_phi"} & counts(spoken, "06652").keys() == {"them_11"}
    with spoken.writing() as session:
        themes.close(session, "gop-y", "truc_tuyen")
    assert "truc_tuyen" not in counts(spoken, "06652")  # nothing else moved
    assert (before.unread, told(spoken).whole.asked) == (1, 74)
    with spoken.writing() as session:
        there = paraphrases.list_all(session, "gop-y")
        assert told(spoken, made).units["06652"].lines[1].paraphrases == (SAID,)
        paraphrases.withdraw(session, "gop-y", next(one.id for one in there if one.words == SAID))
    assert told(spoken, made).units["06652"].lines[1].paraphrases == ()


def test_the_commune_reads_its_themes_in_report_and_workbook(spoken: Database, tmp_path: Path) -> None:
    with spoken.reading() as session:
        said = summary.gather(session, "gop-y")
    assert said.remarks is not None
    line = next(line for line in said.units if line.unit.code == "06652")
    text = str(commune.contents(said, line))
    for words in ("Ý kiến bằng lời", "Trong 31 phiếu, 10 phiếu có lời góp ý", "Không theo mẫu", SAID, "dưới 5"):
        assert words in text
    assert "sổ đỏ" not in text
    assert len(remarks.blocks(said.remarks.units["06652"], 1)) == 4
    (tmp_path / "r.xlsx").write_bytes(report.write(said, "xlsx"))
    book = load_workbook(tmp_path / "r.xlsx")
    [own] = [row for row in book["Lời góp ý"].values if row[0] == "06652"]
    assert own[2:6] == (31, 10, "dưới 5", 6)
    assert list(book["Câu tóm tắt"].values)[-1] == ("06652", "Hà Tu", "Thời gian chờ, trễ hẹn", SAID)
    assert "sổ đỏ" not in str(list(book["Câu tóm tắt"].values))


def test_what_no_release_shows_is_destroyed_with_the_texts(spoken: Database) -> None:
    with spoken.writing() as session:
        made = releases.freeze(session, waves.find(session, "gop-y"), "lan")
        release_steps.check(made, "lan")
        releases.approve(session, made, "minh")
        paraphrases.add(session, "gop-y", "06658", "khen", "Chưa công bố.", "lan")
        wave = session.get_one(Wave, "gop-y")
        wave.opens = wave.closes = dates.today().replace(year=dates.today().year - 2)
    [done] = [one for one in purge.purge(spoken) if one.wave == "gop-y"]
    assert done.paraphrases == 2
    with spoken.reading() as session:
        left = [one.words for one in session.query(Paraphrase)]
        assert sorted(left) == ["", "", SAID]
    assert counts(spoken, "06652", made)["thoi_gian"] == "6"  # codes stay
