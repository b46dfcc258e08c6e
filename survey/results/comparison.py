"""Two waves beside each other: what changed, in points, with its interval, and what can't be told apart.

The sums of both waves' villages make one file of two domains, so the difference knows what they share: where the
villages were kept, the covariance counts; where they were drawn anew, the strata are crossed with the wave.
Items are matched by code and by the crosswalks between the questionnaires, units by what replaced them; the old
*records* are estimated again in the new codes and units, never percentages averaged (docs/statistics.md, § 5).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

import numpy as np
from sqlalchemy.orm import Session

from analysis import Design, DesignError, Difference, Estimate, Measure
from analysis.contrast import Group, contrasts
from analysis.design import Labels, SinglePSU
from analysis.estimate import ENOUGH_ANSWERS
from analysis.parts import Gathering, Names, Part
from analysis.parts import part as sums_of
from analysis.totals import psu_totals
from forms import Questionnaire, Rule
from forms.crosswalk import same_question
from survey.responses import crosswalks
from survey.responses.respondents import Floats, Sample, sample
from survey.results import disclosure, releases, result_table, verdicts
from survey.results.wording import is_hidden
from survey.storage.models import Unit, Wave, WaveKind
from survey.system.cache import A_FIGURE, kept, where
from survey.waves import questionnaires, units, waves
from translations import Lazy, Refusal

OLD, NEW = "old", "new"
LEVEL = 0.95


@dataclass(frozen=True)
class Change:
    """A figure of two waves. `difference` is None where either is hidden or missing, or there is nothing to test.

    verdict  the word of the difference (`verdicts`), of all lines together but the index; of open waves None, and
             their differences have no limits
    was      the code of the item in the old wave, where it had another one
    breaks   what was measured otherwise in the old wave: then there is no difference
    """

    item: str
    value: str | None
    unit: str | None
    old: Estimate
    new: Estimate
    difference: Difference | None
    verdict: Group | None
    was: str | None = None
    breaks: tuple[Lazy, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """Two waves of one survey, `old` before `new`.

    rules    that the index follows, then and now
    changes  by item, then unit            only_old, only_new  items that the other wave did not ask
    otherwise  items that the old wave asked with other choices, so that they can't be compared
    modes    the share of each way of answering, old and new: a change of ways may look like a change of service
    merged   units of the new wave that took in old ones; their old figures are estimated from the old records
    divided  those among them, or others, that have a part of an old one
    kept     whether the villages are the same ones
    """

    old: Wave
    new: Wave
    rules: tuple[Rule | None, Rule | None]
    changes: tuple[Change, ...]
    only_old: tuple[str, ...]
    only_new: tuple[str, ...]
    otherwise: tuple[str, ...]
    modes: dict[str, tuple[float, float]]
    merged: tuple[Unit, ...]
    divided: tuple[Unit, ...]
    kept: bool


def earlier(session: Session, wave: Wave) -> list[Wave]:
    """The waves that a wave may be compared with: before it (`waves.in_time`), of its kind, on a version of its
    questionnaire or one that a crosswalk leads from; the newest first."""
    now = questionnaires.by_digest(session, wave.questionnaire)
    return [
        one
        for one in waves.list_all(session)
        if waves.in_time(one) < waves.in_time(wave)
        and one.kind is wave.kind
        and one.simulated == wave.simulated
        and crosswalks.between(session, questionnaires.by_digest(session, one.questionnaire), now) is not None
    ]


def former(session: Session, wave: Wave) -> Wave | None:
    """What a wave is compared with unasked: the newest of `earlier` that opened on an earlier day. Two that opened
    on one day say nothing of what has changed."""
    return next((one for one in earlier(session, wave) if one.opens < wave.opens), None)


def before(session: Session, wave: Wave) -> Sample:
    """The people of a wave that another is compared with: as released, by the present data without a release."""
    return sample(session, wave, releases.newest(session, wave.code))


def _state(
    session: Session,
    old: Sample,
    new: Sample,
    items: Sequence[str] = (),
    *,
    by_unit: bool = False,
    rule: str | None = None,
) -> tuple[object, ...]:
    """What tells one comparison from another: the data, what is asked, and how questions and units correspond."""
    sides = [
        (one.wave.code, one.version, one.wave.opens, one.wave.single_psu, one.wave.weights) for one in (old, new)
    ]
    way = crosswalks.between(session, old.questionnaire, new.questionnaire) or ()
    codes = tuple(
        (unit.code, unit.name, unit.replaces, unit.valid_from, unit.valid_to) for unit in units.communes(session)
    )
    request = where(session), tuple(items), by_unit, rule, new.wave.villages
    return *request, *sides, *(step.written for step in way), codes


@kept(_state, lambda changes: A_FIGURE * (3 * len(changes.changes) + 10))
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

    Where the old wave measured otherwise, by other questions, choices or another rule, both figures stand without
    a difference. A hidden figure on either side has none either. Weights that were calibrated are taken as given,
    which widens the interval a little rather than narrows it.
    """
    translated = crosswalks.translated(session, old, new.questionnaire)
    homed = Rehoused(translated.people, {})
    if by_unit:  # the whole province is the same people, wherever its borders run
        homed = rehoused(session, translated.people, new.wave)
    old_people = homed.people
    rule_now = result_table.scoring_rule(new.questionnaire, rule)
    rule_then = like(rule_now, old_people.questionnaire)
    before_items, after_items = (
        {one.item for one in result_table.everything(questionnaire)}
        for questionnaire in (old_people.questionnaire, new.questionnaire)
    )
    broken = {
        code: breaks(old_people.questionnaire, new.questionnaire, code, (rule_then, rule_now))
        for code in before_items & after_items
    }
    items_broken = {code for code, changes in broken.items() if changes and code in new.questionnaire.items}
    requests = [
        one
        for one in ([*map(result_table.MeasureRequest.read, items)] or result_table.everything(new.questionnaire))
        if one.item in before_items & after_items - items_broken
    ]
    same_villages = new.wave.villages == "kept"
    sides = [(old_people, rule_then), (new, rule_now)]
    then_, now_ = (_measures(people, requests, scoring) for people, scoring in sides)
    alike = [name for name, one in now_.items() if name in then_ and then_[name].statistic == one.statistic]
    parts = [
        _part(people, side, [measures[name] for name in alike], by_unit, same_villages)
        for side, people, measures in ((OLD, old_people, then_), (NEW, new, now_))
    ]
    figures = partial(_figures, session, tuple(_text(one) for one in requests), by_unit)
    then, now = (figures(people, scoring) for people, scoring in sides)
    if homed.homes:
        then = homed.counted(homed.hidden(then, figures(translated.people, rule_then)), then_.values())
    tables = [{(one.item, one.value, one.domain): one for one in changes} for changes in (then, now)]
    keys = [key for key in tables[1] if key in tables[0] and key[:2] in then_ and key[:2] in now_]
    open_keys = {key for key in keys if _may_be_told(tables[0][key], tables[1][key])}
    changes = _differences(parts, new.wave, [(*name, now_[name].statistic) for name in alike], keys, open_keys)
    changes = {key: one for key, one in changes.items() if not broken[key[0]]}
    return Comparison(
        old=old.wave,
        new=new.wave,
        rules=(rule_then, rule_now),
        changes=tuple(
            replace(change, was=translated.was.get(change.item), breaks=broken[change.item])
            for change in _changes(new.wave, keys, tables[0], tables[1], changes)
        ),
        only_old=tuple(sorted(before_items - after_items)),
        only_new=tuple(sorted(after_items - before_items)),
        otherwise=tuple(sorted(items_broken)),
        modes=_modes(old, new),
        merged=tuple(one for one in units.communes(session) if one.code in homed.grown),
        divided=tuple(one for one in units.communes(session) if one.code in homed.divided),
        kept=same_villages,
    )


