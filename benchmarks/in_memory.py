"""All shares with SE and interval from memory, against the cheapest thing one can do to the data.

    python benchmarks/in_memory.py

Goals: 1,000,000 rows x 44 items within 8 x a.sum() of the same int8 array, one thread, design coding included;
peak memory at most 2 x the input; 10 x the rows at most 11 x the time.
"""

from __future__ import annotations

import sys
import tracemalloc

from _wave import Wave, least

from analysis import Design, Measure
from analysis.estimate import Table, tabulate
from analysis.totals import psu_totals


def shares(wave: Wave) -> Table:
    """44 items x 54 communes, logit, from labels to limits."""
    design = Design(wave.weight, wave.stratum, wave.psu)
    measures = [Measure.share(f"i{k:02d}", "4,5", column, {4, 5}, 0) for k, column in enumerate(wave.items)]
    return tabulate(psu_totals(design, measures, wave.unit), "logit")


def main() -> int:
    """Prints three ratios; 1 where one misses its goal."""
    big, small = Wave(1_000_000), Wave(100_000)
    ours, floor = least(lambda: shares(big)), least(big.items.sum)
    tenth = least(lambda: shares(small))
    columns = (big.items, big.weight, big.stratum, big.psu, big.unit)
    given = sum(column.nbytes for column in columns)
    tracemalloc.start()
    shares(big)
    extra = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    results = [
        ("1,000,000 x 44 / a.sum()", ours / floor, 8, f"{1e3 * ours:.0f} ms / {1e3 * floor:.1f} ms"),
        ("memory / input", (given + extra) / given, 2, f"{(given + extra) / 1e6:.0f} MB / {given / 1e6:.0f} MB"),
        ("10 x rows / rows", ours / tenth, 11, f"{1e3 * ours:.0f} ms / {1e3 * tenth:.0f} ms"),
    ]
    for name, ratio, goal, how in results:
        print(f"| {name} | {ratio:.2f} | ≤ {goal} | {how} |")
    return int(any(ratio > goal for _, ratio, goal, _ in results))


if __name__ == "__main__":
    sys.exit(main())
