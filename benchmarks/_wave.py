"""Made-up waves for the benchmarks, and how time is taken."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# One thread, and the library's own choice of kernels: before NumPy is loaded.
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS", "RAYON_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402

ITEMS, UNITS, STRATA, PSUS = 44, 54, 60, 1170


class Wave:
    """Columns of a wave of `rows` people; items are int8, 0 for a blank, one contiguous column each."""

    def __init__(self, rows: int, seed: int = 2026) -> None:
        r = np.random.default_rng(seed)
        self.psu = np.sort(r.integers(0, PSUS, rows))
        self.stratum = self.psu % STRATA
        self.unit = self.psu * UNITS // PSUS  # about 21 villages a commune, in several strata
        self.weight = r.uniform(20, 200, rows).round(2)
        village = r.normal(0, 0.4, (ITEMS, PSUS))
        self.items = np.empty((ITEMS, rows), np.int8)
        for k in range(ITEMS):
            level = 4 + village[k][self.psu] + r.normal(0, 0.9, rows)
            self.items[k] = np.clip(np.rint(level), 1, 5)
            self.items[k][r.random(rows) < 0.04] = 0

    def write(self, path: Path) -> None:
        """As a CSV file."""
        table = np.vstack([self.unit, self.stratum, self.psu, *self.items]).T
        with path.open("w", encoding="utf-8") as stream:
            stream.write("unit,stratum,psu,weight," + ",".join(f"i{k:02d}" for k in range(ITEMS)) + "\n")
            for weight, row in zip(self.weight.tolist(), table.tolist(), strict=True):
                head, answers = row[:3], [str(v) if v else "" for v in row[3:]]
                stream.write(f"{head[0]},{head[1]},{head[2]},{weight}," + ",".join(answers) + "\n")


def least(work: Callable[[], Any], runs: int = 5, clock: Callable[[], float] = time.process_time) -> float:
    """Seconds of the fastest run, for what disturbs a run only adds; the processor's unless told otherwise."""
    best = float("inf")
    for _ in range(runs):
        start = clock()
        work()
        best = min(best, clock() - start)
    return best