def _figures(
    session: Session, texts: tuple[str, ...], by_unit: bool, people: Sample, scoring: Rule | None
) -> list[Estimate]:
    """What is published of these people."""
    by, name = ("unit",) if by_unit else (), scoring.name if scoring else None
    return list(result_table.released(session, people, texts, by, name))


def like(rule: Rule | None, old: Questionnaire) -> Rule | None:
    """The rule of this name in an older questionnaire; its own where it has none of that name."""
    if rule is None or old.index is None:
        return None
    return old.index.rules.get(rule.name, old.index.rules[old.index.rule])


def breaks(
    old: Questionnaire, new: Questionnaire, measure: str, rules: tuple[Rule | None, Rule | None]
) -> tuple[Lazy, ...]:
    """What makes two figures of one name two measurements: other questions, other choices, another rule.

    measure  as `results.Wanted.read` takes it, that both have; the older questionnaire in the codes of the newer
    rules    that the index follows in each
    """
    code, _equals, values = measure.partition("=")
    pools = [one.index.codes() if one.index else {} for one in (old, new)]
    breaks_ = []
    if code in pools[1]:
        before, after = (set(pool.get(code, ())) for pool in pools)
        if before != after:
            breaks_.append(Lazy("The index is made of other questions."))
        elif not all(same_question(old.items[one], new.items[one]) for one in after):
            breaks_.append(Lazy("Questions of the index have other choices."))
    elif not same_question(old.items[code], new.items[code]):
        breaks_.append(Lazy("The question has other choices."))
    is_scored = code in pools[1] or (not values and code in pools[1].get("index", ()))
    then, now = rules
    items = pools[1].get(code, (code,))
    if is_scored and then is not None and now is not None and _otherwise(then, now, items):
        breaks_.append(Lazy("The index follows another rule."))
    return tuple(breaks_)


