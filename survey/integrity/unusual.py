"""What is said of a wave, with what is unusual and undecided: pages and reports say it before their figures."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from sqlalchemy.orm import Session

from survey.integrity import effects, matter_words
from survey.integrity.alike_forms import AlikeForms
from survey.integrity.arrivals import Flood
from survey.integrity.matters import blocking
from survey.results import summary
from survey.results.summary import Summary, Unusual
from survey.storage.models import Release
from survey.waves import units, waves


def gather(session: Session, wave: str, rule: str | None = None, release: Release | None = None) -> Summary:
    """`summary.gather`, with the floods and identical forms that count and of which nothing is decided: of a
    release those of its days, without the figures, which are not released."""
    found = []
    wave_row = waves.find(session, wave)
    names = {unit.code: units.named(unit) for unit in units.communes(session)}
    for matter in blocking(session, wave_row):
        about = matter.about
        if not (matter.is_open and matter.blocks_release and isinstance(about, Flood | AlikeForms)):
            continue
        if release is not None and isinstance(about, Flood) and about.first > release.frozen:
            continue
        effect = None if release else effects.effect(session, wave_row, about, set(matter.lots))
        found.append(Unusual(about.unit, partial(matter_words.sentence, matter, names, effect)))
    return replace(summary.gather(session, wave, rule, release), unusual=tuple(found))
