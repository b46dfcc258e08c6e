"""Two waves beside each other: what changed, in points, with its interval, and what can't be told apart.

The sums of both waves' villages make one file of two domains, so the difference knows what they share: where the
villages were kept, the covariance counts; where they were drawn anew, the strata are crossed with the wave.
Items are matched by code and by the crosswalks between the questionnaires, units by what replaced them; the old
*records* are estimated again in the new codes and units, never percentages averaged (docs/statistics.md, § 5).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

import numpy as np
from sqlalchemy.orm import Session

from analysis import DesignError, Difference, Estimate, Measure
from analysis.contrast import Group, contrasts
from analysis.design import Labels, SinglePSU
from analysis.parts import Gathering, Names, Part
from analysis.parts import part as sums_of
from forms import Questionnaire, Rule
from forms.crosswalk import same_question
from survey.responses import crosswalks
from survey.responses.respondents import Respondents, sample
from survey.results import releases, result_table, scores, verdicts
from survey.results.divided_units import Rehoused, rehoused
from survey.results.wording import is_hidden
from survey.storage.models import Unit, Wave, WaveKind
from survey.system.cache import FIGURE_BYTES, cached, database_key
from survey.waves import changing, questionnaires, units, waves
from translations import Lazy, Refusal

OLD, NEW = "old", "new"
LEVEL = 0.95


@dataclass(frozen=True)
class Change:
    """A figure of two waves. `difference` is None if either is hidden or missing, or there is nothing to test.

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
    places   why the whole of one is no figure of the other's places; empty where they speak of the same
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
    places: tuple[Lazy, ...] = ()


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
        and questionnaires.by_digest(session, one.questionnaire).population is now.population
        and crosswalks.between(session, questionnaires.by_digest(session, one.questionnaire), now) is not None
    ]


def former(session: Session, wave: Wave) -> Wave | None:
    """What a wave is compared with unasked: the newest of `earlier` that opened on an earlier day. Two that opened
    on one day say nothing of what has changed."""
    return next((one for one in earlier(session, wave) if one.opens < wave.opens), None)


def before(session: Session, wave: Wave) -> Respondents:
    """The people of a wave that another is compared with: as released, by the present data without a release."""
    return sample(session, wave, releases.newest(session, wave.code))


def _state(
    session: Session,
    old: Respondents,
    new: Respondents,
    items: Sequence[str] = (),
    *,
    by_unit: bool = False,
    rule: str | None = None,
) -> tuple[object, ...]:
    """What tells one comparison from another: the data, what is asked, and how questions and units correspond."""
    sides = [
        (one.wave.code, one.version, changing.state(one.wave), one.wave.single_psu, one.wave.weights)
        for one in (old, new)
    ]
    way = crosswalks.between(session, old.questionnaire, new.questionnaire) or ()
    codes = tuple(
        (unit.code, unit.name, unit.replaces, unit.valid_from, unit.valid_to) for unit in units.answering(session)
    )
    request = database_key(session), tuple(items), by_unit, rule, new.wave.villages
    return *request, *sides, *(step.written for step in way), codes


