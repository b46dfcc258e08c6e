"""Open data of a released wave: microdata in which nobody can be told from others, and what was changed for it.

The rows are those of the newest approved release. Left out are names of villages and communes, days, ways of
answering, texts and numbers; keys are joined and blanked until k people are alike; a sensitive answer stands where
at least 30 alike people gave one, and not all the same; villages become variance units of three communes, weights
the means of their neighbours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import compress
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any

import numpy as np
from sqlalchemy.orm import Session

from analysis import anonymity
from analysis.design import Bools, Floats, Ints
from analysis.disclosure import FEWEST_SENSITIVE
from forms import Item, Questionnaire, Text, openness
from forms.kinds import SINGLE
from forms.openness import Openness
from survey.data_files.exporting import FORMATS
from survey.responses.respondents import Respondents, sample
from survey.results import releases
from survey.results.breakdowns import COUNTRY, TOWN, areas, gives_rows
from survey.storage.models import Release, Wave, WaveKind
from survey.system.atomic_file import atomic_write
from survey.system.cache import cached, database_key
from survey.waves import questionnaires, waves
from translations import Conflict, Lazy
from translations import gettext as _
from translations.formats import number

AREA = "khu_vuc"
AREAS = {
    TOWN: Text("Phường", "Ward"),
    COUNTRY: Text("Xã, đặc khu", "Commune or special zone"),
}
WEIGHTS_ALIKE = 15  # rows of one weight at the fewest


@dataclass(frozen=True)
class Change:
    """What was done to a column for the sake of secrecy; `values`: to how many. No column: to the whole file."""

    column: str
    what: Lazy
    values: int


@dataclass(frozen=True)
class Open:
    """The open microdata of a release: N rows in an order that tells nothing.

    columns  what stands around the answers: row; in a sample wave psu and weight too
    answers  item code -> N values, None for a blank
    """

    wave: Wave
    release: Release
    questionnaire: Questionnaire
    k: int
    smallest: int  # rows of the smallest class
    columns: Mapping[str, list[Any]]
    answers: Mapping[str, list[Any]]
    changes: tuple[Change, ...]

    def __len__(self) -> int:
        return len(self.columns["row"])

    def write(self, file: IO[bytes], kind: str) -> None:
        """Writes the rows in one of `exporting.FORMATS`."""
        names = (*self.columns, *self.answers)
        with FORMATS[kind](file, names, self.questionnaire) as data:
            data.write(list(zip(*self.columns.values(), *self.answers.values(), strict=True)))

    def save(self, path: Path, kind: str) -> None:
        """Writes a file that is there whole, or not at all."""
        with atomic_write(path) as file:
            self.write(file, kind)


def released(session: Session, wave: str) -> tuple[Wave, Release]:
    """A wave with the release that its open data come from, the newest approved one; refused without."""
    row = waves.find(session, wave)
    release = releases.newest(session, row.code)
    if release is None:
        if (withdrawal := releases.withdrawal(session, row.code)) is not None:
            raise withdrawal
        raise Conflict(
            "Nothing of %(wave)s is released yet: open data come from an approved release.", wave=row.title
        )
    return row, release


def withheld(questionnaire: Questionnaire) -> Lazy:
    """Why no rows go out, and what to do about it."""
    if questionnaire.population.are_few:
        return Lazy(
            "No rows are given out: %(name)s asks leaders, who are few and known. Publish the estimates.",
            name=questionnaire.name,
        )
    return Lazy(
        "No rows are given out: people who answered %(name)s agreed to this: “%(consent)s” Publish the estimates. "
        "To publish rows of a later wave, say so in the consent of the next version of the questionnaire, mark it "
        "with open_rows: true, publish it, and open the wave on it.",
        name=questionnaire.name,
        consent=" ".join(str(questionnaire.consent).split()),
    )


def microdata(session: Session, wave: str) -> Open:
    """The open microdata of the newest approved release. Refused: leaders, nothing released, a consent that does
    not speak of rows, too few people."""
    row = waves.find(session, wave)
    questionnaire = questionnaires.by_digest(session, row.questionnaire)
    if not questionnaire.population.are_few:  # theirs are not given out, released or not
        row, release = released(session, wave)
    if not gives_rows(row, questionnaire):
        why = withheld(questionnaire)
        raise Conflict(why.message, **why.values)
    people = sample(session, row, release)
    rules = openness.of(people.questionnaire)
    if len(people) < rules.k:
        raise Conflict(
            "%(wave)s has too few answers for open microdata: at least %(least)s.", wave=wave, least=rules.k
        )
    return _made(session, row, release, people, rules)


@cached(
    lambda session, wave, release, people, rules: (database_key(session), release.id, people.version),
    lambda rows: 8 * len(rows) * (len(rows.columns) + len(rows.answers)),
)
def _made(session: Session, found: Wave, release: Release, people: Respondents, rules: Openness) -> Open:
    # What nobody can know who has not the ids of the responses. It is that of the wave's first release, so that
    # two releases join the same villages: what differs would tell them apart.
    secret = hashlib.sha256(releases.list_all(session, found.code)[-1].responses).digest()
    ids = people.ids
    order = sorted(range(len(people)), key=lambda row: hashlib.sha256(secret + ids[row].bytes).digest())
    rows = _Making(session, people, rules, np.array(order, np.int64), secret)
    return Open(
        found,
        release,
        rows.questionnaire,
        rules.k,
        rows.smallest,
        rows.columns,
        rows.answers,
        tuple(rows.changes),
    )


class _Making:
    """The steps from a sample to what may be shown; each notes what it changed."""

    def __init__(self, session: Session, people: Respondents, rules: Openness, order: Ints, secret: bytes) -> None:
        self.people, self.rules, self.order, self.secret = people, rules, order, secret
        left = Lazy("Left out: number of the form, commune, stratum, day, way of answering, how it was filled in.")
        self.changes = [Change("", left, len(people))]
        self.items: dict[str, Item] = {}
        self.area = self._area(session)
        self.keys = [AREA, *rules.keys]
        self.answers = {AREA: self.area.tolist()} | {
            code: values for code in people.questionnaire.items if (values := self._values(code)) is not None
        }
        self._join()
        self._blank()
        self._protect()
        self.columns: dict[str, list[Any]] = {"row": list(range(1, len(people) + 1))}
        if people.wave.kind is WaveKind.SAMPLE:
            self._mask()
        self.questionnaire = replace(people.questionnaire, items=self.items)

    def _area(self, session: Session) -> Ints:
        """(N,) whether somebody lives in a ward; one area where either would have too few communes."""
        codes = [str(code) for code in self.people.unit[self.order]]
        town = areas(session, self.people)
        label = Text("Nơi ở: phường hay xã, đặc khu", "Lives in a ward, or in a commune or special zone")
        self.items[AREA] = Item(AREA, SINGLE, label, label, "", choices=MappingProxyType(AREAS))
        self.changes.append(Change(AREA, Lazy("Of the commune only its kind is given."), len(codes)))
        return np.array([town[code] for code in codes], np.int64)

    def _values(self, code: str) -> list[Any] | None:
        """The answers to an item; None if it is left out."""
        item = self.people.questionnaire.items[code]
        if not item.kind.has_choices:
            # A text is kept apart from the other answers, and not even read here.
            count = int(self.people.answers(item).told.sum()) if item.kind.is_number else len(self.people)
            what = Lazy("Left out: what somebody wrote or counted may tell who they are.")
            self.changes.append(Change(code, what, count))
            return None
        self.items[code] = item
        answers = self.people.answers(item)
        if answers.chosen is None:
            return [None if code < 0 else code for code in answers.codes[self.order].tolist()]
        codes = [str(code) for code in item.choices]
        return [";".join(compress(codes, row)) or None for row in answers.chosen[self.order].tolist()]

    def _join(self) -> None:
        for code, groups in self.rules.joined.items():
            becomes = {old: new for new, group in enumerate(groups, 1) for old in group.codes}
            self.answers[code] = [becomes.get(value) for value in self.answers[code]]
            choices = MappingProxyType({new: group.text for new, group in enumerate(groups, 1)})
            self.items[code] = replace(self.items[code], choices=choices, missing=frozenset())
            self.changes.append(
                Change(
                    code,
                    Lazy(
                        "Answers were joined: %(before)s became %(after)s.", before=len(becomes), after=len(groups)
                    ),
                    sum(value is not None for value in self.answers[code]),
                )
            )

    def _blank(self) -> None:
        """Blanks keys until everybody is like others."""
        codes = np.column_stack([_coded(self.answers[key]) for key in self.keys])
        hidden = anonymity.suppress(codes, self.rules.k)
        for key, gone in zip(self.keys, hidden.T, strict=True):
            self._hide(
                key, gone, Lazy("Blanked where fewer than %(k)s people were alike in all keys.", k=self.rules.k)
            )

    def _telling(self, code: str, least: int, harmless: int | None) -> Bools:
        others = [_coded(self.answers[key]) for key in self.keys if key != code]
        own, _counts = anonymity.classes(np.column_stack(others))
        values = _coded(self.answers[code])
        present = values != anonymity.BLANK
        answered = np.bincount(own, present)
        telling: Bools = answered[own] < least
        for value in set(values[present].tolist()) - {harmless}:
            telling |= np.bincount(own, present & (values == value))[own] == answered[own]
        return np.asarray(telling & present)

    def _protect(self) -> None:
        """Blanks a sensitive answer where few of those alike gave one, or all of them one and the same event.

        The answers of all who are alike go together, so a blank tells nothing. Of a key that is sensitive itself
        those are alike who are so in the others: it may be known of somebody, and must not be learnt here.
        """
        harmless = {line.item: line.none for line in self.people.questionnaire.headlines}
        least = max(self.rules.k, FEWEST_SENSITIVE)
        what = Lazy("Blanked where fewer than %(k)s alike people answered, or all of them the same.", k=least)
        for code in sorted(
            self.items, key=lambda code: code not in self.keys
        ):  # keys first: they tell who is alike
            if self.items[code].sensitive:
                self._hide(code, self._telling(code, least, harmless.get(code)), what)
        _own, alike = anonymity.classes(np.column_stack([_coded(self.answers[key]) for key in self.keys]))
        self.smallest = int(alike.min())

    def _hide(self, code: str, gone: Bools, what: Lazy) -> None:
        if not gone.any():
            return
        pairs = zip(self.answers[code], gone.tolist(), strict=True)
        self.answers[code] = [None if hidden else value for value, hidden in pairs]
        self.changes.append(Change(code, what, int(gone.sum())))

    def _mask(self) -> None:
        """Villages become variance units, weights the means of their neighbours."""
        people, order = self.people, self.order
        unit = people.unit.codes[order]
        places = list(zip(people.stratum[order].tolist(), people.psu[order].tolist(), strict=True))
        where = dict(zip(places, zip(unit.tolist(), self.area.tolist(), strict=True), strict=True))
        villages = sorted(where, key=lambda name: hashlib.sha256(self.secret + repr(name).encode()).digest())
        numbers = dict(zip(villages, anonymity.masked_units([where[one] for one in villages]), strict=True))
        self.columns["psu"] = [str(numbers[name] + 1) for name in places]
        self.changes.append(
            Change(
                "psu",
                Lazy(
                    "%(villages)s villages were joined at random into %(units)s units of three communes or "
                    "more; strata are left out: the area is the stratum.",
                    villages=number(len(villages)),
                    units=number(len(set(numbers.values()))),
                ),
                len(places),
            )
        )
        weight: Floats = people.weight[order]
        alike = anonymity.microaggregate(weight, unit, self.area, WEIGHTS_ALIKE)
        self.columns["weight"] = [float(f"{one:.8g}") for one in alike.tolist()]
        self.changes.append(
            Change(
                "weight",
                Lazy("Each is the mean of at least %(rows)s neighbours in size.", rows=WEIGHTS_ALIKE),
                int((~np.isclose(alike, weight)).sum()),
            )
        )


def _coded(values: list[Any]) -> Ints:
    """(N,) codes; several choices together are one of their own."""
    if any(isinstance(value, str) for value in values):
        codes = {value: at for at, value in enumerate(sorted({value for value in values if value is not None}))}
        return np.array([anonymity.BLANK if value is None else codes[value] for value in values], np.int64)
    return np.array([anonymity.BLANK if value is None else value for value in values], np.int64)


def promise(data: Open) -> str:
    """What people were told when they answered, which lets these rows go out."""
    if not data.questionnaire.open_rows:
        return _(
            "These rows are demonstration data: they show what such a file looks like. No real responses "
            "to %(name)s would be given out, because its consent does not mention them.",
            name=data.questionnaire.name,
        )
    consent = " ".join(str(data.questionnaire.consent).split())
    return _("People who answered agreed to this: “%(consent)s”", consent=consent)
