"""Two waves beside each other: what changed, in points, with its interval, and what can't be told apart.

Both waves are stacked to one file of two domains, so the difference knows what they share: where the villages were
kept, the covariance counts; where they were drawn anew, the strata are crossed with the wave. Items are matched by
code, units by what replaced them; the old *records* are estimated again in the new units, never percentages
averaged (docs/thong-ke.md, § 5).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from sqlalchemy.orm import Session

from analysis import Design, DesignError, Difference, Estimate, Measure
from analysis.contrast import contrasts, holm
from analysis.design import SinglePSU, code
from analysis.totals import psu_totals
from forms import Rule
from survey import questionnaires, units, waves
from survey.models import Unit, Wave
from survey.results import result_table
from survey.results.wording import is_hidden
from survey.sample import Objects, Sample
from translations import Refusal

OLD, NEW = "old", "new"
LEVEL = 0.95


@dataclass(frozen=True)
class Change:
    """A figure of two waves. `difference` is None where either is hidden or missing, or there is nothing to test.

    verdict  "up" or "down" where the test holds, corrected for all lines of the table; else "same"; None without
    """

    item: str
    value: str | None
    unit: str | None
    old: Estimate
    new: Estimate
    difference: Difference | None
    verdict: str | None


@dataclass(frozen=True)
class Comparison:
    """Two waves of one survey, `old` before `new`.

    changes  by item, then unit            only_old, only_new  items that the other wave did not ask
    modes    the share of each way of answering, old and new: a change of ways may look like a change of service
    merged   units of the new wave that took in old ones; their old figures are estimated from the old records
    kept     whether the villages are the same ones
    """

    old: Wave
    new: Wave
    rule: Rule | None
    changes: tuple[Change, ...]
    only_old: tuple[str, ...]
    only_new: tuple[str, ...]
    modes: dict[str, tuple[float, float]]
    merged: tuple[Unit, ...]
    kept: bool


def earlier(session: Session, wave: Wave) -> list[Wave]:
    """The waves that a wave may be compared with: before it, of its kind and questionnaire, the newest first."""
    return [
        one
        for one in waves.every(session)
        if one.opens < wave.opens
        and one.kind is wave.kind
        and one.simulated == wave.simulated
        and _name(session, one) == _name(session, wave)
    ]


def _name(session: Session, wave: Wave) -> str:
    return questionnaires.by_digest(session, wave.questionnaire).code


def compare(
    session: Session,
    old: Sample,
    new: Sample,
    items: Sequence[str] = (),
    *,
    by_unit: bool = False,
    rule: str | None = None,
) -> Comparison:
    """What changed from one wave to another: of the whole province, or unit by unit.

    items  as `results.Wanted.read` takes them; the index, its parts and all items that both asked unless given
    rule   of the index; that of the new wave's questionnaire unless given

    An index by two rules is no comparison: refused where the old questionnaire lacks the rule. A hidden figure on
    either side has no difference. Weights that were calibrated are taken as given, which widens the interval a
    little rather than narrows it.
    """
    old_people, merged = rehoused(session, old, new.wave)
    rule_now = result_table.scoring_rule(new.questionnaire, rule)
    rule_then = result_table.scoring_rule(old.questionnaire, rule_now.name if rule_now else None)
    if rule_now is not None and rule_then is not None and rule_now.scores != rule_then.scores:
        raise Refusal(
            "The rule %(rule)s means two things in these two questionnaires. Choose another rule.",
            rule=rule_now.name,
        )
    told = {one.item for one in result_table.everything(old.questionnaire)}
    asked = {one.item for one in result_table.everything(new.questionnaire)}
    wanted = [result_table.Wanted.read(text) for text in items] or [
        one for one in result_table.everything(new.questionnaire) if one.item in told
    ]
    wanted = [one for one in wanted if one.item in told]
    kept = new.wave.villages == "kept"
    sides = [(old_people, rule_then), (new, rule_now)]
    stacked = [_measures(people, wanted, scoring) for people, scoring in sides]
    names = [name for name in stacked[0] if name in stacked[1]]
    measures = [_joined(stacked[0][name], stacked[1][name]) for name in names]
    tables = [
        {
            (record.item, record.value, record.domain): record
            for record in result_table.table(
                session,
                people,
                items=[_text(one) for one in wanted],
                by=["unit"] if by_unit else [],
                rule=rule_now.name if rule_now else None,
                released=True,
            )
        }
        for people, _scoring in sides
    ]
    keys = [key for key in tables[1] if key in tables[0] and key[:2] in stacked[0] and key[:2] in stacked[1]]
    found = _differences(old_people, new, measures, keys, by_unit, kept)
    return Comparison(
        old=old.wave,
        new=new.wave,
        rule=rule_now,
        changes=tuple(_changes(keys, tables[0], tables[1], found)),
        only_old=tuple(sorted(told - asked)),
        only_new=tuple(sorted(asked - told)),
        modes=_modes(old, new),
        merged=tuple(merged),
        kept=kept,
    )


def rehoused(session: Session, people: Sample, wave: Wave) -> tuple[Sample, list[Unit]]:
    """The sample in the units of a later wave, and which of these took in others.

    A unit names in `replaces` what it took in: codes separated by ;, each with the share of its people that came
    over where it was not all of them (00101:0.4). Then each of its records counts by that share.
    """
    homes: dict[str, list[tuple[str, float]]] = {}
    merged = []
    for unit in units.communes(session, wave.opens):
        for part in (unit.replaces or "").split(";"):
            old, _colon, share = part.strip().partition(":")
            if old and old != unit.code and old in set(people.unit.tolist()):
                homes.setdefault(old, []).append((unit.code, float(share or 1)))
                merged.append(unit)
    if not homes:
        return people, []
    rows: list[int] = []
    unit_of: list[str] = []
    parts: list[float] = []
    for row, unit in enumerate(people.unit.tolist()):
        for code_now, share in homes.get(unit, [(unit, 1.0)]):
            rows.append(row)
            unit_of.append(code_now)
            parts.append(share)
    place = np.array(rows, np.int64)
    there = np.empty(len(rows), object)
    there[:] = unit_of
    moved = replace(
        people,
        ids=tuple(people.ids[row] for row in rows),
        unit=there,
        stratum=people.stratum[place],
        psu=people.psu[place],
        mode=people.mode[place],
        day=people.day[place],
        weight=people.weight[place] * np.array(parts),
        documents=tuple(people.documents[row] for row in rows),
        marks=tuple(people.marks[row] for row in rows),
        calibration=None,
        columns={},
    )
    return moved, list({unit.code: unit for unit in merged}.values())


Name = tuple[str, str | None]


def _measures(people: Sample, wanted: Sequence[result_table.Wanted], rule: Rule | None) -> dict[Name, Measure]:
    """What both waves can be asked: a value that one of them didn't offer is left out."""
    found = {}
    for one in wanted:
        item = people.questionnaire.items.get(one.item)
        if one.values is not None and item is not None and not set(one.values) <= set(item.choices):
            continue
        found.update(
            {(measure.item, measure.value): measure for measure in result_table.measures(people, one, rule)}
        )
    return found


