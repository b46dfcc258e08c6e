"""What the page of a release says in words: its finding, who was asked, and how far the figures can be trusted."""

from __future__ import annotations

from analysis import Estimate
from survey.results import release_words, standing_words, wording
from survey.results.comparison import Change
from survey.results.since import Since
from survey.results.summary import Summary
from survey.storage.models import Release, WaveKind
from translations import gettext as _
from translations import ngettext, phrases
from translations.formats import day, number, percent

TENTHS = 10


def finding(summary: Summary, since: Since | None) -> str:
    """What the page says above all: how many answers of ten are satisfied, and whether that has changed; first of
    all in how many communes, where not in every one, for whoever copies this line copies no other."""
    if summary.index is None:
        return summary.answered
    return summary.of_part(_moved(_level(summary.index.estimate, summary), since))


def _moved(level: str, since: Since | None) -> str:
    """The level, and whether it is another one than in the wave before."""
    change = since.of("index") if since else None
    if change is None or change.verdict is None or since is None:
        return level
    before = since.then
    return {
        "above": _("%(level)s; more than in %(then)s", level=level, then=before),
        "signs_above": _("%(level)s; signs of more than in %(then)s", level=level, then=before),
        "not_apart": _("%(level)s; not clearly different from %(then)s", level=level, then=before),
        "signs_below": _("%(level)s; signs of fewer than in %(then)s", level=level, then=before),
        "below": _("%(level)s; fewer than in %(then)s", level=level, then=before),
    }[change.verdict]


def _level(index: Estimate, summary: Summary) -> str:
    """About so many of ten, if both limits, rounded, are within one of it; else the limits themselves."""
    if index.estimate is None or summary.rule is None or not summary.rule.is_share:
        return f"{summary.index.label if summary.index else ''}: {wording.cell(index, 1)}"
    low = 0.0 if "none" in index.flags else index.low
    high = 1.0 if "all" in index.flags else index.high
    if low is None or high is None:
        return _("The answers are not enough to say how satisfied people are")
    least, tenths, most = (round(TENTHS * share) for share in (low, index.estimate, high))
    if most - tenths > 1 or tenths - least > 1:
        return _(
            "Between %(low)s and %(high)s of answers say satisfied: not enough to say it more closely",
            low=percent(low, 1),
            high=percent(high, 1),
        )
    if tenths == 0:
        return _("Hardly any answer says satisfied")
    if tenths == TENTHS:
        return _("Nearly all answers say satisfied")
    return _("About %(count)s in 10 answers say satisfied", count=number(tenths))


def asked(summary: Summary, release: Release) -> str:
    """Who was asked, how they were found, and when."""
    came, wave = summary.collection, summary.wave
    values = {
        "people": number(came.in_sample),
        "who": summary.people,
        "villages": phrases.villages(came.villages),
        "reached": number(came.units_reached),
        "all": number(len(summary.units)),
        "sampled": number(len(summary.sampled)),
        "first": day(wave.opens),
        "last": day(min(wave.closes, release.frozen)),
    }
    if wave.kind is WaveKind.OPEN:
        told = _(
            "%(people)s %(who)s answered of their own accord, from %(first)s to %(last)s. No sample was drawn.",
            **values,
        )
        return f"{told} {waiting}" if (waiting := release_words.waiting(summary.waiting)) else told
    drawn = release.draw is not None and not summary.population.in_groups
    answered = _answered(summary, drawn)
    if summary.population.in_groups:
        return _("%(answered)s, from %(first)s to %(last)s.", answered=answered, **values)
    if came.units_reached == len(summary.units):
        where = _("in %(villages)s of all %(all)s communes", **values)
    elif came.units_reached == len(summary.sampled):
        where = _("in %(villages)s of the %(sampled)s of %(all)s communes in the sample", **values)
    else:
        where = _("in %(villages)s of %(reached)s of %(all)s communes", **values)
    return _("%(answered)s, %(where)s, from %(first)s to %(last)s.", answered=answered, where=where, **values)


def _answered(summary: Summary, by_lot: bool) -> str:
    """How many answered, as the beginning of a sentence."""
    count = summary.collection.in_sample
    told = {"people": number(count), "who": summary.people}
    if by_lot and not summary.population.in_households:
        return ngettext(
            "%(people)s of the %(who)s drawn by lot answered",
            "%(people)s %(who)s drawn by lot answered",
            count,
            **told,
        )
    if by_lot:
        return ngettext(
            "%(people)s of the %(who)s of households drawn by lot answered",
            "%(people)s %(who)s of households drawn by lot answered",
            count,
            **told,
        )
    return ngettext("%(people)s of the %(who)s answered", "%(people)s %(who)s answered", count, **told)


def changed(change: Change | None, since: Since | None) -> str:
    """A figure since the wave before, in a sentence with its interval; empty where there is none to tell."""
    if change is None or since is None:
        return ""
    before = since.then
    if change.difference is None:
        return since.uncompared(change)
    if change.verdict is None:
        return _("In %(then)s it was %(figure)s.", then=before, figure=wording.sentence(change.old, 1))
    if change.verdict == "not_apart":
        return _(
            "Not clearly different from %(then)s: %(change)s (%(limits)s)",
            then=before,
            change=wording.change(change.difference),
            limits=wording.change_limits(change.difference),
        )
    word = standing_words.movement(change.verdict)
    return _(
        "%(word)s since %(then)s: %(change)s (%(limits)s)",
        word=word[:1].upper() + word[1:],
        then=before,
        change=wording.change(change.difference),
        limits=wording.change_limits(change.difference),
    )


def trust(summary: Summary, release: Release) -> list[str]:
    """How the figures were made and what they can't say, a sentence each; only what is so in this wave."""
    wave = summary.wave
    name = wording.interval_name(("not_a_sample",) if wave.kind is WaveKind.OPEN else ())
    lines = []
    if release.draw is not None:
        lines.append(
            _("Households were drawn by lot by a computer; nobody chose them.")
            if summary.population.in_households
            else _("Those who were asked were drawn by lot by a computer; nobody chose them.")
        )
    if summary.of_communes:
        lines.append(_("No form bears a name. Officials of a commune do not see who answered what."))
    else:
        lines.append(_("No form bears a name. Officials of a unit do not see who answered what."))
    if wave.kind is WaveKind.OPEN:
        lines.append(_("%(name)s: how far a figure might lie elsewhere had others come on other days.", name=name))
    else:
        lines.append(
            _(
                "Each figure has an interval: in about 95 of 100 surveys like this one it holds the figure that "
                "asking everybody would give."
            )
        )
        if summary.is_part:
            lines.append(release_words.part_alone(summary.whole))
        if any(line.index.standing for line in summary.units):
            lines.append(
                _(
                    "Lower and higher are said only where a test for all communes together allows it; the rest "
                    "is not therefore equal."
                )
            )
    lines.append(
        _(
            "“Hidden” stands where so few answered that somebody's answer could be worked out, and where such a "
            "figure could be computed from others."
        )
    )
    return lines
