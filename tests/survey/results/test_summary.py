"""What the overview and the report say of a wave is the result table, and nothing else."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from operator import attrgetter
from pathlib import Path
from uuid import uuid4

import docx
import numpy as np
import pytest

from analysis import Estimate
from survey.operations import demo
from survey.operations.installation import prepare
from survey.reports import labels, report
from survey.responses import submission
from survey.responses.respondents import Respondents, sample
from survey.results import questions, result_table, summary, wording
from survey.results.summary import Summary
from survey.storage.database import Database
from survey.storage.models import Mode
from survey.system import dates
from survey.waves import changing, units, waves
from survey.waves.changing import Change


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Database, Summary, Summary]:
    folder: Path = tmp_path_factory.mktemp("summary")
    database = Database(f"sqlite:///{folder / 'hailong.db'}")
    prepare(database)
    with database.writing() as session:
        demo.make(session)
    with database.reading() as session:
        return database, summary.gather(session, "thu-nghiem"), summary.gather(session, "gop-y")


def test_the_parts_of_the_index_are_all_there(made: tuple[Database, Summary, Summary]) -> None:
    _database, said, _open = made
    assert said.index is not None
    assert [line.code for line in said.areas] == ["index:CS", "index:DV"]
    assert len(said.factors) == 9
    assert len(said.items) == 39
    assert [headline.code for headline in said.headlines] == ["C5", "C6"]
    assert [len(headline.values) for headline in said.headlines] == [3, 3]
    assert len(said.units) == 54


def same(ours: Sequence[Estimate], others: Sequence[Estimate]) -> None:
    """The same figures in any order; sums over other sets of items may differ in the last bit."""
    key = attrgetter("item", "domain")  # None is the whole
    for one, other in zip(sorted(ours, key=key), sorted(others, key=key), strict=True):
        for name in result_table.FIELDS:
            mine, theirs = getattr(one, name), getattr(other, name)
            assert mine == (pytest.approx(theirs, rel=1e-12) if isinstance(theirs, float) else theirs), name


def test_its_figures_are_those_of_results(made: tuple[Database, Summary, Summary]) -> None:
    database, said, _open = made
    with database.reading() as session:
        whole = result_table.estimates(session, "thu-nghiem", items=["index", "C5=3"], released=True)
        by_unit = result_table.estimates(
            session, "thu-nghiem", items=["index", "C6=3"], by=["unit"], released=True
        )
    assert said.index is not None
    same([said.index.estimate, said.headlines[0].line.estimate], whole)
    same([line.index for line in said.units], [record for record in by_unit if record.item == "index"])
    same([line.headlines[1] for line in said.units], [record for record in by_unit if record.item == "C6"])


def test_what_the_silent_could_change_is_bounded(made: tuple[Database, Summary, Summary]) -> None:
    _database, said, _open = made
    for headline in said.headlines:
        share = headline.line.estimate.estimate
        assert headline.answered < headline.asked == said.collection.in_sample
        assert headline.blank is not None
        assert headline.least is not None
        assert headline.most is not None
        assert share is not None
        # of those who answered, `share` gave the value; of all asked it is that times the share that answered
        assert headline.least == pytest.approx(share * (1 - headline.blank))
        assert headline.most == pytest.approx(headline.least + headline.blank)
        assert headline.least <= share <= headline.most


def test_each_question_stands_once_within_the_index_or_beside_it(made: tuple[Database, Summary, Summary]) -> None:
    _database, said, _open = made
    beside = [question.code for block in questions.blocks(said) for question in block.questions]
    assert sorted([*beside, *(line.code for line in said.items)]) == sorted(
        item.code for item in said.questionnaire.items.values() if not item.kind.is_text
    )


def test_blanks_are_counted_as_little_as_answers(province: Database) -> None:
    """Neither how many left a question blank beside a hidden value, nor that one or two did, nor that nobody of a
    handful answered."""

    def keep(many: int, answers: dict[str, int]) -> None:
        with province.writing() as session:
            place = waves.place(session, "ho-mau", "06652")
            for _person in range(many):
                submission.submit(session.connection(), place, uuid4(), Mode.PAPER, answers, psu="V1")

    def said() -> Summary:
        with province.reading() as session:
            return summary.gather(session, "ho-mau")

    keep(1, {"C5": 1})
    alone = said()
    assert {record.n for record in alone.records if record.domain in (None, "06652")} == {None}
    assert [headline.blank for headline in alone.headlines] == [None, None]
    keep(39, {"C5": 1, "C6": 1})
    keep(20, {"C5": 2, "C6": 2})
    keep(20, {"C5": 3, "C6": 3})
    harassed, paid = said().headlines  # C6: one of 80 left it blank
    assert (harassed.blank, harassed.least is None) == (0, False)
    assert (paid.blank, paid.least, paid.most) == (None, None, None)
    keep(2, {"C5": 1})
    assert said().headlines[1].blank == pytest.approx(3 / 82)


def test_units_have_a_standing_and_ranks_that_hold_each_other(made: tuple[Database, Summary, Summary]) -> None:
    _database, said, _open = made
    assert {line.index.standing for line in said.units} <= {
        "above", "signs_above", "not_apart", "signs_below", "below",
    }  # fmt: skip
    ranks = [line.ranks for line in said.units if line.ranks is not None]
    assert len(ranks) == 54
    assert all(1 <= low <= high <= 54 for low, high in ranks)
    best = max(said.units, key=lambda line: line.index.estimate or 0)
    assert best.ranks is not None
    assert best.ranks[0] == 1


@pytest.mark.parametrize("few", [["06652"], ["06652", "06658"]])
def test_a_rank_tells_nothing_of_a_hidden_commune(made: tuple[Database, Summary, Summary], few: list[str]) -> None:
    """Whoever has all that is published finds the same ranks, whatever the hidden ones answered: so every figure
    that one of them may have without the ranks, it may have with them."""
    database, _said, _open = made
    with database.reading() as session:
        people = sample(session, waves.find(session, "thu-nghiem"))
        worlds = [summary._made(session, with_few(people, few, answer), None) for answer in ("least", "most")]
    shown = [[one for one in world.units if not wording.is_hidden(one.index)] for world in worlds]
    told = [{one.unit.code: one.ranks for one in world.units} for world in worlds]
    assert told[0] == told[1]
    for world, units_shown in zip(worlds, shown, strict=True):
        ranks = [one.ranks for one in units_shown]
        assert world.ranked == len(ranks) < 54
        assert all(one is not None and 1 <= one[0] <= one[1] <= world.ranked for one in ranks)
        assert not any(one.ranks for one in world.units if one not in units_shown)
        assert f"trong {world.ranked} nơi có số liệu" in labels.of_ranks(world)[0]


def with_few(people: Respondents, few: list[str], answer: str) -> Respondents:
    """The sample with four people in each of these communes, who gave the `least` or the `most` everywhere."""
    of = np.array([str(level) for level in people.unit.levels], object)[people.unit.codes]
    there = np.isin(of, few)
    rows = np.sort(np.concatenate([np.flatnonzero(~there), *(np.flatnonzero(of == code)[:4] for code in few)]))
    labels_of = {
        name: replace(getattr(people, name), codes=getattr(people, name).codes[rows])
        for name in ("unit", "stratum", "psu", "mode", "day")
    }
    columns = {code: column[people.rows[rows]] for code, column in people.responses.items.items()}
    assert people.questionnaire.index is not None
    for code in people.questionnaire.index.codes()["index"]:
        columns[code][there[rows]] = {"least": 1, "most": 5}[answer]
    return replace(
        people,
        rows=people.rows[rows],
        weight=people.weight[rows],
        columns=columns,
        version=f"{few} {answer}",
        designs={},
        **labels_of,
    )


def test_communes_without_an_answer_are_not_ranked(province: Database) -> None:
    """One commune of two in the sample answered: alone it has no rank. Of those that nobody was sampled in nothing
    is said but that."""
    with province.writing() as session:
        units.load(session, "code,name,kind,valid_from\n99901,Mới,xã,2099-01-01\n")
        place = waves.place(session, "ho-mau", "06652")
        for psu in ("V1", "V2") * 5:
            submission.submit(session.connection(), place, uuid4(), Mode.PAPER, {"th_y_te": 4}, psu=psu)
    with province.reading() as session:
        said = summary.gather(session, "ho-mau")
    assert {line.ranks for line in said.units} == {None}
    assert said.ranked == 0
    answer = {line.unit.code: wording.figure(line.index) for line in said.units}
    assert [answer.pop(line.unit.code) for line in said.sampled].count("không có câu trả lời") == 1
    assert set(answer.values()) == {"không lấy mẫu ở đây"}
    whole = "1 trên 54 xã, phường, đặc khu có câu trả lời được tính"
    assert (len(said.units), said.silent, said.whole) == (54, 1, whole)
    written = [one.text for one in docx.Document(io.BytesIO(report.write(said, "docx"))).paragraphs]
    drawn = "Mẫu gồm 4 thôn ở 2 xã, phường, đặc khu; câu trả lời đến từ 2 thôn ở 1 xã, phường, đặc khu."
    alone = f"Số liệu chỉ nói về {whole}, không nói gì về các nơi còn lại."
    assert sum(f"{drawn} {alone}" in one for one in written) == 2  # of the conduct, and of the method
    assert any(f"Số liệu là của {whole}" in one for one in written)


def test_the_wave_bears_its_name_and_days_of_now(province: Database) -> None:
    """Its figures were computed under another name, and are the same: nobody reads that one any more."""
    titles = []
    for title in ("Một", "Hai", "Một"):
        with province.writing() as session:
            wave = changing.change(session, "ho-mau", Change(title, closes=dates.today() + timedelta(len(titles))))
            closes = wave.closes
        with province.reading() as session:
            said = summary.gather(session, "ho-mau").wave
        titles.append((said.title, said.closes == closes))
    assert titles == [("Một", True), ("Hai", True), ("Một", True)]


def test_an_open_wave_has_no_design_and_no_villages(made: tuple[Database, Summary, Summary]) -> None:
    _database, _sample, said = made
    assert said.index is not None
    assert "not_a_sample" in said.index.estimate.flags
    assert said.weight_version is None
    assert said.collection.outside == 0
    assert [headline.code for headline in said.headlines][:1]


def test_the_data_version_changes_with_the_data_alone(made: tuple[Database, Summary, Summary]) -> None:
    database, said, other = made
    with database.reading() as session:
        assert summary.gather(session, "thu-nghiem").data_version == said.data_version
    assert said.data_version != other.data_version
    assert len(said.data_version) == 64