@cached(_state, lambda changes: FIGURE_BYTES * (3 * len(changes.changes) + 10))
def compare(
    session: Session,
    old: Respondents,
    new: Respondents,
    items: Sequence[str] = (),
    *,
    by_unit: bool = False,
    rule: str | None = None,
) -> Comparison:
    """What changed from one wave to another: of the whole province, or unit by unit.

    items  as `results.Wanted.read` takes them; the index, its parts and all items that both asked unless given
    rule   of the index; that of the new wave's questionnaire unless given

    Where the old wave measured otherwise, by other questions, choices or another rule, and of the whole where the
    two speak of other places (`places_apart`), both figures stand without a difference. A hidden figure on either
    side has none either. Weights that were calibrated are taken as given, which widens the interval a little
    rather than narrows it.
    """
    translated = crosswalks.translated(session, old, new.questionnaire)
    homed = Rehoused(translated.people, {})
    if by_unit:  # the whole province is the same people, wherever its borders run
        homed = rehoused(session, translated.people, new.wave)
    old_people = homed.people
    rule_now = scores.scoring_rule(new.questionnaire, rule)
    rule_then = like(rule_now, old_people.questionnaire)
    before_items, after_items = (
        {one.item for one in scores.everything(questionnaire)}
        for questionnaire in (old_people.questionnaire, new.questionnaire)
    )
    broken = {
        code: breaks(old_people.questionnaire, new.questionnaire, code, (rule_then, rule_now))
        for code in before_items & after_items
    }
    items_broken = {code for code, changes in broken.items() if changes and code in new.questionnaire.items}
    requests = [
        one
        for one in ([*map(scores.MeasureRequest.read, items)] or scores.everything(new.questionnaire))
        if one.item in before_items & after_items - items_broken
    ]
    apart = () if by_unit else places_apart(session, old_people, new)
    broken = {code: (*apart, *changes) for code, changes in broken.items()}
    lines = _compared(session, translated.people, homed, new, (rule_then, rule_now), requests, by_unit, broken)
    return Comparison(
        old=old.wave,
        new=new.wave,
        rules=(rule_then, rule_now),
        changes=tuple(
            replace(change, was=translated.was.get(change.item), breaks=broken[change.item]) for change in lines
        ),
        only_old=tuple(sorted(before_items - after_items)),
        only_new=tuple(sorted(after_items - before_items)),
        otherwise=tuple(sorted(items_broken)),
        places=apart,
        modes=_modes(old, new),
        merged=tuple(one for one in units.answering(session) if one.code in homed.grown),
        divided=tuple(one for one in units.answering(session) if one.code in homed.divided),
        kept=new.wave.villages == "kept",
    )


def _compared(
    session: Session,
    old: Respondents,
    homed: Rehoused,
    new: Respondents,
    rules: tuple[Rule | None, Rule | None],
    requests: Sequence[scores.MeasureRequest],
    by_unit: bool,
    broken: Mapping[str, tuple[Lazy, ...]],
) -> list[Change]:
    """Every figure that both waves have, with its difference; `old` are the older wave's people before they were
    homed."""
    same_villages = new.wave.villages == "kept"
    sides = [(homed.people, rules[0]), (new, rules[1])]
    then_, now_ = (_measures(people, requests, scoring) for people, scoring in sides)
    alike = [name for name, one in now_.items() if name in then_ and then_[name].statistic == one.statistic]
    parts = [
        _part(people, side, [measures[name] for name in alike], by_unit, same_villages)
        for side, people, measures in ((OLD, homed.people, then_), (NEW, new, now_))
    ]
    figures = partial(_figures, session, tuple(_text(one) for one in requests), by_unit)
    then, now = (figures(people, scoring) for people, scoring in sides)
    if homed.homes:
        then = homed.counted(homed.hidden(then, figures(old, rules[0])), then_.values())
    before_, after_ = ({(one.item, one.value, one.domain): one for one in records} for records in (then, now))
    keys = [key for key in after_ if key in before_ and key[:2] in then_ and key[:2] in now_]
    open_keys = {key for key in keys if _may_be_told(before_[key], after_[key])}
    differences = _differences(parts, new.wave, [(*name, now_[name].statistic) for name in alike], keys, open_keys)
    differences = {key: one for key, one in differences.items() if not broken[key[0]]}
    return list(_changes(new.wave, keys, before_, after_, differences))


