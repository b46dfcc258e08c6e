"""The communes beside each other in one figure: in the order asked for, those asked for, in groups by verdict.

The column that they are ordered by says what the groups and the drawing are of: where each commune stands, or what
has changed since the wave before. A figure that is hidden stands in no group of those, at the end, by name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from analysis import Difference, Estimate
from analysis.contrast import Group
from survey.results import charts, standing_words, wording
from survey.results.comparison import Change
from survey.results.result_table import Record
from survey.results.since import Since
from survey.storage.models import Unit
from translations import Lazy, ngettext
from translations import gettext as _
from translations.formats import order


@dataclass(frozen=True)
class UnitRow:
    """A commune's record of what is shown, and its change since the wave before."""

    unit: Unit
    record: Record
    change: Change | None = None

    @property
    def standing(self) -> Group | None:
        """Its word against the rest."""
        return self.record.standing

    @property
    def moved(self) -> Group | None:
        """The word of its change."""
        return self.change.verdict if self.change and self.difference else None

    @property
    def difference(self) -> Difference | None:
        """Its change, where there is one to tell with its interval."""
        found = self.change.difference if self.change else None
        return None if found is None or found.low is None else found


@dataclass(frozen=True)
class Figure:
    """Something that communes are shown by. `is_bad`: what is high should be rare."""

    code: str
    item: str
    name: str
    province: Estimate
    is_bad: bool
    rows: tuple[UnitRow, ...]

    @property
    def is_tested(self) -> bool:
        """Whether any commune has a word, and more than one commune is there to differ."""
        return len(self.rows) > 1 and any(row.standing for row in self.rows)

    @property
    def has_changes(self) -> bool:
        """Whether any commune has a word of change."""
        return len(self.rows) > 1 and any(row.moved for row in self.rows)


@dataclass(frozen=True)
class Section:
    """A group of rows with its heading, or all rows without one. `is_open`: on a phone, unasked."""

    title: str
    note: str
    rows: tuple[UnitRow, ...]
    is_open: bool = True


SIGNS: tuple[Group, Group] = ("signs_below", "signs_above")
# How the address names the communes that alone are shown: by standing, by change.
STANDINGS: dict[str, tuple[Lazy, tuple[Group | None, ...]]] = {
    "thap": (Lazy("Lower"), ("below",)),
    "dau-hieu": (Lazy("Signs"), SIGNS),
    "chua-ro": (Lazy("No clear difference"), ("not_apart",)),
    "cao": (Lazy("Higher"), ("above",)),
    "khong-so": (Lazy("Not compared"), (None,)),
}
CHANGES: dict[str, tuple[Lazy, tuple[Group | None, ...]]] = {
    "giam": (Lazy("Down"), ("below",)),
    "dau-hieu": (Lazy("Signs"), SIGNS),
    "chua-ro": (Lazy("Unclear"), ("not_apart",)),
    "tang": (Lazy("Up"), ("above",)),
    "khong-so": (Lazy("Not compared"), (None,)),
}
Value = Callable[[UnitRow], Any]


def _level(row: UnitRow) -> tuple[float, bool] | None:
    """One or two cases, which nobody may count, stand between none and those that are counted."""
    if "under_3" in row.record.flags:
        return 0.0, True
    return None if row.record.estimate is None else (row.record.estimate, False)


# Column -> what it is ordered by (None: at the end), and how that reads, upwards and downwards.
ORDERS: dict[str, tuple[Value, Lazy, Lazy]] = {
    "uoc-luong": (_level, Lazy("the lowest first"), Lazy("the highest first")),
    "doi": (
        lambda row: row.difference and row.difference.estimate,
        Lazy("the largest fall first"),
        Lazy("the largest rise first"),
    ),
    "ten": (lambda row: order(row.unit.name), Lazy("by name"), Lazy("by name, from the end")),
    "nguoi": (lambda row: row.record.n, Lazy("the fewest people first"), Lazy("the most people first")),
}


