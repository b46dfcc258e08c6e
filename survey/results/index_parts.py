"""Which parts of the index may be shown in a domain in which items of it are hidden."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.disclosure import FEWEST
from survey.responses.respondents import Respondents
from survey.results.answer_counts import Domains


@dataclass(frozen=True)
class IndexParts:
    """The parts of the index, each a sum over its items: a part and all but one of its items give that one.

    pools  code of a part -> its items; one part holds another whole, or none of it
    where  the domains of the records; None for the whole province
    """

    people: Respondents
    pools: Mapping[str, Sequence[str]]
    where: Domains | None

    def shown(self, hidden: frozenset[str], domain: Any) -> set[str]:
        """The parts that may be shown in a domain in which these items are hidden: the larger first, since more
        people look for them.

        A part reveals, beside its shown items, the sum of the hidden ones; subtracted from a larger one that is
        shown, the sum of those left there. Either must be of no item, or of several that enough people answered.
        """
        shown: set[str] = set()
        sums: list[frozenset[str]] = []  # of hidden items, as they follow from what is shown
        for part, items in sorted(self.pools.items(), key=lambda pool: -len(pool[1])):
            here = hidden.intersection(items)
            around = next((one for one in sums if here <= one), here)
            new = {one for one in (here, around - here) if one and one not in sums}
            if all(self._is_safe(one, domain) for one in new):
                shown.add(part)
                sums = [one for one in sums if one != around or not new] + [*new]
        return shown

    def _is_safe(self, items: frozenset[str], domain: Any) -> bool:
        """Whether the sum of these items may be known: it is of several, and of enough people."""
        return len(items) > 1 and self.people_of(items, domain) >= FEWEST

    def people_of(self, items: Iterable[str], domain: Any) -> int:
        """How many people of a domain answered any of these items."""
        answered = np.zeros(len(self.people), bool)
        for item in (self.people.questionnaire.items[code] for code in items):
            answered |= self.people.answers(item).any_of(item, item.valid)
        if self.where is not None:
            answered &= self.where.labels.having(domain)
        return self.people.persons(answered)
