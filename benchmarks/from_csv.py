"""`hailong estimate` start to end, against only reading the file and against only starting Python.

    python benchmarks/from_csv.py

Goals: a 1,000,000-row CSV within 1.5 x the fastest plain reader; a small file within 0.3 s of
`python -c 'import numpy, scipy.special'`; 10 x the rows at most 11 x the time, memory that of a few chunks.
"""

from __future__ import annotations

import importlib.util
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from _wave import ITEMS, Wave
from _wave import least as least_of

HAILONG = str(Path(sys.executable).with_name("hailong"))
READERS = {
    "pyarrow": "import pyarrow.csv as c, sys; c.read_csv(sys.argv[1])",
    "polars": "import polars as p, sys; p.read_csv(sys.argv[1])",
    "duckdb": "import duckdb, sys; duckdb.read_csv(sys.argv[1]).to_arrow_table()",
}
# The threads that a person would have, not the one of the other benchmarks.
LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS", "RAYON_NUM_THREADS")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in LIMITS}
PEAK = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True);"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)


def estimate(path: Path, items: int = ITEMS) -> list[str]:
    """The command line that estimates the first items of a wave by commune."""
    asked = [word for k in range(items) for word in ("--item", f"i{k:02d}=4,5")]
    design = ["--weights", "weight", "--strata", "stratum", "--psu", "psu", "--by", "unit"]
    return [HAILONG, "estimate", str(path), *design, *asked]


def run(argv: list[str]) -> None:
    """Runs a program to its end; its output is read and thrown away."""
    subprocess.run(argv, capture_output=True, check=True, env=ENVIRONMENT)


def least(work: Callable[[], None]) -> float:
    """Seconds that a person waits."""
    return least_of(work, 5, time.perf_counter)


def processor() -> float:
    """Seconds of all processors that the programs run so far took: what others on the machine disturb least."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def peak(argv: list[str]) -> float:
    """Megabytes that the program held at most."""
    done = subprocess.run([sys.executable, "-c", PEAK, *argv], capture_output=True, check=True, env=ENVIRONMENT)
    return int(done.stdout) / 1024


def main() -> int:
    """Prints the ratios; 1 where one misses its goal."""
    with tempfile.TemporaryDirectory() as folder:
        big, tenth, small = (Path(folder) / f"{rows}.csv" for rows in (1_000_000, 100_000, 1_000))
        huge = Path(folder) / "3000000.csv"
        for path in (big, tenth, small):
            Wave(int(path.stem)).write(path)
        with huge.open("wb") as out:  # three times the big file
            text = big.read_bytes()
            out.write(text + 2 * text[text.index(b"\n") + 1 :])
        there = [name for name in READERS if importlib.util.find_spec(name)]
        reads = {
            name: least(lambda name=name: run([sys.executable, "-c", READERS[name], str(big)])) for name in there
        }
        fastest = min(reads, key=lambda name: reads[name])
        ours = least(lambda: run(estimate(big)))
        reader = [sys.executable, "-c", READERS[fastest], str(big)]
        read_time, our_time = (
            least_of(lambda argv=argv: run(argv), 5, processor) for argv in (reader, estimate(big))
        )
        bare = least(lambda: run([sys.executable, "-c", "import numpy, scipy.special"]))
        start = least(lambda: run(estimate(small, 3)))
        less = least(lambda: run(estimate(tenth)))
        once, thrice = peak(estimate(big)), peak(estimate(huge))
    told = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in reads.items())
    results = [
        ("1,000,000 rows / only read", ours / reads[fastest], 1.5, f"{ours:.2f} s; {told}"),
        ("the same, processor time", our_time / read_time, 1.5, f"{our_time:.2f} s; {fastest} {read_time:.2f} s"),
        ("small file − numpy, scipy.special", start - bare, 0.3, f"{start:.2f} s − {bare:.2f} s"),
        ("10 x rows / rows", ours / less, 11, f"{ours:.2f} s / {less:.2f} s"),
        ("memory of 3 x rows / rows", thrice / once, 1.2, f"{thrice:.0f} MB / {once:.0f} MB"),
    ]
    for name, ratio, goal, how in results:
        print(f"| {name} | {ratio:.2f} | ≤ {goal} | {how} |")
    return int(any(ratio > goal for _, ratio, goal, _ in results))


if __name__ == "__main__":
    sys.exit(main())
