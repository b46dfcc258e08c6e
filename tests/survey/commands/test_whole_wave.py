"""A whole wave on paper: frame, sample, forms, field, scans and keys, review, weights, report.

A seeded simulator writes on the forms, refuses, loses them and makes two marks; keyers and scanner read them. What
the platform says in the end is held against what the simulator wrote on the forms that came back.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import cv2
import docx
import filled_sheets
import numpy as np
import pytest
from sqlalchemy import select

from forms import Questionnaire
from survey.fieldwork import (
    accounting,
    checks,
    closing,
    double_entry,
    keying,
    keying_errors,
    reviews,
)
from survey.fieldwork.double_entry import Finished
from survey.fieldwork.sheet_locks import FIRST, SECOND, SETTLED
from survey.paper import batches, scanning
from survey.paper.layout import layout
from survey.paper.scan_images import pictures
from survey.results import summary as summaries
from survey.sampling.outcome_words import ADULTS, REPLACED
from survey.storage.database import Database
from survey.storage.models import Batch, Reinterview, ReviewState, Sheet, SheetState
from survey.system import dates
from survey.waves import questionnaires, waves
from translations import Conflict
from translations.formats import number

Program = Callable[..., Any]
WAVE = "ca-dot"
VILLAGES = 1_452
TEXT = "Chờ lâu, chỗ ngồi chật"
MOST_ADULTS = 4  # count in a weight

# Plan -> what is drawn, and the forms that a village gets in the short run.
PLANS = {
    "two villages in each commune": (("--villages", 2, "--per", "unit"), 3),
    "18 villages over 4 strata": (("--villages", 18, "--allocation", "proportional"), 7),
}


@dataclass
class Field:
    """What the simulator knows: what stands on each form that came back filled in, and where the others are."""

    typed: dict[str, dict[str, str]] = field(default_factory=dict)
    void: dict[str, str] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    rejected: set[str] = field(default_factory=set)
    mistakes: int = 0


def frame(path: Path, units: list[str], rng: np.random.Generator) -> Path:
    """1,452 villages in 54 communes and 4 strata, of 60 to 400 households."""
    rows = ["psu,unit,stratum,households,adults,name"]
    for place in range(VILLAGES):
        at = place % len(units)
        households = int(rng.integers(60, 400))
        adults = int(households * rng.uniform(1.6, 3.2))
        rows.append(f"T{place:04},{units[at]},{'ABCD'[at % 4]},{households},{adults},Thôn {place}")
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def on_paper(questionnaire: Questionnaire, rng: np.random.Generator, kind: str) -> dict[str, str]:
    """What somebody writes on a form: mostly satisfied, some blanks, now and then two marks."""
    typed = filled_sheets.made_up(questionnaire, rng)
    for code, said in typed.items():
        item = questionnaire.items.get(code)
        if item is not None and item.kind.is_scale and said.isdecimal() and code in scored(questionnaire):
            typed[code] = (
                "4" if kind == "straight" else str(rng.choice([1, 2, 3, 4, 5], p=[0.02, 0.03, 0.1, 0.5, 0.35]))
            )
        if item is not None and item.kind.is_text and said:
            typed[code] = TEXT
    typed[ADULTS] = str(rng.integers(1, 7))
    typed[REPLACED] = str(rng.integers(1, 5)) if rng.random() < 0.05 else keying.NOTHING
    return typed


def scored(questionnaire: Questionnaire) -> tuple[str, ...]:
    assert questionnaire.index is not None
    return questionnaire.index.codes()["index"]


def out_and_back(database: Database, questionnaire: Questionnaire, rng: np.random.Generator) -> Field:
    """Batches are handed over, filled in, lost or spoiled, and counted back."""
    known = Field()
    with database.writing() as session:
        for batch in session.scalars(select(Batch).order_by(Batch.code)).all():
            accounting.hand_over(session, WAVE, batch.code, f"Điều tra viên {batch.code[-2:]}", dates.today())
            back, void = [], {}
            for sheet in accounting.sheets(session, batch.code):
                fate = rng.random()
                if fate < 0.05:
                    known.lost.append(sheet.serial)
                    continue
                back.append(sheet.serial)
                if fate < 0.13:
                    void[sheet.serial] = ["refused", "blank"][int(rng.random() < 0.5)]
                    continue
                kind = "straight" if len(known.typed) % 40 == 39 else "usual"
                known.typed[sheet.serial] = on_paper(questionnaire, rng, kind)
            accounting.take_back(session, WAVE, batch.code, dates.today(), len(back), back)
            for serial, reason in void.items():
                accounting.mark(session, WAVE, batch.code, [serial], SheetState.VOID, reason)
            known.void |= void
    return known


def scan(
    database: Database, questionnaire: Questionnaire, known: Field, wanted: list[str], rng: Any, folder: Path
) -> None:
    """Some forms are filled in by pen, scanned askew as one TIFF each, read; a person settles what is doubtful."""
    for serial in wanted:
        typed = known.typed[serial]
        images = [
            filled_sheets.photographed(
                filled_sheets.filled(page, layout(questionnaire), place, typed, "cross", rng), "turned", rng
            )
            for place, page in enumerate(filled_sheets.printed(questionnaire, serial), start=1)
        ]
        cv2.imwritemulti(str(folder / f"{serial}.tif"), images)
    files = [(f"{serial}.tif", (folder / f"{serial}.tif").read_bytes()) for serial in wanted]
    pages = list(scanning.take_in(database, WAVE, files))
    assert not [page for page in pages if page.fault]
    with database.reading() as session:
        waiting = {one.sheet.serial for one in scanning.waiting(session, WAVE)}
    for serial in waiting:
        with database.writing() as session:
            doubts = scanning.doubts(session, WAVE, serial)
            settled = {doubt.item.code: known.typed[serial].get(doubt.item.code, "") for doubt in doubts}
            scanning.settle(session, WAVE, serial, "lan", settled)


def key(
    database: Database, known: Field, serial: str, turn: int, keyer: str, wrong: str | None = None
) -> Finished:
    typed = dict(known.typed[serial])
    if wrong is not None:
        typed[wrong] = "2" if typed[wrong] != "2" else "1"
    with database.writing() as session:
        return double_entry.finish(session, serial, turn, keyer, typed)


def key_all(database: Database, questionnaire: Questionnaire, known: Field, rng: np.random.Generator) -> None:
    """Lan keys first, Minh the second time and blind; where they differ Ba settles it from the paper."""
    with database.reading() as session:
        sheets = {sheet.serial: sheet for sheet in session.scalars(select(Sheet))}
        done = {row.sheet for row in session.scalars(select(double_entry.Keying))}
    for serial in sorted(known.typed):
        double = sheets[serial].double
        wrong = scored(questionnaire)[int(rng.integers(39))] if double and rng.random() < 0.4 else None
        if serial not in done:
            first = key(database, known, serial, FIRST, "lan", wrong)
            known.mistakes += wrong is not None
            assert first.stored is not double
            wrong = None
        if not double:
            continue
        second = key(database, known, serial, SECOND, "minh", wrong)
        known.mistakes += wrong is not None
        if not second.stored:
            assert len(second.differing) == 1
            assert key(database, known, serial, SETTLED, "ba").stored


def review(database: Database, known: Field) -> None:
    """Those who went down one column throughout are found, and the first two of them rejected."""
    with database.writing() as session:
        found = checks.inspect(session, waves.find(session, WAVE)).found()
        straight = {form.id for form in found if any(one.check == "straight" for one in form.findings)}
        by_response = {sheet.response: sheet.serial for sheet in session.scalars(select(Sheet)) if sheet.response}
        expected = {serial for place, serial in enumerate(known.typed) if place % 40 == 39}
        assert {by_response[id] for id in straight} >= expected
        rejected = sorted(expected)[:2]
        ids = [id for id, serial in by_response.items() if serial in rejected]
        reviews.decide(session, WAVE, ids, ReviewState.REJECTED, "Một mức suốt cả phiếu", "ba")
    known.rejected = set(rejected)


def share(rows: list[dict[str, str]], good: Callable[[str], bool], codes: list[str]) -> float:
    """A weighted share, plainly: of the answers given to these items, those that are good."""
    above = below = 0.0
    for row in rows:
        weight = float(row["weight"])
        for code in codes:
            if row[code]:
                below += weight
                above += weight * good(row[code])
    return above / below


@pytest.mark.variants(1)
@pytest.mark.parametrize("plan", PLANS)
def test_a_wave_on_paper_ends_in_the_figures_of_what_was_written(
    hailong: Program, province: Database, tmp_path: Path, plan: str
) -> None:
    play(hailong, province, tmp_path, *PLANS[plan], scanned=2)


@pytest.mark.soak
@pytest.mark.both_databases
@pytest.mark.parametrize("plan", PLANS)
def test_a_wave_on_paper_in_its_full_size(hailong: Program, province: Database, tmp_path: Path, plan: str) -> None:
    play(hailong, province, tmp_path, PLANS[plan][0], 27, scanned=54)


def play(
    hailong: Program, database: Database, folder: Path, drawn: tuple[Any, ...], forms: int, scanned: int
) -> None:
    rng = np.random.default_rng(20261125)
    with database.reading() as session:
        questionnaire = questionnaires.find(session, "ho_gia_dinh@1")
        units = [unit.code for unit in waves.units.communes(session, dates.today())]

    # Frame and sample.
    day = dates.today()
    opened = ("--from", day - timedelta(20), "--to", day + timedelta(20), "--kind", "sample")
    assert hailong("wave", "create", WAVE, "--questionnaire", "ho_gia_dinh@1", *opened).code == 0
    assert hailong("frame", "import", frame(folder / "khung.csv", units, rng), "--wave", WAVE).code == 0
    done = hailong("sample", "draw", "--wave", WAVE, *drawn, "--per-village", forms, "--seed", "2026")
    assert done.code == 0, done.err
    sample = list(csv.DictReader(io.StringIO(done.out)))
    households = Counter(row["psu"] for row in sample if row["replacement"] == "0")
    stands_for = {row["psu"]: float(row["weight"]) for row in sample}
    stratum = {row["psu"]: row["stratum"] for row in sample}

    # Forms: all are numbered, one batch is looked at as a file.
    one = sorted(households)[0]
    printed = hailong("forms", "print", "--wave", WAVE, "--village", one, "--out", folder / "goi.pdf")
    assert printed.code == 0, printed.err
    with database.writing() as session:
        batches.issue(session, WAVE)
    leaves = list(pictures((folder / "goi.pdf").read_bytes()))
    assert len(leaves) >= 4 * households[one] + 2
    with database.reading() as session:
        psu_of = {batch.code: batch.psu for batch in session.scalars(select(Batch))}
        sheets = Counter(psu_of[sheet.batch] for sheet in session.scalars(select(Sheet)))
    assert sheets == households

    # The field, the scanner, the keyers, the review.
    known = out_and_back(database, questionnaire, rng)
    with database.reading() as session:
        single = [
            s.serial for s in session.scalars(select(Sheet).order_by(Sheet.serial)) if s.serial in known.typed
        ]
    scan(database, questionnaire, known, single[:scanned], rng, folder)
    key_all(database, questionnaire, known, rng)
    review(database, known)

    # Every form is accounted for, and only then is the fieldwork closed.
    records = json.loads(hailong("accounting", "--wave", WAVE, "--output", "json").out)
    assert all(r["issued"] == r["entered"] + r["waiting"] + r["void"] + r["missing"] for r in records)
    total = {name: sum(r[name] for r in records) for name in ("issued", "entered", "waiting", "void", "missing")}
    assert total == {
        "issued": sum(households.values()),
        "entered": len(known.typed),
        "waiting": 0,
        "void": len(known.void),
        "missing": len(known.lost),
    }
    with database.writing() as session, pytest.raises(Conflict):
        closing.close(session, WAVE)
    with database.writing() as session:
        for serial in known.lost:
            batch = session.get_one(Sheet, serial).batch
            accounting.mark(session, WAVE, batch, [serial], SheetState.OUT, "Mất trên đường về")
        closing.close(session, WAVE)
        assert not any(link.household for link in session.scalars(select(Reinterview)))

    # What two keyings show is what was keyed wrong.
    with database.reading() as session:
        errors = keying_errors.gather(session, waves.find(session, WAVE))
    assert errors.everyone is not None
    assert errors.everyone.errors == known.mistakes

    # Weights: the draw, times the adults, times what the stratum's households asked are to those that answered.
    assert hailong("weights", "compute", "--wave", WAVE).code == 0
    assert hailong("data", "--wave", WAVE, "--format", "csv", "--out", folder / "du-lieu.csv").code == 0
    rows = list(csv.DictReader(io.StringIO((folder / "du-lieu.csv").read_text("utf-8"))))
    with database.reading() as session:
        serial_of = {str(s.response): s.serial for s in session.scalars(select(Sheet)) if s.response}
        batch_of = {s.serial: s.batch for s in session.scalars(select(Sheet))}
    counted = {serial_of[row["response_id"]]: row for row in rows}
    assert set(counted) == set(known.typed) - known.rejected
    village_of = {serial: psu_of[batch] for serial, batch in batch_of.items()}
    gone = Counter(village_of[serial] for serial, typed in known.typed.items() if typed[REPLACED] == "4")
    answered = Counter(row["psu"] for row in rows)
    factors = {}
    for label in set(stratum.values()):
        own = [psu for psu in households if stratum[psu] == label]
        asked = sum(stands_for[psu] * (households[psu] - gone[psu]) for psu in own)
        factors[label] = asked / sum(stands_for[psu] * answered[psu] for psu in own)
    for serial, row in counted.items():
        base = stands_for[row["psu"]] * min(int(known.typed[serial][ADULTS]), MOST_ADULTS)
        assert float(row["weight"]) == pytest.approx(base * factors[stratum[row["psu"]]], rel=1e-9)

    # Each answer is what stands on the paper, and each figure what follows from it.
    for serial, row in counted.items():
        written = keying.keyed(questionnaire, known.typed[serial], keying.head()).answers
        stored = {code: row[code] for code in questionnaire.items if row[code]}
        assert stored == {
            code: ";".join(map(str, value)) if isinstance(value, list) else str(value)
            for code, value in written.items()
        }
    results = hailong("results", "--wave", WAVE, "--item", "index", "--item", "C5=3", "--output", "json")
    index, harassed = json.loads(results.out)
    codes = list(scored(questionnaire))
    assert index["estimate"] == pytest.approx(share(rows, lambda said: said in "45", codes), rel=1e-9)
    assert harassed["estimate"] == pytest.approx(share(rows, lambda said: said == "3", ["C5"]), rel=1e-9)
    by_unit = json.loads(
        hailong("results", "--wave", WAVE, "--item", "index", "--by", "unit", "--output", "json").out
    )
    assert len(by_unit) == len(units)
    for record in by_unit:
        own = [row for row in rows if row["unit"] == record["domain"]]
        assert record["n"] == len(own)
        if own:
            assert record["estimate"] == pytest.approx(share(own, lambda said: said in "45", codes), rel=1e-9)

    # The report's lines add up to the same accounts.
    with database.reading() as session:
        said = summaries.gather(session, WAVE)
    assert said.collection.paper is not None
    account = said.collection.paper.total
    assert (account.issued, account.entered, account.void, account.missing, account.explained) == (
        total["issued"],
        total["entered"],
        total["void"],
        total["missing"],
        total["missing"],
    )
    assert said.collection.in_sample == len(rows)
    assert said.collection.rejected == len(known.rejected)
    assert hailong("report", "--wave", WAVE, "--format", "docx", "--out", folder / "bao-cao.docx").code == 0
    tables = [
        [cell.text for cell in row.cells]
        for t in docx.Document(str(folder / "bao-cao.docx")).tables
        for row in t.rows
    ]
    for line in (["Phát ra", number(total["issued"])], ["Thất lạc", number(total["missing"])]):
        assert any(cells[-1] == line[1] for cells in tables), line