def _otherwise(then: Rule, now: Rule, items: Iterable[str]) -> bool:
    """Whether the levels of one of these items, which both score, are worth something else."""
    return any(then.scores[one] != now.scores[one] for one in items if one in then.scores and one in now.scores)


@dataclass(frozen=True)
class Rehoused:
    """The people of a wave in the units of a later one.

    homes   old unit -> where its people are now, with the share of them; only units whose people are elsewhere
    shares  (N,) how much of each person is counted there; None where nobody moved
    """

    people: Sample
    homes: Mapping[str, Mapping[str, float]]
    shares: Floats | None = None

    @property
    def grown(self) -> set[str]:
        """The units that took in others."""
        return {home for old, shares in self.homes.items() for home in shares if home != old}

    def parts(self, unit: Any) -> set[str]:
        """The old units whose people are counted in a unit now."""
        stayed = set() if unit in self.homes else {unit}
        return stayed | {old for old, shares in self.homes.items() if unit in shares}

    @property
    def divided(self) -> set[str]:
        """The units that took in a part of another one."""
        parts = [shares for shares in self.homes.values() if len(shares) > 1]
        return {home for shares in parts for home in shares}

    def counted(self, estimates: Sequence[Estimate], measures: Iterable[Measure]) -> list[Estimate]:
        """The records by unit, with n as the people who are in the unit now.

        Nobody knows who of a divided unit came over. So each of its people counts by the share that did, as in the
        figure: of a hundred of whom 40% came over, 40. Over all units n adds up to the forms that there are.
        """
        if self.shares is None or not self.divided:
            return list(estimates)
        keys = list(measures)
        design = Design(self.shares, single_psu="certainty")
        totals = psu_totals(design, keys, self.people.unit)
        people = {
            (item, value, unit): max(1, round(float(totals.weighted[g, k])))
            for k, (item, value, _statistic) in enumerate(totals.measures)
            for g, unit in enumerate(totals.domains)
        }
        records = []
        for one in estimates:
            if one.n and not is_hidden(one):
                n = people[one.item, one.value, one.domain]
                is_new = n < ENOUGH_ANSWERS and "few" not in one.flags
                one = replace(one, n=n, flags=("few", *one.flags) if is_new else one.flags)
            records.append(one)
        return records

    def hidden(self, estimates: Sequence[Estimate], own: Sequence[Estimate]) -> list[Estimate]:
        """The released records by unit, without those that would give away what the own units' records hide.

        Who holds both tables subtracts an old unit from the one that took it in. So a figure is hidden with any of
        its parts that was hidden or masked: what is left follows from what is shown.

        own  the released records of the same people by the units that they had
        """
        withheld = {(one.item, one.value, one.domain) for one in own if disclosure.is_marked(one)}
        return [
            disclosure.hidden_with(one)
            if any((one.item, one.value, part) in withheld for part in self.parts(one.domain))
            else one
            for one in estimates
        ]


