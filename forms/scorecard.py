"""A scorecard document: areas, criteria and components of an index, with their maxima and how each is scored.

    code version title source rates total parts      and where wanted shares caution note
    a part: code label max                           and where wanted min note, and either
        parts                                        or, of a leaf, by step evidence measures

`max: null` is not known: nothing is added up over it. Errors name file, line and place as a questionnaire's do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from math import isclose
from pathlib import Path
from types import MappingProxyType
from typing import Any

from forms.document import DocumentError, Part, Places, canonical, plain, read
from forms.grammar import CODE, LONGEST, maybe, one_of, rows_of, text
from forms.items import Text

NUMBER = re.compile(r"[0-9]{1,3}")
ITEM = r"index(?::[A-Za-z0-9_.]{1,61})?|[A-Za-z][A-Za-z0-9_]{0,39}(?:=[0-9]{1,4}(?:,[0-9]{1,4})*)?"
MEASURE = re.compile(rf"(survey|leaders):({ITEM})")
RATES = ("province", "commune", "office")
SELF, LEADERS, CITIZENS = BY = ("self", "leaders", "citizens")
DEEPEST = 3
MOST_PARTS = 1000
MOST_POINTS = 100_000


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure of a survey that gives points: none at `floor`, all at `ceiling`, in proportion between.

    source  survey (of citizens) or leaders
    item    as `results --item` has it
    floor, ceiling  fractions; floor above ceiling where less is better
    """

    source: str
    item: str
    floor: float
    ceiling: float

    def __str__(self) -> str:
        return f"{self.source}:{self.item}"


@dataclass(frozen=True, slots=True)
class ScorecardPart:
    """An area, a criterion or a component; the whole has the code "" and the level 0.

    max       None: not known
    by        of a leaf, who scores it: self, leaders or citizens; "" of a part with parts
    step      values are whole multiples of it; None: any
    evidence  what proof is asked for
    """

    code: str
    level: int
    label: Text
    max: float | None
    min: float = 0.0
    by: str = ""
    step: float | None = None
    evidence: str = ""
    note: str = ""
    measures: tuple[Measure, ...] = ()
    parts: tuple[ScorecardPart, ...] = ()

    def walk(self) -> Iterator[ScorecardPart]:
        """This part and all below it, in the order of the document."""
        yield self
        for part in self.parts:
            yield from part.walk()

    @property
    def leaves(self) -> list[ScorecardPart]:
        """The parts that have no parts, this one itself if it has none."""
        return [part for part in self.walk() if not part.parts]

    @property
    def known(self) -> float:
        """The points that it is known to have at most; of an unknown maximum those of its parts."""
        return self.max if self.max is not None else sum(part.known for part in self.parts)

    def allows(self, value: float) -> bool:
        """Whether a value is a multiple of the step."""
        return self.step is None or _divides(self.step, value)


@dataclass(frozen=True)
class Scorecard:
    """A version of a scorecard document.

    source   the decision that it is of
    rates    province, commune or office: of whom scores are
    shares   who scores -> points; empty where the document doesn't say
    caution  the words beside every measured value; None where nothing is measured
    whole    the part "" above all others
    """

    code: str
    version: int
    title: Text
    source: str
    rates: str
    shares: Mapping[str, float] = field(hash=False)
    caution: Text | None
    note: str
    whole: ScorecardPart
    written: str = field(repr=False)

    @property
    def name(self) -> str:
        """The name that scores give: par_tinh@1."""
        return f"{self.code}@{self.version}"

    @property
    def document(self) -> dict[str, Any]:
        """The stored canonical form."""
        document: dict[str, Any] = json.loads(self.written)
        return document

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical form, as a questionnaire's."""
        return sha256(self.written.encode()).hexdigest()

    @property
    def parts(self) -> dict[str, ScorecardPart]:
        """All parts by code, the whole first, in the order of the document."""
        return {part.code: part for part in self.whole.walk()}


def load(path: Path | str) -> Scorecard:
    """The scorecard of a YAML file; DocumentError names the file, the line and the reason."""
    document, places = read(Path(path))
    return parse(document, places)


def parse(document: object, where: Places | None = None) -> Scorecard:
    """The scorecard of a document, from YAML or from the JSON in which it is stored."""
    root = Part(plain(Part(document, places=where)), places=where)
    parts = root.table("code version title source rates total parts", "shares caution note")
    total = _points(parts["total"])
    seen: dict[str, ScorecardPart] = {}
    below = tuple(_part(row, "", 1, seen) for row in parts["parts"].rows())
    title = text(parts["title"])
    whole = ScorecardPart("", 0, title, total, sum(part.min for part in below), parts=below)
    _adds_up(parts["total"], "total", total, whole)
    shares = maybe(parts, "shares", lambda part: _shares(part, whole)) or {}
    caution = maybe(parts, "caution", text)
    if caution is None and any(part.measures for part in seen.values()):
        raise DocumentError(
            "Add caution: words that stand beside every measured value and say what it is not.", root
        )
    return Scorecard(
        code=parts["code"].code(CODE),
        version=parts["version"].whole(1, 9999),
        title=title,
        source=parts["source"].string(500),
        rates=one_of(parts["rates"], RATES),
        shares=MappingProxyType(shares),
        caution=caution,
        note=maybe(parts, "note", lambda part: part.string(LONGEST)) or "",
        whole=whole,
        written=canonical(root.value),
    )


