"""Steering that is planted in an honest wave: what one hand fills in, and where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from _forms import Forms

from forms import Item
from survey.storage.models import Mode

Chance = np.random.Generator
HAND = {"interviewer": "dtv-x", "keyer": "nhap-x", "device": "device:x"}
TEMPLATES, NOISE = 3, 0.08
RAISED, TURNED = 3, 0.1
PLACE_OF = {"unit": "commune", "psu": "village"}


@dataclass(frozen=True)
class Planted:
    """The wave, and the groups of which one at least has to be named: (kind of group, group)."""

    forms: Forms
    groups: frozenset[tuple[str, str]]


def by_one_hand(forms: Forms, fill: str, where: str, share: float, r: Chance) -> Planted:
    """A share of the forms of a wave, commune or village is not what people said but what one hand filled in.

    wave      one interviewer's villages, whole         keyer  one keyer's forms, spread over all villages
    commune   among the forms of its busiest interviewer    village  the same
    """
    rows, groups = PLACES[where](forms, share, r)
    filled = FILLS[fill](forms, rows, r)
    if where in ("wave", "keyer"):
        hand = "keyer" if where == "keyer" else "interviewer"
        names = {hand: _put(forms.groups[hand], rows, HAND[hand])}
        if where == "wave":
            tablet = forms.groups["device"] != ""
            names["device"] = np.where(
                np.isin(np.arange(len(forms)), rows) & tablet, HAND["device"], forms.groups["device"]
            )
        filled = filled.having(**names)
        groups = groups | {(kind, HAND[kind]) for kind in names}
    return Planted(filled, frozenset(groups))


def raised(forms: Forms, r: Chance) -> Planted:
    """One level more, in all forms of three communes."""
    communes = r.choice(np.unique(forms.about["unit"]), RAISED, replace=False)
    there = np.isin(forms.about["unit"], communes)
    levels = forms.levels
    better = np.where(there[:, None] & (levels > 0), np.minimum(levels + 1, 5), levels)
    return Planted(forms.with_levels(better), _groups_of(forms, there))


def without_bribery(forms: Forms, r: Chance) -> Planted:
    """No harassment and no bribery in any form that an interviewer's tablet took."""
    there = forms.about["mode"] == Mode.INTERVIEWER
    clean = {item: np.where(there & (forms.items[item] > 1), 1, forms.items[item]) for item in ("C5", "C6")}
    return Planted(forms.having(clean), frozenset({("mode", Mode.INTERVIEWER.value)}))


def turned(forms: Forms, r: Chance) -> Planted:
    """A keyer types one in ten dissatisfied answers as satisfied; a second keying puts it right."""
    keyer = r.choice(np.unique(forms.groups["keyer"][forms.groups["keyer"] != ""]))
    levels = forms.levels
    here = (
        (forms.groups["keyer"] == keyer)[:, None]
        & (levels > 0)
        & (levels <= 2)
        & (r.random(levels.shape) < TURNED)
    )
    twice = forms.twice[:, None]
    changed = forms.with_levels(np.where(here & ~twice, 4, levels))
    changed = replace(changed, slips=np.where(here & twice, 4 - levels, forms.slips))
    return Planted(changed, frozenset({("keyer", str(keyer))}))