def rehoused(session: Session, people: Sample, wave: Wave) -> Rehoused:
    """The sample in the units of a later wave.

    A unit names in `replaces` what it took in (`units.taken_in`). Then each record of that counts by the share
    that came over, and by the rest in what nobody took. What was taken in may itself have taken in others before.
    What had happened before the wave opened is in its records already.

    Refused: units that together took in more than all of another one.
    """
    if people.wave.opens >= wave.opens:
        return Rehoused(people, {})
    left = {unit.code for unit in units.communes(session, wave.opens)}
    takers: dict[str, list[tuple[Unit, float]]] = {}
    for unit in units.communes(session):
        for part in units.taken_in(unit):
            before = part.since is not None and part.since <= people.wave.opens and part.code in left
            later = part.since is not None and part.since > wave.opens
            if not before and not later:
                takers.setdefault(part.code, []).append((unit, part.share))
    homes = {str(code): _homes(str(code), takers) for code in people.unit.levels}
    homes = {code: found for code, found in homes.items() if found != {code: 1.0}}
    if not homes:
        return Rehoused(people, {})
    goes = [list(homes.get(str(own), {str(own): 1.0}).items()) for own in people.unit.levels]
    levels = sorted({code_now for unit in goes for code_now, _share in unit})
    many = np.array([len(unit) for unit in goes], np.int64)
    first = np.cumsum(many) - many
    copies = many[people.unit.codes]
    row = np.repeat(np.arange(len(people)), copies)  # of each copy, and which home of its old unit it is in
    home = np.arange(len(row)) - np.repeat(np.cumsum(copies) - copies, copies) + first[people.unit.codes[row]]
    flat = [one for unit in goes for one in unit]
    place = np.array([levels.index(code_now) for code_now, _share in flat], np.int64)
    shares = np.array([share for _code, share in flat])[home]
    moved = replace(
        people,
        rows=people.rows[row],
        unit=Labels(list(levels), place[home]),
        stratum=people.stratum[row],
        psu=people.psu[row],
        mode=people.mode[row],
        day=people.day[row],
        weight=people.weight[row] * shares,
        version=hashlib.sha256(f"{people.version} {sorted(homes.items())}".encode()).hexdigest(),
        calibration=None,
        silent=None if people.silent is None else people.silent[row],
        columns=None if people.columns is None else {code: column[row] for code, column in people.columns.items()},
        former=None,  # the records by the units that they had are hidden beside it
        designs={},
    )
    return Rehoused(moved, homes, shares)


def _homes(
    code: str, takers: Mapping[str, Sequence[tuple[Unit, float]]], passed: Sequence[str] = ()
) -> dict[str, float]:
    """Where the people of a unit are now: shares by unit."""
    shares: dict[str, float] = {}
    parts = [(unit, share) for unit, share in takers.get(code, ()) if unit.code not in passed]
    rest = 1 - sum(share for _unit, share in parts)
    if rest < -1e-9:
        raise Refusal(
            "%(units)s took in more than all of %(code)s. Correct the shares in `replaces` and import the units "
            "again: hailong unit import",
            units=", ".join(unit.name for unit, _share in parts),
            code=code,
        )
    if rest > 1e-9:
        shares[code] = rest
    for unit, share in parts:
        for home, part in _homes(unit.code, takers, (*passed, code)).items():
            shares[home] = shares.get(home, 0.0) + share * part
    return shares


Name = tuple[str, str | None]


