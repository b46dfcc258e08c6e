"""The blueprint of the staff's pages, and the filters of their templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request

from survey.accounts.role_names import ROLE_NAMES
from survey.results import figure_marks, population, release_words, standing_words, wording
from survey.storage.models import Mode, Role, Unit, Wave
from survey.system import references
from survey.waves import units
from survey.web.pages import MB, Pages, population_of
from translations import N_, formats, phrases
from translations import gettext as _

pages = Pages("staff", __name__, "/quan-tri", max_upload=MB)

MODE_NAMES = {
    Mode.PHONE: N_("Online"),
    Mode.KIOSK: N_("At a kiosk"),
    Mode.PAPER: N_("On paper"),
    Mode.INTERVIEWER: N_("By an interviewer"),
}


@pages.url_defaults
def same_release(endpoint: str, values: dict[str, Any]) -> None:
    """Keeps `?ban=` in links between the figures of one wave; `ban=None` leaves it out."""
    page = pages.declared.get(endpoint)
    if page and page.figures and request and (request.view_args or {}).get("wave") == values.get("wave"):
        values.setdefault("ban", request.args.get("ban"))


def in_order(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Counts of forms by way of answering, always in the same order."""
    return [(mode.value, counts[mode.value]) for mode in Mode if mode.value in counts]


@pages.context_processor
def words() -> dict[str, object]:
    """Templates put a record into words by these modules alone, and what is said of people by `words_of`."""
    return {
        "wording": wording,
        "figure_marks": figure_marks,
        "release_words": release_words,
        "standing_words": standing_words,
        "words_of": words_of,
    }


def words_of(wave: Wave) -> population.Words:
    """The words of the people that a wave asks."""
    return population.words(population_of(wave.code))


pages.add_app_template_filter(references.worded, "reference")
pages.add_app_template_filter(standing_words.tone, "tone")


pages.add_app_template_filter(phrases.forms, "forms")
pages.add_app_template_filter(phrases.villages, "villages")


@pages.app_template_filter("size")
def size(octets: int) -> str:
    """The size of a file: 18 KB; 1,4 MB."""
    if octets < 1_000_000:
        return f"{formats.number(max(1, octets / 1000))} KB"
    return f"{formats.number(octets / 1_000_000, 1)} MB"


@pages.app_template_filter("mode")
def mode_name(mode: str) -> str:
    """The way of answering, as a person would say it."""
    return _(MODE_NAMES[Mode(mode)])


@pages.app_template_filter("kind")
def kind_name(unit: Unit) -> str:
    """What a unit is, in the language of the moment, beside its name: phường; in English ward; nothing where the
    name says it."""
    return "" if units.says_kind(unit) else units.kind(unit).lower()


@pages.app_template_filter("titled")
def titled(unit: Unit) -> str:
    """A unit with its kind, as it stands alone: Phường Hà Tu; in English Hà Tu Ward."""
    name = units.named(unit)
    return name[:1].upper() + name[1:]


pages.add_app_template_filter(units.named, "named")  # and within a sentence


@pages.app_template_filter("role")
def role_name(role: Role) -> str:
    """The name of a role in the language of the moment."""
    return _(ROLE_NAMES[role])
