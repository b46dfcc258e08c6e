"""What is said of a wave, with what is unusual and undecided: pages and reports say it before their figures."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from survey.integrity import effects, matter_words
from survey.integrity.alike_forms import AlikeForms
from survey.integrity.arrivals import Flood
from survey.integrity.matters import Matter, blocking
from survey.results import summary
from survey.results.result_table import Record
from survey.results.summary import Summary, Unusual
from survey.storage.models import Mode, Release, Wave
from survey.waves import units, waves

UNDECIDED = "undecided"  # the flag of a figure that such forms may have moved
WAYS = frozenset(Mode)


def gather(session: Session, wave: str, rule: str | None = None, release: Release | None = None) -> Summary:
    """`summary.gather`, with the floods and identical forms that count and of which nothing is decided: of a
    release those of its days, without the figures, which are not released."""
    wave_row = waves.find(session, wave)
    names = {unit.code: units.named(unit) for unit in units.answering(session)}
    undecided, found = list(_undecided(session, wave_row, release)), []
    for matter, about in undecided:
        effect = None if release else effects.effect(session, wave_row, about, set(matter.lots))
        found.append(Unusual(about.unit, partial(matter_words.sentence, matter, names, effect)))
    gathered = summary.gather(session, wave, rule, release)
    records = _flagged(gathered.records, [about for _matter, about in undecided], names)
    return replace(gathered, unusual=tuple(found), records=records)


def flagged(
    session: Session, wave: Wave, release: Release | None, records: Iterable[Record]
) -> tuple[Record, ...]:
    """The records of a table, those marked that such forms may have moved: all but other communes' and ways'."""
    communes = {unit.code for unit in units.answering(session)}
    return _flagged(records, [about for _matter, about in _undecided(session, wave, release)], communes)


def _flagged(
    records: Iterable[Record], found: Collection[Flood | AlikeForms], communes: Container[str]
) -> tuple[Record, ...]:
    def moved(domain: Any) -> bool:
        labels = domain.values() if isinstance(domain, dict) else [domain]
        places = [label for label in labels if label in communes or label in WAYS]
        return any(all(label in (about.unit, about.mode) for label in places) for about in found)

    return tuple(
        replace(record, flags=(*record.flags, UNDECIDED)) if moved(record.domain) else record for record in records
    )


def _undecided(
    session: Session, wave: Wave, release: Release | None
) -> Iterator[tuple[Matter, Flood | AlikeForms]]:
    """What counts and is undecided; of a release what may be in it."""
    for matter in blocking(session, wave):
        about = matter.about
        if not (matter.is_open and matter.blocks_release and isinstance(about, Flood | AlikeForms)):
            continue
        if release is None or not isinstance(about, Flood) or about.first <= release.frozen:
            yield matter, about