def _measures(
    people: Sample, requests: Sequence[result_table.MeasureRequest], rule: Rule | None
) -> dict[Name, Measure]:
    """What both waves can be asked: a value that one of them didn't offer is left out."""
    measures = {}
    for one in requests:
        item = people.questionnaire.items.get(one.item)
        if one.values is not None and item is not None and not set(one.values) <= set(item.choices):
            continue
        measures.update(
            {(measure.item, measure.value): measure for measure in result_table.measures(people, one, rule)}
        )
    return measures


def _text(request: result_table.MeasureRequest) -> str:
    return request.item if request.values is None else f"{request.item}={','.join(map(str, request.values))}"


def _part(people: Sample, side: str, measures: Sequence[Measure], by_unit: bool, same_villages: bool) -> Part:
    """The sums of one wave's villages, as a part of a file that holds both waves.

    kept  its strata are those of the other wave; else they are its own
    """
    labels = [label if same_villages else f"{side} {label}" for label in people.stratum.levels]
    domain = (
        Labels([(side, unit) for unit in people.unit.levels], people.unit.codes)
        if by_unit
        else Labels([(side, None)], np.zeros(len(people), np.int64))
    )
    return sums_of(people.weight, Labels([*labels], people.stratum.codes), people.psu, domain, measures)


def _differences(
    parts: Sequence[Part],
    new: Wave,
    names: Names,
    keys: Sequence[tuple[str, str | None, Any]],
    open_keys: Collection[tuple[str, str | None, Any]],
) -> dict[tuple[str, str | None, Any], Difference]:
    """The differences of all keys that are `seen` in both waves; what is hidden in either is in no pool."""
    domains = list(dict.fromkeys(key[2] for key in keys))
    if not names:
        return {}
    both = Gathering(names, cast(SinglePSU, new.single_psu if new.single_psu != "refuse" else "centered"))
    try:
        for one in parts:
            both.add(one)
        totals = both.totals()
        withheld = np.zeros((len(totals.domains), len(totals.measures)), bool)
        for g, label in enumerate(totals.domains):
            _side, unit = cast(tuple[str, Any], label)
            withheld[g] = [(item, value, unit) not in open_keys for item, value, _statistic in totals.measures]
        pairs = [((OLD, unit), (NEW, unit)) for unit in domains]
        differences = contrasts(totals.without(withheld), pairs, LEVEL, "auto")
    except DesignError as error:
        raise Refusal(error.message, **error.values) from error
    return {
        (one.item, one.value, unit): one
        for place, unit in enumerate(domains)
        for one in differences[place * len(names) : (place + 1) * len(names)]
    }


def _changes(
    wave: Wave,
    keys: Sequence[tuple[str, str | None, Any]],
    old: dict[tuple[str, str | None, Any], Estimate],
    new: dict[tuple[str, str | None, Any], Estimate],
    differences: dict[tuple[str, str | None, Any], Difference],
) -> list[Change]:
    """The lines, each with its word.

    The index of the whole province, which a survey is made for, is tested by itself, so it says the same wherever
    it stands; the other lines stand together.
    """
    tested = [differences.get(key) if _may_be_told(old[key], new[key]) else None for key in keys]
    if wave.kind is WaveKind.OPEN:
        tested = [one and verdicts.untested(one) for one in tested]
    alone = [at for at, key in enumerate(keys) if key == ("index", None, None)]
    together = [at for at in range(len(keys)) if at not in alone]
    groups: dict[int, Group | None] = {}
    for family in (alone, together):
        groups |= zip(family, verdicts.concluded(wave, [tested[at] for at in family]), strict=True)
    return [
        Change(key[0], key[1], key[2], old[key], new[key], tested[at], groups[at]) for at, key in enumerate(keys)
    ]


def _may_be_told(old: Estimate, new: Estimate) -> bool:
    return not any(is_hidden(one) or one.estimate is None for one in (old, new))


def _modes(old: Sample, new: Sample) -> dict[str, tuple[float, float]]:
    counts = [Counter({str(mode): rows for mode, rows in people.mode.counts().items()}) for people in (old, new)]
    sizes = [max(len(people), 1) for people in (old, new)]
    return {
        mode: (counts[0][mode] / sizes[0], counts[1][mode] / sizes[1]) for mode in sorted({*counts[0], *counts[1]})
    }
