"""How an open matter reads: what was seen, beside what is usual, and that this accuses nobody."""

from __future__ import annotations

from collections.abc import Mapping

from survey.integrity import pattern_words
from survey.integrity.alike_forms import AlikeForms
from survey.integrity.arrivals import Flood
from survey.integrity.effects import Effect
from survey.integrity.matters import Matter, MatterKind, usually
from survey.integrity.patterns import Pattern
from survey.results import wording
from survey.results.result_table import Record
from survey.storage.models import MatterState, Mode
from translations import N_, ngettext
from translations import gettext as _
from translations.formats import day, number

STATES = {
    MatterState.OPEN: N_("Not decided"),
    MatterState.EXPLAINED: N_("Explained, stays counted"),
    MatterState.SET_ASIDE: N_("Set aside"),
    MatterState.REINTERVIEW: N_("People are asked again"),
}
WAYS = {Mode.PHONE: N_("online"), Mode.KIOSK: N_("at a kiosk")}


def title(matter: Matter, names: Mapping[str, str]) -> str:
    """What it is about, in a line.

    names  of the communes, by code; of patterns all that `pattern_words.names` has
    """
    about = matter.about
    if isinstance(about, Pattern):
        return pattern_words.title(about, names)
    if isinstance(about, Flood):
        return _(
            "%(unit)s, %(days)s: %(count)s forms %(way)s, where %(usual)s forms are usual",
            **_counts(about, names),
            days=days(about),
        )
    if isinstance(about, AlikeForms):
        return _(
            "%(unit)s: %(count)s of %(whole)s forms %(way)s are the same in every answer, where %(usual)s "
            "forms are usual",
            **_counts(about, names),
            whole=number(about.whole),
        )
    if matter.kind is MatterKind.HELD and isinstance(about, int):
        return ngettext(
            "%(num)s form waits for a decision, of %(whole)s that were ever held",
            "%(num)s forms wait for a decision, of %(whole)s that were ever held",
            about,
            whole=number(matter.whole),
        )
    return ngettext(
        "Lot %(number)s, %(num)s form: a proposal waits for a second person",
        "Lot %(number)s, %(num)s forms: a proposal waits for a second person",
        matter.whole,
        number=matter.lots[0],
    )


def _counts(about: Flood | AlikeForms, names: Mapping[str, str]) -> dict[str, str]:
    return {
        "unit": names.get(about.unit, about.unit),
        "count": number(about.count),
        "way": _(WAYS[about.mode]),
        "usual": usually(about.usual),
    }


def days(flood: Flood) -> str:
    """The day, or from which to which."""
    if flood.first == flood.last:
        return day(flood.first)
    return _("%(first)s to %(last)s", first=day(flood.first), last=day(flood.last))


def explanation(matter: Matter) -> str:
    """What it may come from, and what to do next; it accuses nobody."""
    if isinstance(matter.about, Flood):
        words = _(
            "Unusual. It may come from a meeting, a market or a class that answered together; it may also be one "
            "hand. Ask who called on people in these days, and compare the figures with and without."
        )
        if not matter.about.counts:
            words += " " + _("These forms are outside the sample: they are in no figure.")
        return words
    if isinstance(matter.about, AlikeForms):
        return _(
            "Unusual. Many honest people press the same button throughout; here more than in other communes. It "
            "may come from a group that was helped, or from one hand. Check by asking people again."
        )
    if isinstance(matter.about, Pattern):
        return f"{pattern_words.explanation(matter.about)} {pattern_words.next_step(matter.about)}"
    if matter.kind is MatterKind.HELD:
        return _("They are in no figure until somebody accepts or declines them.")
    return _("Another person confirms or refuses it.")


def effect(found: Effect) -> list[str]:
    """The commune's figure and the province's, with these forms and without."""
    places = ((_("The commune"), found.unit), (_("The province"), found.province))
    return [
        _(
            "%(place)s, %(name)s: %(present)s with them, %(without)s without",
            place=place,
            name=found.name,
            present=_figure(pair[0]),
            without=_figure(pair[1]),
        )
        for place, pair in places
    ]


def _figure(record: Record) -> str:
    """A figure with its interval and base, or that it is hidden."""
    return wording.sentence(record, 1)


def sentence(matter: Matter, names: Mapping[str, str], found: Effect | None) -> str:
    """One sentence for above the figures: what came, what is usual, and the commune's figure without
    them, unless it is hidden either way."""
    words = _("Not decided yet: %(what)s.", what=title(matter, names))
    if found is None or all(map(wording.is_hidden, found.unit)):  # then it says nothing about the figure below
        return words
    told = _(
        "%(name)s is %(present)s with them, %(without)s without.",
        name=found.name,
        present=_figure(found.unit[0]),
        without=_figure(found.unit[1]),
    )
    return f"{words} {told}"
