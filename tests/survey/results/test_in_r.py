"""The lines of R beside a figure."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from flask import Flask

from survey.database import Database
from survey.demo import SAMPLE
from survey.files import exporting
from survey.results import in_r, result_table
from survey.sample import sample
from survey.waves import find

WANTED = (("index", ()), ("C5=3", ()), ("C2=5,6", ()), ("th_y_te", ("unit",)))


def test_r_gives_the_same_figures_from_the_file(made_up: Flask, tmp_path: Path) -> None:
    """An index, shares of one choice and of several, and a commune, of which the variance is pooled."""
    database = Database(made_up.config["DATABASE_URL"])
    exporting.responses(database, SAMPLE, tmp_path / "data.csv")
    with database.reading() as session:
        people = sample(session, find(session, SAMPLE))
        rule = result_table.scoring_rule(people.questionnaire, None)
        index = people.questionnaire.index
        assert index is not None
        records = [next(iter(result_table.table(session, people, items=[item], by=by))) for item, by in WANTED]
    scripts = [
        in_r.lines(record, index.codes().get(record.item, (record.item,)), people.questionnaire, rule, "centered",
                   "data.csv")
        for record in records
    ]  # fmt: skip
    assert [script.count("qt(0.975") for script in scripts] == [1, 2, 2, 0]
    assert 'subset(every, x > 0 & unit == "' in scripts[-1]
    if shutil.which("Rscript") is None:
        pytest.skip("R is not installed")
    shown = "\n".join(["options(digits = 15, width = 1000)", *scripts])
    done = subprocess.run(["Rscript", "-e", shown], cwd=tmp_path, capture_output=True, text=True, check=False)
    if "there is no package called" in done.stderr:
        pytest.skip("R has no package survey")
    assert done.returncode == 0, done.stderr
    told = [[float(word) for word in line.split()[1:]] for line in done.stdout.splitlines()]
    assert len(told) == 7, done.stdout
    for record, figures, limits in zip(records, told[::2], [*told[1::2], None], strict=True):
        assert figures[0] == pytest.approx(record.estimate)
        if limits is not None:
            assert figures[1] == pytest.approx(record.standard_error)
            assert limits == pytest.approx([record.low, record.high], rel=1e-6)