def _figures(
    session: Session, texts: tuple[str, ...], by_unit: bool, people: Respondents, scoring: Rule | None
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


def places_apart(session: Session, old: Respondents, new: Respondents) -> tuple[Lazy, ...]:
    """Why the whole of two samples can't be compared: people answered in other places, whose levels differ though
    nobody's answer does. Empty where they speak of the same places, and of waves without villages.

    A commune in which one wave alone was answered counts, unless it was the lot's doing: the other did not draw
    it, and was answered elsewhere in its stratum. Communes are those of the newer wave.
    """
    if new.wave.kind is WaveKind.OPEN or new.questionnaire.population.in_groups:
        return ()
    then, now = _strata_of(rehoused(session, old, new.wave).people), _strata_of(new)
    if not _missed(then, now, new.sampled) and not _missed(now, then, old.sampled):
        return ()
    return (
        Lazy(
            "People answered in %(then)s places then and in %(now)s now, and %(both)s of these are the same: a "
            "difference of places would look like a change.",
            then=len(then),
            now=len(now),
            both=len(then.keys() & now.keys()),
        ),
    )


def _strata_of(people: Respondents) -> dict[str, set[int]]:
    """The communes that people answered in, and in which strata."""
    found: dict[str, set[int]] = {}
    pairs = np.unique(people.unit.codes * len(people.stratum.levels) + people.stratum.codes)
    for unit, stratum in (divmod(pair, len(people.stratum.levels)) for pair in pairs.tolist()):
        found.setdefault(str(people.unit.levels[unit]), set()).add(stratum)
    return found


def _missed(reached: Mapping[str, set[int]], other: Collection[str], drawn: frozenset[str] | None) -> set[str]:
    """The communes for which nothing in the other wave stands. `drawn`: of the other wave's sample."""
    spoken_for = {stratum for unit in reached if unit in other for stratum in reached[unit]}
    return {
        unit
        for unit, strata in reached.items()
        if unit not in other and (unit in (drawn or ()) or not strata <= spoken_for)
    }


Name = tuple[str, str | None]


def _measures(
    people: Respondents, requests: Sequence[scores.MeasureRequest], rule: Rule | None
) -> dict[Name, Measure]:
    """What both waves can be asked: a value that one of them didn't offer is left out."""
    measures = {}
    for one in requests:
        item = people.questionnaire.items.get(one.item)
        if one.values is not None and item is not None and not set(one.values) <= set(item.choices):
            continue
        measures.update({(measure.item, measure.value): measure for measure in scores.measures(people, one, rule)})
    return measures


def _text(request: scores.MeasureRequest) -> str:
    return request.item if request.values is None else f"{request.item}={','.join(map(str, request.values))}"


def _part(people: Respondents, side: str, measures: Sequence[Measure], by_unit: bool, same_villages: bool) -> Part:
    """The sums of one wave's villages, as a part of a file that holds both waves.

    kept  its strata are those of the other wave; else they are its own
    """
    labels = [label if same_villages else f"{side} {label}" for label in people.stratum.levels]
    domain = (
        Labels([(side, unit) for unit in people.unit.levels], people.unit.codes)
        if by_unit
        else Labels([(side, None)], np.zeros(len(people), np.int64))
    )
    stratum = Labels([*labels], people.stratum.codes)
    fpc = None
    if people.group_size is not None:
        fpc = dict(zip(stratum.tolist(), people.group_size.tolist(), strict=True))
    return sums_of(people.weight, stratum, people.psu, domain, measures, fpc=fpc)


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
    single = cast(SinglePSU, new.single_psu if new.single_psu != "refuse" else "centered")
    both = Gathering(names, single, single_stage=any(one.fpc for one in parts))
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
    """The lines, each with its word. The index of the whole province, which a survey is made for, is tested by
    itself, so it says the same wherever it stands; the other lines stand together."""
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


def _modes(old: Respondents, new: Respondents) -> dict[str, tuple[float, float]]:
    counts = [Counter({str(mode): rows for mode, rows in people.mode.counts().items()}) for people in (old, new)]
    sizes = [max(len(people), 1) for people in (old, new)]
    return {
        mode: (counts[0][mode] / sizes[0], counts[1][mode] / sizes[1]) for mode in sorted({*counts[0], *counts[1]})
    }