def _text(wanted: result_table.Wanted) -> str:
    return wanted.item if wanted.values is None else f"{wanted.item}={','.join(map(str, wanted.values))}"


def _joined(old: Measure, new: Measure) -> Measure:
    return Measure(
        new.item,
        new.value,
        new.statistic,
        np.concatenate([old.score, new.score]),
        np.concatenate([old.base, new.base]),
        np.concatenate([old.answered, new.answered]),
    )


def _differences(
    old: Sample,
    new: Sample,
    measures: Sequence[Measure],
    keys: Sequence[tuple[str, str | None, Any]],
    by_unit: bool,
    kept: bool,
) -> dict[tuple[str, str | None, Any], Difference]:
    sides = ((OLD, old), (NEW, new))
    domain = _objects([(side, unit if by_unit else None) for side, people in sides for unit in people.unit])
    stratum = _objects(
        [label if kept else f"{side} {label}" for side, people in sides for label in people.stratum]
    )
    rule = new.wave.single_psu if new.wave.single_psu != "refuse" else "centered"
    design = Design(
        np.concatenate([old.weight, new.weight]),
        stratum,
        np.concatenate([old.psu, new.psu]),
        single_psu=cast(SinglePSU, rule),
    )
    wanted = list(dict.fromkeys(key[2] for key in keys))
    try:
        totals = psu_totals(design, measures, code(domain))
        pairs = [((OLD, unit), (NEW, unit)) for unit in wanted]
        found = contrasts(totals, pairs, LEVEL, "auto")
    except DesignError as error:
        raise Refusal(error.message, **error.values) from error
    return {
        (one.item, one.value, unit): one
        for place, unit in enumerate(wanted)
        for one in found[place * len(measures) : (place + 1) * len(measures)]
    }


def _objects(values: Sequence[Any]) -> Objects:
    made = np.empty(len(values), object)
    made[:] = values
    return made


def _changes(
    keys: Sequence[tuple[str, str | None, Any]],
    old: dict[tuple[str, str | None, Any], Estimate],
    new: dict[tuple[str, str | None, Any], Estimate],
    found: dict[tuple[str, str | None, Any], Difference],
) -> list[Change]:
    """The lines, each with the verdict of its test; the tests of a table are corrected together (Holm)."""
    told = [found[key] if _may_be_told(old[key], new[key]) else None for key in keys]
    adjusted = holm([one.p if one is not None else None for one in told])
    return [
        Change(key[0], key[1], key[2], old[key], new[key], one, verdict(one, p))
        for key, one, p in zip(keys, told, adjusted, strict=True)
    ]


def _may_be_told(old: Estimate, new: Estimate) -> bool:
    return not any(is_hidden(one) or one.estimate is None for one in (old, new))


def verdict(found: Difference | None, p: float | None) -> str | None:
    """ "up" or "down" where the corrected test holds, else "same"; None where there is nothing to test."""
    if found is None or found.estimate is None or p is None:
        return None
    if p > 1 - LEVEL or found.estimate == 0:
        return "same"
    return "up" if found.estimate > 0 else "down"


def _modes(old: Sample, new: Sample) -> dict[str, tuple[float, float]]:
    counts = [Counter(people.mode.tolist()) for people in (old, new)]
    sizes = [max(len(people), 1) for people in (old, new)]
    return {
        mode: (counts[0][mode] / sizes[0], counts[1][mode] / sizes[1]) for mode in sorted({*counts[0], *counts[1]})
    }