@dataclass(frozen=True)
class Asked:
    """What of a figure was asked for.

    by             a column of `ORDERS`; is_down: from its largest value
    among, moved   of `STANDINGS` and `CHANGES`, or empty
    named          the codes whose names have the words looked for
    """

    by: str
    is_down: bool
    among: str = ""
    moved: str = ""
    named: frozenset[str] | None = None

    @property
    def is_of_change(self) -> bool:
        """Whether groups and drawing are of the change."""
        return self.by == "doi"


def read(figure: Figure, by: str, among: str, moved: str, named: frozenset[str] | None, is_open: bool) -> Asked:
    """What an address asks for, as far as the figure has it: −COLUMN is downwards. Unless given, what needs
    attention comes first: the lowest, of evils the highest, the largest fall where changes are filtered; the names
    in order in an open wave."""
    among = among if among in STANDINGS and figure.is_tested else ""
    moved = moved if moved in CHANGES and figure.has_changes else ""
    column = by.removeprefix("-")
    if column not in ORDERS or (column == "doi" and not figure.has_changes):
        column = "ten" if is_open else "doi" if moved else "uoc-luong"
        by = f"-{column}" if figure.is_bad and column != "ten" else column
    return Asked(column, by.startswith("-"), among, moved, named)


def rows(figure: Figure, asked: Asked) -> list[UnitRow]:
    """The rows asked for, in their order; what isn't known at the end, by name."""
    wanted = [
        row
        for row in figure.rows
        if (asked.named is None or row.unit.code in asked.named)
        and (not asked.among or row.standing in STANDINGS[asked.among][1])
        and (not asked.moved or row.moved in CHANGES[asked.moved][1])
    ]
    wanted.sort(key=lambda row: order(row.unit.name))
    value = ORDERS[asked.by][0]
    known = [row for row in wanted if value(row) is not None]
    return [
        *sorted(known, key=value, reverse=asked.is_down),
        *(row for row in wanted if value(row) is None),
    ]


def sections(figure: Figure, asked: Asked, ordered: Sequence[UnitRow]) -> list[Section]:
    """The rows in groups by the verdict of the column that they are ordered by; in one where that has none."""
    of_verdicts = figure.has_changes if asked.is_of_change else figure.is_tested
    if asked.by not in ("uoc-luong", "doi") or not of_verdicts:
        return [Section("", "", tuple(ordered))]
    kinds: Sequence[tuple[Group | None, ...]] = _STEPS if asked.is_of_change else _THREE
    if asked.is_down:
        kinds = kinds[::-1]
    found = []
    there = [row for row in ordered if not wording.not_sampled(row.record)]
    for kind in [*kinds, (None,)]:
        own = tuple(row for row in there if (row.moved if asked.is_of_change else row.standing) in kind)
        is_filtered = asked.among or asked.moved or asked.named is not None
        if own or (kind != (None,) and not is_filtered and kind in (kinds[0], kinds[-1])):
            title, note = _heading(kind, own, asked.is_of_change)
            found.append(Section(title, note, own))
    if elsewhere := tuple(row for row in ordered if wording.not_sampled(row.record)):
        found.append(Section(_("Not sampled here"), _communes(elsewhere), elsewhere))
    first = next((place for place, one in enumerate(found) if one.rows), 0)
    return [Section(one.title, one.note, one.rows, place == first) for place, one in enumerate(found)]


_THREE: tuple[tuple[Group, ...], ...] = (("below",), ("signs_below", "not_apart", "signs_above"), ("above",))
_STEPS: tuple[tuple[Group, ...], ...] = (
    ("below",),
    ("signs_below",),
    ("not_apart",),
    ("signs_above",),
    ("above",),
)
_LEVEL_TITLES = {
    "below": Lazy("Below the overall figure"),
    "not_apart": Lazy("Not told apart from the overall figure"),
    "above": Lazy("Above the overall figure"),
}
_CHANGE_TITLES = {
    "below": Lazy("Down"),
    "signs_below": Lazy("Signs of a fall"),
    "not_apart": Lazy("Unclear whether there is a change"),
    "signs_above": Lazy("Signs of a rise"),
    "above": Lazy("Up"),
}


def _communes(own: Sequence[UnitRow]) -> str:
    return ngettext("%(num)s commune", "%(num)s communes", len(own)) if own else _("none")


