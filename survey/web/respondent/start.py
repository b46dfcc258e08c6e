"""The first page: what this is, and the choice of the commune; and what is stored of those who answer."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import groupby

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from analysis.disclosure import FEWEST, FEWEST_SENSITIVE
from forms import openness
from survey.storage.models import Unit
from survey.system import dates
from survey.waves import questionnaires, unit_search, units, waves
from survey.web.current import database
from translations import NotFound
from translations.unicode import fold, nfc

FIVE_DIGITS = re.compile("[0-9]{5}")


@dataclass(frozen=True)
class UnitRow:
    """A commune in the list; `hit` is the part of its name that was looked for."""

    code: str
    before: str
    hit: str
    after: str
    kind: str
    former: str = ""


def choose(unit: Unit | None = None) -> ResponseReturnValue:
    """What this is, and the way to the form: the public wave, where there are several of them, and the commune,
    unless a `unit` is given."""
    words = " ".join(request.args.get("q", "").split())
    with database().reading() as session:
        open_now = [
            (wave, questionnaires.by_digest(session, wave.questionnaire))
            for wave in waves.public(session, dates.today())
        ]
        communes = units.communes(session, dates.today())
        province = units.province(session)
    chosen = next((pair for pair in open_now if pair[0].code == request.args.get("dot")), None)
    if chosen is None and len(open_now) == 1:
        chosen = open_now[0]
    titles = Counter(str(asked.title) for _wave, asked in open_now)
    found = unit_search.search(communes, words) if words else unit_search.Found(communes, [])
    rows = [_row(unit, words) for unit in found.named]
    letters = [(letter, list(group)) for letter, group in groupby(rows, lambda row: (row.hit + row.after)[0])]
    return render_template(
        "respondent/start.html",
        wave=chosen[0] if chosen else None,
        questionnaire=chosen[1] if chosen else None,
        open_now=open_now,
        alike={title for title, count in titles.items() if count > 1},
        province=units.named(province),
        words=words,
        rows=rows,
        letters=letters,
        former=[(before.name, _row(before.unit, "")) for before in found.former],
        found=found,
        total=len(communes),
        unit=unit,
    )


def lead(unit: str) -> ResponseReturnValue:
    """From a commune's short address to its form; where not one public survey is open, to the choice of one."""
    if not FIVE_DIGITS.fullmatch(unit):
        raise NotFound("There is no page at this address. Start again from the first page.")
    with database().reading() as session:
        place = units.answered_at(session, unit)
        open_now = waves.public(session, dates.today())
    if len(open_now) != 1:
        return choose(place)
    return redirect(url_for(".answer", wave=open_now[0].code, unit=unit))


def privacy() -> ResponseReturnValue:
    """What is stored of a person, and what is not."""
    return render_template(
        "respondent/privacy.html", fewest=FEWEST, delicate=FEWEST_SENSITIVE, alike=openness.FEWEST
    )


def _row(unit: Unit, words: str) -> UnitRow:
    """The commune with the place in its name where the words were found, with or without their diacritics."""
    name, at = nfc(unit.name), -1
    kind = units.kind(unit)
    kind = kind[:1].upper() + kind[1:]
    for reading in (str.casefold, fold):
        folded = reading(nfc(words))
        if folded and at < 0 and len(reading(name)) == len(name):
            at = f" {reading(name)}".find(f" {folded}")
    if at < 0:
        return UnitRow(unit.code, "", "", name, kind, unit.former or "")
    return UnitRow(unit.code, name[:at], name[at : at + len(words)], name[at + len(words) :], kind)