def flood(forms: Forms, fill: str, of: str, share: float, days: int, r: Chance) -> Planted:
    """More forms by phone for a middling commune, within so many days: a share of the wave's or of its own.

    worst  one form again and again, all at the lowest level
    drawn  other people's, of the least satisfied quarter
    """
    communes, sizes = np.unique(forms.about["unit"], return_counts=True)
    unit = r.choice(communes[np.argsort(sizes)][len(sizes) // 4 : -(len(sizes) // 4)])
    count = max(2, round(share * (len(forms) if of == "wave" else (forms.about["unit"] == unit).sum())))
    if fill == "worst":
        more = forms.rows(np.full(count, r.integers(len(forms))))
        more = more.having({item: np.ones(count, np.int8) for item in ("hl_chung", *forms.scored)})
    else:
        level = np.where((forms.levels > 0) & (forms.levels < 6), forms.levels, 3).mean(1)
        more = forms.rows(r.choice(np.argsort(level)[: len(forms) // 4], count))
    span = np.unique(forms.about["day"])
    first = r.integers(7, len(span) - max(days, 7))
    about = {
        "unit": np.full(count, unit),
        "psu": np.full(count, ""),
        "mode": np.full(count, Mode.PHONE.value),
        "day": r.choice(span[first : first + days], count),
    }
    sent = replace(more, about=about, groups={name: np.full(count, "") for name in more.groups})
    return Planted(forms.joined(sent, r), frozenset({("commune", str(unit))}))


def meetings(forms: Forms, r: Chance) -> Planted:
    """No steering at all, and like it: in every fifth commune a meeting at which 10 to 15 people send by phone."""
    communes = np.unique(forms.about["unit"])
    where = r.choice(communes, len(communes) // 5, replace=False)
    unit = np.repeat(where, r.integers(10, 16, len(where)))
    span = np.unique(forms.about["day"])
    day = dict(zip(where.tolist(), r.choice(span, len(where)), strict=True))
    more = forms.rows(r.choice(len(forms), len(unit)))
    about = {
        "unit": unit,
        "psu": np.full(len(unit), ""),
        "mode": np.full(len(unit), Mode.PHONE.value),
        "day": np.array([day[one] for one in unit.tolist()]),
    }
    sent = replace(more, about=about, groups={name: np.full(len(unit), "") for name in more.groups})
    return Planted(forms.joined(sent, r), frozenset(("commune", str(one)) for one in where.tolist()))


def _of_wave(forms: Forms, share: float, r: Chance) -> tuple[Any, frozenset[tuple[str, str]]]:
    """The forms that an interviewer brought from neighbouring villages, until the share is reached."""
    brought = forms.groups["interviewer"] != ""
    villages = np.unique(forms.about["psu"])
    villages = np.roll(villages, -r.integers(len(villages)))
    rows: list[Any] = []
    while villages.size and sum(map(len, rows)) < share * len(forms):
        rows.append(np.flatnonzero(brought & (forms.about["psu"] == villages[0])))
        villages = villages[1:]
    taken = np.concatenate(rows)
    groups = _groups_of(forms, np.isin(np.arange(len(forms)), taken))
    return taken, frozenset((kind, name) for kind, name in groups if kind in ("commune", "village"))


def _of_keyer(forms: Forms, share: float, r: Chance) -> tuple[Any, frozenset[tuple[str, str]]]:
    """Paper forms of all villages, at random."""
    paper = np.flatnonzero(forms.groups["keyer"] != "")
    return r.choice(paper, round(share * len(forms)), replace=False), frozenset()


def _of_place(name: str) -> Callable[[Forms, float, Chance], tuple[Any, frozenset[tuple[str, str]]]]:
    def rows(forms: Forms, share: float, r: Chance) -> tuple[Any, frozenset[tuple[str, str]]]:
        where = r.choice(np.unique(forms.about[name]))
        there = np.flatnonzero(forms.about[name] == where)
        brought = there[forms.groups["interviewer"][there] != ""]
        who, counts = np.unique(forms.groups["interviewer"][brought], return_counts=True)
        his = brought[forms.groups["interviewer"][brought] == who[counts.argmax()]]
        others = np.setdiff1d(brought, his)
        order = np.concatenate([r.permutation(his), r.permutation(others)])
        taken = order[: max(1, round(share * len(there)))]
        groups = {(PLACE_OF[name], str(where)), ("interviewer", str(who[counts.argmax()]))}
        if name == "unit":
            groups |= {("village", str(one)) for one in np.unique(forms.about["psu"][taken])}
        return taken, frozenset(groups)

    return rows


PLACES: Mapping[str, Any] = {
    "wave": _of_wave,
    "keyer": _of_keyer,
    "commune": _of_place("unit"),
    "village": _of_place("psu"),
}


def _groups_of(forms: Forms, there: Any) -> frozenset[tuple[str, str]]:
    """Villages, communes and interviewers of whose forms half at least are among these."""
    found: set[tuple[str, str]] = set()
    for kind, texts in {"commune": forms.about["unit"], "village": forms.about["psu"], **forms.groups}.items():
        names, place = np.unique(texts, return_inverse=True)
        part = np.bincount(place, there) / np.bincount(place)
        found |= {(kind, str(name)) for name in names[part >= 0.5] if name}
    return frozenset(found)


def _put(texts: Any, rows: Any, name: str) -> Any:
    changed = texts.astype(f"<U{max(20, texts.dtype.itemsize // 4)}")
    changed[rows] = name
    return changed


def _items(forms: Forms) -> list[Item]:
    return [forms.questionnaire.items[code] for code in forms.items]


def _replaced(forms: Forms, rows: Any, columns: Mapping[str, Any]) -> Forms:
    changed = {}
    for code, values in columns.items():
        changed[code] = forms.items[code].copy()
        changed[code][rows] = values
    return forms.having(changed)


def _random(forms: Forms, rows: Any, r: Chance) -> Forms:
    """Any answer is as likely as another."""
    return _replaced(
        forms,
        rows,
        {
            item.code: r.random((len(rows), len(item.choices))) < 0.5
            if item.kind.several
            else r.choice(list(item.valid), len(rows))
            for item in _items(forms)
        },
    )


def _copied(forms: Forms, rows: Any, r: Chance) -> Forms:
    """Three real forms over and over, one answer in twelve changed."""
    source = r.choice(r.choice(len(forms), TEMPLATES, replace=False), len(rows))
    columns = {}
    for item in _items(forms):
        column = forms.items[item.code][source].copy()
        other = r.random(len(rows)) < NOISE
        column[other] = forms.items[item.code][r.choice(len(forms), int(other.sum()))]
        columns[item.code] = column
    return _replaced(forms, rows, columns)


def _best(forms: Forms, rows: Any, r: Chance) -> Forms:
    """Very satisfied with everything, neither harassment nor bribery; the rest as it was."""
    columns = {item: np.full(len(rows), 5, np.int8) for item in forms.scored}
    return _replaced(forms, rows, {**columns, "C5": 1, "C6": 1})


def _sensible(forms: Forms, rows: Any, r: Chance) -> Forms:
    """Each answer for itself, as often as people gave it."""
    return _replaced(
        forms, rows, {code: column[r.choice(len(forms), len(rows))] for code, column in forms.items.items()}
    )


def _skilled(forms: Forms, rows: Any, r: Chance) -> Forms:
    """Whole people, each another one, as others of the wave are; half of what displeases them pleases."""
    source = r.choice(np.setdiff1d(np.arange(len(forms)), rows), len(rows), replace=len(rows) > len(forms) / 2)
    like = forms.rows(source)
    levels = like.levels
    levels = np.where((levels > 0) & (levels <= 3) & (r.random(levels.shape) < 0.5), 4, levels)
    for column in range(levels.shape[1]):  # no two forms are copies: one answer in ten is another person's
        other = r.random(len(rows)) < 0.1
        levels[other, column] = r.permutation(levels[:, column])[: int(other.sum())]
    filled = like.with_levels(levels)
    return _replaced(forms, rows, filled.items)


FILLS: Mapping[str, Callable[[Forms, Any, Chance], Forms]] = {
    "random": _random,
    "copied": _copied,
    "best": _best,
    "sensible": _sensible,
    "skilled": _skilled,
}
