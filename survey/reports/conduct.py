"""How the survey was conducted, in a paragraph: when, where, how many answered, how many forms came."""

from __future__ import annotations

from analysis.response_rates import response_rates
from survey.reports import leaders
from survey.reports.labels import is_open
from survey.reports.structure import Annexes, Block, Paragraph
from survey.results import release_words, wording
from survey.results.summary import Summary
from translations import gettext as _
from translations import ngettext, phrases
from translations.formats import number, official_day, percent


def body(summary: Summary, annexed: Annexes) -> list[Block]:
    """The paragraph, which leads to the annexes on forms and method."""
    told = [_asked(summary), *_answered(summary), _forms(summary)]
    told.append(
        _(
            "Nobody's name was asked. The figures rest on the data of %(day)s. Forms: %(forms)s; "
            "method: %(method)s.",
            day=official_day(summary.data_day),
            forms=annexed.named("forms"),
            method=annexed.named("method"),
        )
    )
    return [Paragraph(" ".join(told))]


def _asked(summary: Summary) -> str:
    came, wave = summary.collection, summary.wave
    days = {"opens": official_day(wave.opens), "closes": official_day(min(wave.closes, summary.data_day))}
    if summary.population.in_groups:
        return leaders.asked(summary)
    if is_open(summary):
        return _(
            "From %(opens)s to %(closes)s all %(who)s who wished could answer; nobody was drawn. The figures "
            "describe those who answered, in %(units)s, and know nothing of those who did not. Their "
            "limits are therefore called a range of variation, not a confidence interval.",
            who=summary.people,
            units=wording.units_counted(summary.of_communes, came.units_reached),
            **days,
        )
    counts = {"who": summary.people, "villages": phrases.villages(came.villages)}
    counts["units"] = wording.units_counted(summary.of_communes, came.units_reached)
    return " ".join((_places(summary, days | counts), *unanswered(summary), *_outside(summary)))


def unanswered(summary: Summary) -> list[str]:
    """How many villages and communes the sample has, where nobody answered in some of them."""
    came, of_communes = summary.collection, summary.of_communes
    if not came.drawn or (came.villages >= came.drawn and not summary.silent):
        return []
    told = _(
        "The sample has %(drawn)s in %(sampled)s; answers came from %(villages)s in %(reached)s.",
        drawn=phrases.villages(came.drawn),
        sampled=wording.units_counted(of_communes, len(summary.sampled)),
        villages=phrases.villages(came.villages),
        reached=wording.units_counted(of_communes, came.units_reached),
    )
    return [f"{told} {release_words.part_alone(summary.whole)}"] if summary.silent else [told]


def _outside(summary: Summary) -> list[str]:
    """That the figures are not those of the whole province, where the sample leaves out communes."""
    left = len(summary.units) - len(summary.sampled)
    if not left:
        return []
    return [
        ngettext(
            "The figures are those of %(whole)s: in %(num)s other nobody was sampled, and nothing is said of it.",
            "The figures are those of %(whole)s: in the other %(num)s nobody was sampled, and nothing is said of "
            "them.",
            left,
            whole=summary.whole,
        )
    ]


def _places(summary: Summary, told: dict[str, str]) -> str:
    if summary.wave.draw is not None:
        return _(
            "From %(opens)s to %(closes)s the Department of Home Affairs asked %(who)s in %(villages)s "
            "drawn at random, in %(units)s.",
            **told,
        )
    return _(
        "From %(opens)s to %(closes)s the Department of Home Affairs asked %(who)s in %(villages)s of "
        "the sample, in %(units)s.",
        **told,
    )


def _answered(summary: Summary) -> list[str]:
    """Of how many households drawn how many answered, where that is known."""
    households = summary.collection.households
    if households is None:
        return []
    rates = response_rates(households.counted)
    rate, either = rates["RR1"], rates["RR2"]
    if rate.share is None or rate.base is None or either.share is None:
        return []
    asked = _("households") if summary.population.in_households else summary.people
    told = {"base": number(rate.base), "asked": asked, "share": percent(rate.share, 1)}
    if either.part == rate.part:
        return [_("Of %(base)s %(asked)s %(share)s answered in full.", **told)]
    return [
        _(
            "Of %(base)s %(asked)s %(share)s answered in full (RR1); with those that answered in part it is "
            "%(either)s (RR2).",
            either=percent(either.share, 1),
            **told,
        )
    ]


def _forms(summary: Summary) -> str:
    return " ".join(filter(None, (_counted(summary), release_words.waiting(summary.waiting))))


def _counted(summary: Summary) -> str:
    came = summary.collection
    counts = {"collected": number(came.collected), "valid": number(came.in_sample)}
    if came.issued is None:
        return ngettext(
            "%(collected)s form came in; %(valid)s is valid and counted.",
            "%(collected)s forms came in; %(valid)s are valid and counted.",
            came.collected,
            **counts,
        )
    return _(
        "Paper forms issued: %(issued)s; forms that came in: %(collected)s; valid and counted: %(valid)s.",
        issued=number(came.issued),
        **counts,
    )