def _part(part: Part, above: str, level: int, seen: dict[str, ScorecardPart]) -> ScorecardPart:
    """A part and those below it, which are added to those seen."""
    has_parts = "parts" in part.entries()
    parts = part.table("code label max", "min note parts" if has_parts else "min note by step evidence measures")
    code = _code(parts["code"], above, seen)
    if level > DEEPEST:
        raise DocumentError("Take out this level: a scorecard has three at most.", part)
    if len(seen) == MOST_PARTS:
        raise DocumentError("Shorten the scorecard: it may have %(most)s parts.", part, most=MOST_PARTS)
    seen[code] = ScorecardPart(code, level, text(parts["label"]), None)  # its place in the order
    most, least = _points(parts["max"]), maybe(parts, "min", lambda one: one.number(0, MOST_POINTS))
    below = tuple(_part(row, code, level + 1, seen) for row in rows_of(parts, "parts"))
    own = sum(one.min for one in below)
    if below and least is not None and not _same(least, own):
        raise DocumentError(
            "Correct min: the parts of %(code)s begin at %(sum)g together.", parts["min"], code=code, sum=own
        )
    if most is not None and (least or own) >= most:
        raise DocumentError("Write a max above the min.", parts["max"])
    by = maybe(parts, "by", lambda one: one_of(one, BY)) or SELF
    made = ScorecardPart(
        code=code,
        level=level,
        label=seen[code].label,
        max=most,
        min=float(own if below else least or 0),
        by="" if below else by,
        step=maybe(parts, "step", lambda one: _step(one, most)),
        evidence=maybe(parts, "evidence", lambda one: one.string(500)) or "",
        note=maybe(parts, "note", lambda one: one.string(LONGEST)) or "",
        measures=maybe(parts, "measures", lambda one: _measures(one, by)) or (),
        parts=below,
    )
    _adds_up(parts["max"], code, most, made)
    seen[code] = made
    return made


def _code(part: Part, above: str, seen: Mapping[str, ScorecardPart]) -> str:
    code = part.string(20)
    start, _dot, number = code.rpartition(".")
    if start != above or not NUMBER.fullmatch(number):
        if above:
            raise DocumentError(
                "Write the code of the part above, a dot and a number: '%(example)s'.", part, example=f"{above}.1"
            )
        raise DocumentError("Write a number between quotation marks as the code of a part at the top: '1'.", part)
    if code in seen:
        raise DocumentError("Give this part another code: %(code)s is taken.", part, code=code)
    return code


def _points(part: Part) -> float | None:
    """A maximum; null where it is not known."""
    if part.value is None:
        return None
    points = float(part.number(0, MOST_POINTS))
    if points == 0:
        raise DocumentError("Write a number above 0 here, or null where it is not known.", part)
    return points


def _step(part: Part, most: float | None) -> float:
    step = float(part.number(1e-6, MOST_POINTS))
    if most is not None and not _divides(step, most):
        raise DocumentError(
            "Write a step that divides the maximum: %(max)g is no multiple of %(step)g.", part, max=most, step=step
        )
    return step


def _measures(part: Part, by: str) -> tuple[Measure, ...]:
    if by == SELF:
        raise DocumentError("Take out measures, or say by whom the survey is: by: leaders or by: citizens.", part)
    measures = tuple(_measure(row) for row in part.rows())
    if len({one.source for one in measures}) > 1:
        raise DocumentError("Name measures of one survey: all survey:… or all leaders:….", part)
    return measures


def _measure(part: Part) -> Measure:
    parts = part.table("measure", "floor ceiling")
    written = MEASURE.fullmatch(parts["measure"].string(120))
    if written is None:
        raise DocumentError("Write survey: or leaders: and an item: survey:index, leaders:C5=3.", parts["measure"])
    floor, ceiling = (
        float(parts[name].number(0, 1)) if name in parts else usual
        for name, usual in (("floor", 0.0), ("ceiling", 1.0))
    )
    if floor == ceiling:
        raise DocumentError(
            "Write a floor and a ceiling that differ.", parts.get("floor", parts.get("ceiling", part))
        )
    return Measure(written[1], written[2], floor, ceiling)


def _shares(part: Part, whole: ScorecardPart) -> dict[str, float]:
    """The points by who gives them: they add up to the total, and no leaves of one have more."""
    shares = {name: float(one.number(0, MOST_POINTS)) for name, one in part.table("", " ".join(BY)).items()}
    if whole.max is None or not _same(sum(shares.values()), whole.max):
        raise DocumentError(
            "Correct shares: they add up to %(sum)g, the total is %(total)s.",
            part,
            sum=sum(shares.values()),
            total="–" if whole.max is None else f"{whole.max:g}",
        )
    for by in BY:
        points = sum(leaf.known for leaf in whole.leaves if leaf.by == by)
        if points > shares.get(by, 0) and not _same(points, shares.get(by, 0)):
            raise DocumentError(
                "Correct shares: the parts scored by %(by)s have %(sum)g points together.",
                part.inner(by, None),
                by=by,
                sum=points,
            )
    return shares


def _adds_up(place: Part, name: str, most: float | None, made: ScorecardPart) -> None:
    """Refuses a maximum that its parts don't add up to, or exceed where some are not known."""
    if most is None or not made.parts:
        return
    points = sum(part.known for part in made.parts)
    complete = all(part.max is not None for part in made.parts)
    if (points > most or complete) and not _same(points, most):
        raise DocumentError(
            "Correct the maximum of %(name)s or of its parts: these have %(sum)g points together.",
            place,
            name=name,
            sum=points,
        )


def _same(one: float, other: float) -> bool:
    return isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)  # maxima are sums of written decimals


def _divides(step: float, value: float) -> bool:
    return Decimal(repr(float(value))) % Decimal(repr(float(step))) == 0
