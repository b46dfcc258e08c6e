"""Which figures of a published table must be withheld, so that nobody's answer can be read or subtracted from it.

    marks = hide(estimates, sensitive={"nhung_nhieu"}, harmless={"nhung_nhieu": {"1"}})

Hidden are figures of fewer than 5 answers and, of a sensitive item, those of fewer than 30, or of a group that all
gave the same secret answer. One or two secret answers are masked. More are hidden with them until no hidden figure
follows from the shown ones and the totals, which are taken as known (Willenborg & de Waal 2001, ch. 4; Cox 1980),
and until each masked one can be one case as well as two (Fischetti & Salazar 2001).
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence

from analysis.estimate import FEWEST_EVENTS
from analysis.linked_tables import FEWEST, FEWEST_SENSITIVE, LinkedTables, linked_tables
from analysis.masking import mask
from analysis.published_tables import Figure, Mark, Past, Published, Same, Suppression

__all__ = [
    "FEWEST",
    "FEWEST_SENSITIVE",
    "Mark",
    "Past",
    "Published",
    "Suppression",
    "hidden_for_itself",
    "hide",
    "hide_after",
    "withholds",
]


NOTHING = Past()
ALIKE: Mapping[Hashable, int] = {}


def hide(
    figures: Sequence[Figure],
    sensitive: Collection[str] = (),
    harmless: Mapping[str, Collection[str]] | None = None,
    same: Same = (),
    sums: Sequence[Collection[Hashable]] = (),
    sizes: Mapping[Hashable, int] = ALIKE,
) -> list[Mark | None]:
    """What must happen to each figure of a table before it is shown, in the order of the figures.

    "hidden"       too small, or it reveals what everybody of a group answered: estimate, limits and n are withheld
    "hidden_with"  withheld so that a hidden one can't be subtracted out
    "under_3"      one or two secret answers: "under 3 cases"; only the upper limit may be shown

    figures    any items x values x domains of one breakdown; a domain is a label, a tuple of labels or a mapping.
               The whole (domain None) and, for several columns, each column's own breakdown count as published.
               With `same` of two breakdowns that are both published, under labels that tell them apart
    sensitive  item codes
    harmless   values of a sensitive item that are nobody's secret ("no")
    same       domains of the one and of the other breakdown that hold the same people, in the smallest sets: the
               communes of a stratum and the stratum. All sets together make up each breakdown; a domain that is in
               both has one label
    sums       domains whose figures taken together are known from elsewhere
    sizes      people of each domain, whatever they answered: of the shown domains the smallest is hidden with
               another, for each item the same one. Not given, that of the fewest answers
    """
    return hide_after(NOTHING, figures, sensitive, harmless, same, sums, sizes).marks


def hide_after(
    past: Past,
    figures: Sequence[Figure],
    sensitive: Collection[str] = (),
    harmless: Mapping[str, Collection[str]] | None = None,
    same: Same = (),
    sums: Sequence[Collection[Hashable]] = (),
    sizes: Mapping[Hashable, int] = ALIKE,
    unseen: Collection[Hashable] = (),
) -> Suppression:
    """What must happen to the figures of a table whose reader has earlier ones.

    A domain in which nothing changed keeps its marks. What was shown is known, so none of it is hidden to protect
    another; of the new figures of the other domains as many are hidden as all tables together need. What they
    reveal all the same is `exposed`.

    unseen  domains that no table has, though the sums take them in: those who left the grouping question blank.
            Hidden before any other one, for nothing is lost by it
    """
    result = Suppression([None] * len(figures), set(), set())
    for tables in _tables(figures, sensitive, harmless, same, sums, past, sizes, unseen):
        revealed = _mark(tables, result)
        if revealed and past.tables:
            own = [figures[at] for row in tables.places for at in row if at is not None]
            (alone,) = _tables(own, sensitive, harmless, same, sums, sizes=sizes)
            revealed -= _mark(alone, Suppression([None] * len(own), set(), set()))
        result.exposed.update(domain for _value, domain in revealed)
    return result


def _mark(tables: LinkedTables, result: Suppression) -> set[tuple[str | None, Hashable]]:
    """Writes what must happen to the figures of now. Returns the values and domains of which something is revealed
    all the same and was not before; None and a domain if it is its number of answers."""
    small, hidden, followed = tables.hidden_domains()
    result.whole.update((tables.item, tables.domains[d]) for d in hidden if d < tables.now)
    revealed: set[tuple[str | None, Hashable]] = {(None, tables.domains[d]) for d in followed}
    for d in hidden:
        _write(tables, result, d, ["hidden" if d in small else "hidden_with"] * len(tables.values))
    if tables.sensitive:
        counts = mask(tables, small, hidden)
        revealed |= {(tables.values[v], tables.domains[d]) for v, d in counts.exposed}
        for v, d in counts.hidden:
            if d not in hidden and (place := tables.places[v][d]) is not None:
                result.marks[place] = "under_3" if (v, d) in counts.masked else "hidden_with"
    for d, marks in tables.known.items():
        _write(tables, result, d, marks)
    return revealed


def _write(tables: LinkedTables, result: Suppression, d: int, marks: Sequence[Mark | None]) -> None:
    for row, word in zip(tables.places, marks, strict=True):
        if (place := row[d]) is not None:
            result.marks[place] = word


def hidden_for_itself(
    figures: Sequence[Figure],
    sensitive: Collection[str] = (),
    harmless: Mapping[str, Collection[str]] | None = None,
) -> set[int]:
    """The places of the figures that `hide` would call "hidden", whatever else of the table were shown."""
    places: set[int] = set()
    for tables in _tables(figures, sensitive, harmless):
        small = tables.small()
        places |= {place for row in tables.places for d in small if (place := row[d]) is not None}
    return places


def withholds(
    figures: Sequence[Figure],
    sensitive: Collection[str] = (),
    harmless: Mapping[str, Collection[str]] | None = None,
) -> bool:
    """Whether `hide` may withhold anything of a table: it doesn't where no figure gives cause."""

    def gives_cause(one: Figure) -> bool:
        if one.item not in sensitive:
            return 0 < one.n < FEWEST
        secret = one.value not in (harmless or {}).get(one.item, ())
        return 0 < one.n < FEWEST_SENSITIVE or (
            secret and (0 < one.events < FEWEST_EVENTS or one.events == one.n > 0)
        )

    return any(map(gives_cause, figures))


def _tables(
    figures: Sequence[Figure],
    sensitive: Collection[str],
    harmless: Mapping[str, Collection[str]] | None,
    same: Same = (),
    sums: Sequence[Collection[Hashable]] = (),
    past: Past = NOTHING,
    sizes: Mapping[Hashable, int] = ALIKE,
    unseen: Collection[Hashable] = (),
) -> Iterator[LinkedTables]:
    """The figures by item and breakdown; the whole stands apart: it is no member of the sum, it is the sum."""
    groups: dict[tuple[str, bool], list[int]] = {}
    for place, figure in enumerate(figures):
        groups.setdefault((figure.item, figure.domain is not None), []).append(place)
    for (item, _breaks_down), places in groups.items():
        safe = frozenset((harmless or {}).get(item, ()))
        yield linked_tables(figures, places, item in sensitive, safe, same, sums, past, sizes, unseen)
