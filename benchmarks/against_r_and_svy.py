"""All shares with SE and logit interval, 44 items x 54 communes, 36,525 rows: against R's survey and Python's svy.

    python benchmarks/against_r_and_svy.py            SVY_PYTHON=…/bin/python names an interpreter that has svy

Goals: ≥ 1,000 x R `svyby(svyciprop)`, ≥ 500 x svy. Each in its own process, processor time, one thread, without
reading; R does 4 items and is scaled to 44, svy does all in one call. Installs nothing; what is missing is said.
R: apt-get install r-cran-survey; svy: pip install svy.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from _wave import ITEMS, Wave, least
from in_memory import shares

SOME = 4
R = """
suppressMessages(library(survey)); a <- commandArgs(TRUE); d <- read.csv(a[1])
des <- svydesign(ids=~psu, strata=~stratum, weights=~weight, nest=TRUE, data=d)
t <- sum(proc.time()[1:2])
for (k in 0:(as.integer(a[2])-1)) {
  item <- sprintf("i%02d", k); des$variables$y <- as.numeric(d[[item]] >= 4)
  r <- svyby(~y, ~unit, subset(des, !is.na(d[[item]])), svyciprop, method="xlogit", vartype=c("se","ci"))
  if (k == 0) first <- r
}
cat(sum(proc.time()[1:2])-t, "\\n"); cat(format(first[[3]], digits=15), "\\n")
"""
SVY = """
import sys, time, json, polars as pl, svy
d = pl.read_csv(sys.argv[1]); n = int(sys.argv[2])
d = d.with_columns([(pl.col(f"i{k:02d}") >= 4).cast(pl.Int64).alias(f"y{k}") for k in range(n)])
s = svy.Sample(data=d, design=svy.Design(wgt="weight", stratum="stratum", psu="psu"))
t = time.process_time()
s.estimation.prop([f"y{k}" for k in range(n)], by="unit", drop_nulls=True)
print(time.process_time() - t)
"""


def main() -> int:
    """Prints a ratio for each peer that is there; 1 where one misses its goal."""
    wave = Wave(36_525)
    mine = least(lambda: shares(wave).standard_error, 15)
    print(f"| hailong | {ITEMS} x 54 | {1e3 * mine:.1f} ms | 1 | |")
    missed = False
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "wave.csv"
        wave.write(data)
        if shutil.which("Rscript") and _works(["Rscript", "-e", "library(survey)"]):
            lines = _run(["Rscript", "-e", R, str(data), str(SOME)]).splitlines()
            missed |= _tell("R survey svyby(svyciprop)", float(lines[0]) * ITEMS / SOME, mine, 1000)
            theirs = [float(number) for number in lines[1].split()]
            table = shares(wave)
            worst = max(abs(a / b - 1) for a, b in zip(table.standard_error[:, 0], theirs, strict=True))
            print(f"| largest relative difference of a standard error from R | {worst:.1e} | | | |")
        else:
            print("R or its package survey is missing: apt-get install r-cran-survey", file=sys.stderr)
        python = os.environ.get("SVY_PYTHON", sys.executable)
        if _works([python, "-c", "import svy"]):
            seconds = float(_run([python, "-c", SVY, str(data), str(ITEMS)]).split()[-1])
            missed |= _tell("svy estimation.prop", seconds, mine, 500)
        else:
            print("svy is missing: pip install svy, and SVY_PYTHON=its python", file=sys.stderr)
    return int(missed)


def _works(argv: list[str]) -> bool:
    return subprocess.run(argv, capture_output=True).returncode == 0


def _run(argv: list[str]) -> str:
    done = subprocess.run(argv, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    return done.stdout


def _tell(name: str, seconds: float, mine: float, goal: int) -> bool:
    print(f"| {name} | {ITEMS} x 54 | {seconds:.1f} s | {seconds / mine:,.0f} | ≥ {goal:,} |")
    return seconds / mine < goal


if __name__ == "__main__":
    sys.exit(main())
