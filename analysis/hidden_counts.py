"""Counts of one thing in several places, and their sum: which are withheld, so that none can be worked out."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.linked_tables import FEWEST
from analysis.published_tables import Mark


def hide_counts(counts: Sequence[int], of: Sequence[float]) -> tuple[list[Mark | None], Mark | None]:
    """What must happen to the counts of one thing in D domains, and to their sum, before they are shown.

    "hidden"       fewer than 5, none among them: "under 5" of one domain must not mean "one at least"
    "hidden_with"  withheld, because all people of the domain are among them or a hidden count would follow

    counts  people of each domain who did the thing
    of      people of each domain whom it could have been, as far as a reader knows; infinite where unknown

    Whoever reads the table knows the sum, the shown counts, and the word of a hidden one. So more are hidden until
    this leaves each count of 1 to 4, and each that is everybody, more than one value, and until the hidden ones
    together are none or at least 5. Where that can't be had the sum is withheld as well.
    """
    few = [count < FEWEST for count in counts]
    alike = [count == most and not small for count, most, small in zip(counts, of, few, strict=True)]
    whole = sum(counts)

    def gives_away(hidden: set[int]) -> bool:
        rest = sum(counts[d] for d in hidden)
        if 0 < rest < FEWEST:
            return True
        low = {d: 0 if few[d] else FEWEST for d in hidden}
        high = {d: FEWEST - 1 if few[d] else of[d] for d in hidden}
        for d in hidden:
            if alike[d] or 0 < counts[d] < FEWEST:
                least = max(low[d], rest - sum(high[other] for other in hidden - {d}))
                most = min(high[d], rest - sum(low[other] for other in hidden - {d}))
                if least >= most:
                    return True
        return False

    mark: Mark | None = "hidden" if whole < FEWEST else "hidden_with" if whole == sum(of) else None
    hidden = {d for d in range(len(counts)) if few[d] or alike[d]}
    while mark is None and gives_away(hidden):
        shown = [d for d in range(len(counts)) if d not in hidden]
        if shown:
            hidden.add(min(shown, key=lambda d: counts[d]))
        else:
            mark = "hidden_with"
    return ["hidden" if few[d] else "hidden_with" if d in hidden else None for d in range(len(counts))], mark