def _heading(kind: tuple[Group | None, ...], own: Sequence[UnitRow], of_change: bool) -> tuple[str, str]:
    """The words of a group, and what is said of it: how many it has, how sure that is."""
    how_many = _communes(own)
    if kind == (None,):
        return _("Not compared"), how_many
    main = "not_apart" if len(kind) > 1 else kind[0]
    title = str((_CHANGE_TITLES if of_change else _LEVEL_TITLES)[str(main)])
    if not own:
        return title, how_many
    if main in ("below", "above"):
        return title, _("%(count)s, concluded", count=how_many)
    if main in SIGNS:
        return title, _("%(count)s, to be seen again next time before anything is concluded", count=how_many)
    counts = Counter(row.standing for row in own)
    if not of_change and (counts["signs_below"] or counts["signs_above"]):
        marked = [
            _("%(count)s with %(signs)s", count=counts[one], signs=standing_words.side(one))
            for one in SIGNS
            if counts[one]
        ]
        return title, _("%(count)s, of which %(marked)s", count=how_many, marked=", ".join(marked))
    return title, how_many


def scale(figure: Figure, asked: Asked, whole: str) -> charts.Scale:
    """The scale of the drawing: of all rows, whichever are shown, so that a filter moves nothing.

    whole  what the figure of all together is called on it
    """
    if asked.is_of_change:
        return charts.change_scale(
            [row.difference for row in figure.rows if row.difference is not None], _("no change")
        )
    return charts.scale([row.record for row in figure.rows], figure.province, whole.lower())


def finding(figure: Figure, since: Since | None, of_change: bool = False) -> str:
    """What the page says above its table: how many communes are below and above, and have changed; of changes
    alone where they are what is looked at."""
    moved = Counter(row.moved for row in figure.rows)
    if of_change and since is not None:
        return _moves(moved, since.then)
    if not figure.is_tested:
        return figure.name
    counts = Counter(row.standing for row in figure.rows)
    text = standings(counts["below"], counts["above"])
    if since is None or not figure.has_changes:
        return text
    then = since.then
    if not moved["below"] and not moved["above"]:
        return _("%(standings)s. Since %(then)s no change can be told", standings=text, then=then)
    return _(
        "%(standings)s. Since %(then)s: %(down)s down, %(up)s up",
        standings=text,
        then=then,
        down=moved["below"],
        up=moved["above"],
    )


def standings(below: int, above: int) -> str:
    """How many communes are told apart from the overall figure."""
    if not below and not above:
        return _("No commune can be told apart from the overall figure")
    return ngettext(
        "%(num)s commune below the overall figure, %(above)s above",
        "%(num)s communes below the overall figure, %(above)s above",
        below,
        above=above,
    )


def _moves(moved: Counter[Group | None], then: str) -> str:
    if not any(moved[group] for group in ("below", "signs_below", "signs_above", "above")):
        return _("Since %(then)s no change can be told in any commune", then=then)
    text = _(
        "Communes since %(then)s: %(down)s down, %(up)s up", then=then, down=moved["below"], up=moved["above"]
    )
    if moved["signs_below"] or moved["signs_above"]:
        text += "; " + _(
            "signs of a fall in %(down)s, of a rise in %(up)s",
            down=moved["signs_below"],
            up=moved["signs_above"],
        )
    return text


def counts(figure: Figure, of_change: bool) -> list[tuple[str, str, tuple[Group | None, ...], int]]:
    """The filters of a column, which add up to all communes: name in the address, words, standings, how many
    have them. That of what can't be compared is there only if something can't."""
    choices = CHANGES if of_change else STANDINGS
    found = Counter(row.moved if of_change else row.standing for row in figure.rows)
    return [
        (code, str(name), groups, sum(found[one] for one in groups))
        for code, (name, groups) in choices.items()
        if groups != (None,) or found[None]
    ]


def of_units(records: Iterable[Record], item: str, value: str | None) -> dict[str, Record]:
    """The communes' records of a figure, by their codes."""
    return {
        str(one.domain): one
        for one in records
        if one.item == item and one.value == value and isinstance(one.domain, str)
    }
