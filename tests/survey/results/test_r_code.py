"""The lines of R beside a figure."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from analysis import Estimate
from forms import KINDS, Rule, Text, shipped
from survey.data_files import exporting
from survey.operations.demo import SAMPLE
from survey.responses.respondents import sample
from survey.results import r_code, result_table, scores
from survey.storage.database import Database
from survey.waves.waves import find

# As R was seen to give the figures by, in the test below; where there is no R, no sign of it may change.
SHARE = """library(survey)
options(survey.lonely.psu = "adjust")
d <- read.csv("d.csv", colClasses = "character", na.strings = "")
d$weight <- as.numeric(d$weight)
d$stratum <- factor(d$stratum)
d$x <- as.numeric(!is.na(d$C2))
d$y <- sapply(strsplit(d$C2, ";"), function(chosen) as.numeric(any(chosen %in% c("5", "6"))))
every <- svydesign(~psu, strata = ~stratum, weights = ~weight, nest = TRUE, data = d)
some <- subset(every, x > 0)
m <- svyratio(~y, ~x, some)
p <- as.numeric(coef(m)); se <- as.numeric(SE(m))
c(p, se)
df <- 13.25
n <- nrow(some)
e <- if (p %in% 0:1) n else p * (1 - p) / se^2
e <- min(n, e * (qt(0.975, n - 1) / qt(0.975, df))^2)
qbeta(c(0.025, 0.975), e * p + 0:1, e * (1 - p) + 1:0)"""

WANTED = (("index", ()), ("C5=3", ()), ("C2=5,6", ()), ("th_y_te", ("unit",)))


def estimated(item: str, value: str | None, **told: Any) -> Estimate:
    unset = dict.fromkeys((field.name for field in fields(Estimate)), None)
    return Estimate(
        **{**unset, "item": item, "value": value, "flags": (), "variance": "direct", "df": 13.25, **told}
    )


def test_the_lines_of_a_share_are_those_that_r_was_seen_to_take() -> None:
    household = next(form for form in shipped() if form.name == "ho_gia_dinh@1")
    record = estimated("C2", "5,6", statistic="proportion")
    assert r_code.lines(record, ["C2"], household, None, "centered", "d.csv") == SHARE
    average = r_code.lines(record, ["C2"], household, None, "average", "d.csv")
    assert average == SHARE.replace("adjust", "average")


def test_a_mean_of_numbers_takes_the_numbers_and_no_rule() -> None:
    asked: Any = SimpleNamespace(items={"tuoi": SimpleNamespace(kind=KINDS["number"])})
    rule = Rule("share", Text("r", "r"), {"hl": {5: 1.0}})
    record = estimated("tuoi", None, statistic="mean", domain="06652")
    said = r_code.lines(record, ["tuoi"], asked, rule, "certainty", "d.csv").splitlines()
    assert "d$y <- as.numeric(d$tuoi)" in said
    assert 'some <- subset(every, x > 0 & unit == "06652")' in said
    assert said[-1] == "p + c(-1, 1) * qt(0.975, df) * se"


def test_r_gives_the_same_figures_from_the_file(made_up: Flask, tmp_path: Path) -> None:
    """An index, shares of one choice and of several, and a commune, of which the variance is pooled."""
    database = Database(made_up.config["DATABASE_URL"])
    exporting.responses(database, SAMPLE, tmp_path / "data.csv")
    with database.reading() as session:
        people = sample(session, find(session, SAMPLE))
        rule = scores.scoring_rule(people.questionnaire, None)
        index = people.questionnaire.index
        assert index is not None
        records = [next(iter(result_table.table(session, people, items=[item], by=by))) for item, by in WANTED]
    scripts = [
        r_code.lines(
            record,
            index.codes().get(record.item, (record.item,)),
            people.questionnaire,
            rule,
            "centered",
            "data.csv",
        )
        for record in records
    ]
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
