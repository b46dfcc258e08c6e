"""Posters that lead to the form: a page for each commune, with a QR code."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

from sqlalchemy.orm import Session

from forms import Questionnaire
from survey.pdf import typesetting
from survey.storage.models import Unit, Wave
from survey.system import addresses, dates
from survey.waves import questionnaires, units, waves
from translations import Gone, Refusal, speaking
from translations import gettext as _
from translations.formats import day

SIZES = ("A4", "A5")


@dataclass(frozen=True)
class Words:
    """What a poster says in one language; `address` tells a screen reader where the picture leads."""

    place: str
    sentence: str
    address: str
    asker: str
    ask: str
    warning: str


@dataclass(frozen=True)
class Poster:
    """A page: the wave's name, words by language, the address as it is typed, and its QR code."""

    survey: str
    words: dict[str, Words]
    address: str
    code: str


def draw(session: Session, wave: str, base: str, size: str, unit: str | None = None) -> bytes:
    """A PDF with a poster for a commune, or for each of them in Vietnamese order; tagged for screen readers.

    base  what stands before the path of every address, as `addresses.outside` gives it
    """
    if size not in SIZES:
        raise Refusal(
            "There is no poster of the size %(size)s. Choose one of: %(sizes)s", size=size, sizes="A4, A5"
        )
    row = waves.find(session, wave)
    if waves.asks_until(row) < dates.today():
        raise Gone("The survey closed on %(day)s: a poster would lead to a closed door.", day=day(row.closes))
    if unit is None:
        places = units.communes(session, max(row.opens, dates.today()))
    else:
        places = [units.answered_at(session, unit)]
    province = units.province(session)
    asked = questionnaires.by_digest(session, row.questionnaire)
    return _pdf([_poster(row, asked, place, province, base) for place in places], size)


def _sentence(asked: Questionnaire) -> str:
    """Of service where the questionnaire asks those served, or rates something by an index; else of none."""
    if asked.population.are_served or asked.index is not None:
        return _("Scan the code to tell us how you were served; we don't ask for your name.")
    return _("Scan the code to answer; we don't ask for your name.")


def _poster(wave: Wave, asked: Questionnaire, place: Unit, province: Unit, base: str) -> Poster:
    address = addresses.form(base, wave.code, place.code)
    words = {}
    for language in ("vi", "en"):
        with speaking(language):
            name = units.named(place)
            words[language] = Words(
                place=name[:1].upper() + name[1:],
                sentence=_sentence(asked),
                address=_("QR code that leads to %(address)s", address=address),
                asker=_("Asked by the People's Committee of %(province)s", province=units.named(province)),
                ask=_("Questions: %(contact)s", contact=wave.contact) if wave.contact else "",
                warning=_("For testing: do not put this up.") if wave.simulated else "",
            )
    short = wave.public and re.fullmatch("[0-9]{5}", place.code)  # else it would lead to another wave, or nowhere
    to_type = addresses.short(base, place.code) if short else address
    return Poster(wave.title, words, addresses.typed(to_type), addresses.picture(address))


def _pdf(posters: list[Poster], size: str) -> bytes:
    values = {
        "paper": size.casefold(),
        "title": _("Posters") if len(posters) > 1 else posters[0].words["vi"].place,
        "posters": [asdict(poster) for poster in posters],
        "mark": typesetting.drawing("mark.html", "#0b4a54"),
        "scene": typesetting.drawing("respondent/scene.html", "#1b2124"),
    }
    return typesetting.pdf("poster/poster.typ", values, dates.today())
