"""What a day's digest is over: the rows of a wave that count, each in one form whatever the database writes.

SQLite and PostgreSQL keep one document in several ways (the order of its keys, blanks, 1e3 or 1000), so a row is
hashed as JSON of our own: keys sorted, no blanks, a whole number without a point. Texts of people stand nowhere
here: they are destroyed when their time is over, and a digest must survive that.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Select, String, cast, select
from sqlalchemy.orm import Session

from analysis.design import Ints
from survey.responses.columns import AT_ONCE, NAMED_AT_ONCE, Ids, places, read_ids, unpacked
from survey.results.release_steps import STEPS
from survey.storage.models import (
    Draw,
    DrawnHousehold,
    DrawnVillage,
    IssuedReport,
    LeaderGroup,
    Lot,
    LotStep,
    MatterDecision,
    Publication,
    QuarantineDecision,
    QuarantinedResponse,
    Release,
    ReleaseMatter,
    Response,
    Review,
    Village,
    Wave,
    Weight,
    WeightVersion,
)
from translations import N_

RESPONSES, FRAME = "responses", "frame"
WEIGHED = np.dtype([("id", "S16"), ("weight", "<f8")])


@dataclass(frozen=True)
class Row:
    """Something that counts besides the responses.

    key      that tells it from others of its kind in the wave
    day      on which it was stored, where the row says it
    content  all of it that never changes
    """

    key: str
    day: date | None
    content: Sequence[Any]


@dataclass(frozen=True)
class Kind:
    """A kind of rows that digests are over.

    name      as people read it
    rows      those of a wave, in any order
    decision  whether a person decided it: these are counted together where a digest is shown
    """

    name: str
    rows: Callable[[Session, Wave], Iterator[Row]]
    decision: bool = True


def canonical(value: Any) -> bytes:
    """A value of JSON, a day, an id or a member of an enumeration, in the one form that is hashed."""
    return _json(_plain(value))


def _json(value: Any) -> bytes:
    """As JSON; what is none was put there past the program: it differs, and that is told."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=repr).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(own) for key, own in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(own) for own in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return _number(value) if isinstance(value, float) else value


def _number(value: float | str) -> float | int:
    """A number as both databases agree on it: PostgreSQL gives a float of 1e22 back as a whole number."""
    value = float(value)
    return int(value) if value.is_integer() else value


def responses(session: Session, wave: str, ids: Ids | None = None) -> Iterator[tuple[Ids, list[bytes]]]:
    """The responses of a wave, or those of some sorted ids, some at a time in the order of their ids, and of each
    what is hashed. The lot is not among it: that of a day that isn't over may still change (see `Lot`)."""
    asked = select(
        cast(Response.id, String),
        Response.unit,
        Response.psu,
        cast(Response.mode, String),
        cast(Response.day, String),
        Response.questionnaire,
        cast(Response.answers, String),
        cast(Response.marks, String),
        Response.adults,
        Response.stratum,
        Response.person,
    )
    for rows in _some(session, asked, wave, ids):
        yield read_ids([row[0] for row in rows]), [_response(*row[1:]) for row in rows]


def _some(
    session: Session, asked: Select[*tuple[Any, ...]], wave: str, ids: Ids | None
) -> Iterator[Sequence[Any]]:
    asked = asked.order_by(Response.id)
    if ids is None:
        whole = asked.where(Response.wave == wave)
        yield from session.execute(whole, execution_options={"yield_per": AT_ONCE}).partitions()
        return
    for start in range(0, len(ids), NAMED_AT_ONCE):
        named = unpacked(ids[start : start + NAMED_AT_ONCE])
        yield session.execute(asked.where(Response.id.in_(named))).all()


def _response(*columns: Any) -> bytes:
    *about, answers, marks, adults, stratum, person = columns
    content = [*about, _document(answers), _document(marks), adults, stratum, person]
    return _json(content)


def _document(text: str) -> Any:
    try:
        return json.loads(text, parse_float=_number)
    except (TypeError, ValueError):  # somebody wrote it past the program: it differs, and that is told
        return text


def members(session: Session, wave: str) -> tuple[Ids, Ints]:
    """(N,) the sorted ids of a wave's responses, and the lot of each; 0 where it has none."""
    query = select(cast(Response.id, String), Response.lot).where(Response.wave == wave).order_by(Response.id)
    parts = [(np.zeros(0, "S16"), np.zeros(0, np.int64))]
    for rows in session.execute(query, execution_options={"yield_per": AT_ONCE}).partitions():
        parts.append((read_ids([row[0] for row in rows]), np.array([_lot(row[1]) for row in rows], np.int64)))
    return np.concatenate([ids for ids, _lots in parts]), np.concatenate([lots for _ids, lots in parts])


def _lot(number: Any) -> int:
    return number if isinstance(number, int) else 0 if number is None else -1  # no lot has that one


def _numbered(
    model: type[Any], columns: Sequence[str], own: Callable[[Wave], Any]
) -> Callable[[Session, Wave], Iterator[Row]]:
    """The rows of an append-only table with a number and a day."""

    def rows(session: Session, wave: Wave) -> Iterator[Row]:
        for row in session.scalars(select(model).where(own(wave)).order_by(model.id)):
            told = ["by_operator"] if getattr(row, "by_operator", None) else []  # none of before has it
            yield Row(str(row.id), row.day, [row.id, *(getattr(row, name) for name in columns), *told])

    return rows


def _lots(session: Session, wave: Wave) -> Iterator[Row]:
    """The lots that are closed, each with the ids of its responses; the day is that of closing."""
    ids, lots = members(session, wave.code)
    order = np.argsort(lots, kind="stable")  # the ids of a lot stay in their order
    inside = dict(zip(*_groups(ids[order], lots[order]), strict=True))
    closed = select(Lot).where(Lot.wave == wave.code, Lot.closed.is_not(None)).order_by(Lot.number)
    for lot in session.scalars(closed):
        own = inside.get(lot.number, b"")
        about = [lot.number, lot.kind, lot.sender, lot.unit, lot.psu, lot.mode, lot.day, lot.closed, lot.joined]
        yield Row(str(lot.number), lot.closed, [*about, len(own) // 16, hashlib.sha256(own).hexdigest()])


def _groups(ids: Ids, lots: Ints) -> tuple[list[int], list[bytes]]:
    """The numbers of the lots, and the ids of each, of responses that are in the order of their lots."""
    numbers, starts = np.unique(lots, return_index=True)
    return numbers.tolist(), [part.tobytes() for part in np.split(ids, starts[1:])] if len(ids) else []


def _held(session: Session, wave: Wave) -> Iterator[Row]:
    decisions = (
        select(QuarantineDecision)
        .join(QuarantinedResponse, QuarantinedResponse.digest == QuarantineDecision.quarantined)
        .where(QuarantinedResponse.wave == wave.code)
        .order_by(QuarantineDecision.id)
    )
    for one in session.scalars(decisions):
        yield Row(str(one.id), one.day, [one.id, one.quarantined, one.verdict, one.reason, one.person, one.day])


def _weights(session: Session, wave: Wave) -> Iterator[Row]:
    """The versions of weights, each with the weight of every response. Read anew: a copy in memory would hide what
    was changed since."""
    versions = select(WeightVersion).where(WeightVersion.wave == wave.code).order_by(WeightVersion.id)
    for version in session.scalars(versions).all():
        weights = select(cast(Weight.response, String), Weight.weight).where(Weight.version == version.id)
        digest, count = hashlib.sha256(), 0
        chosen = session.execute(weights.order_by(Weight.response), execution_options={"yield_per": AT_ONCE})
        for rows in chosen.partitions():
            records = np.empty(len(rows), WEIGHED)
            records["id"], records["weight"] = read_ids([row[0] for row in rows]), [row[1] for row in rows]
            digest.update(records.tobytes())
            count += len(rows)
        about = [version.id, version.version, version.made, version.source, version.report]
        yield Row(str(version.id), version.made, [*about, count, digest.hexdigest()])


def _draws(session: Session, wave: Wave) -> Iterator[Row]:
    """The draws, each with its villages as the frame has them, and its households."""
    for draw in session.scalars(select(Draw).where(Draw.wave == wave.code).order_by(Draw.id)).all():
        digest = hashlib.sha256()
        villages = (
            select(DrawnVillage.psu, DrawnVillage.stratum, DrawnVillage.probability, Village.households)
            .join(Village, (Village.psu == DrawnVillage.psu) & (Village.wave == wave.code), isouter=True)
            .where(DrawnVillage.draw == draw.id)
        )
        columns = ("psu", "household", "place", "replacement", "probability", "weight")
        households = select(*(getattr(DrawnHousehold, name) for name in columns))
        for query in (villages, households.where(DrawnHousehold.draw == draw.id)):
            # A database sorts letters by the rules of its own place.
            for line in sorted(canonical(list(row)) for row in session.execute(query)):
                digest.update(line + b"\n")
        about = [draw.id, draw.number, draw.made, draw.seed, draw.frame, draw.plan]
        yield Row(str(draw.id), draw.made, [*about, digest.hexdigest()])


def _frame(session: Session, wave: Wave) -> Iterator[Row]:
    """The villages, or the groups of leaders: what of them is never filled in later. (The households that a draw
    rests on stand with the draw.)"""
    for village in session.scalars(select(Village).where(Village.wave == wave.code)):
        yield Row(village.psu, None, [village.psu, village.unit, village.stratum])
    for group in session.scalars(select(LeaderGroup).where(LeaderGroup.wave == wave.code)):
        yield Row(group.stratum, None, [group.stratum, group.people])


def _releases(session: Session, wave: Wave) -> Iterator[Row]:
    """The steps of each release: what was frozen, who checked it, who approved it, who withdrew it and why, and
    each correction of that reason."""
    for one in session.scalars(select(Release).where(Release.wave == wave.code).order_by(Release.number)):
        forms = hashlib.sha256(one.responses if isinstance(one.responses, bytes) else b"").hexdigest()
        figures = [
            one.rejected,
            one.aside,
            one.data,
            one.weights,
            one.draw,
            one.remarks,
            one.targets,
            one.correction,
        ]
        wordings = one.wordings or []
        reasons = [*(own["reason"] for own in wordings[:-1]), one.withdrawal]  # the last is what everybody reads
        what, why = {"frozen": [forms, *figures]}, {"withdrawn": reasons[:1]}
        for place, step in enumerate(STEPS, 1):
            day, person = getattr(one, step), getattr(one, f"{step}_by")
            if day is not None:
                told = ["by_operator"] if step in (one.by_operator or ()) else []
                content = [one.number, *what.get(step, ()), day, person, *why.get(step, ()), *told]
                yield Row(f"{one.number}.{place}", day, content)
        for place, (own, reason) in enumerate(zip(wordings[1:], reasons[1:], strict=True), len(STEPS) + 1):
            told = ["by_operator"] if own["by_operator"] else []
            content = [one.number, own["day"], own["person"], reason, *told]
            yield Row(f"{one.number}.{place}", date.fromisoformat(own["day"]), content)


def _reports(session: Session, wave: Wave) -> Iterator[Row]:
    """The reports that were issued, byte for byte. Their day is what is printed, not that on which it was done."""
    for one in session.scalars(
        select(IssuedReport).where(IssuedReport.wave == wave.code).order_by(IssuedReport.id)
    ):
        files = [hashlib.sha256(file).hexdigest() for file in (one.word, one.pdf)]
        about = [one.id, one.release, one.number, one.day, one.issued_by, one.replaces]
        yield Row(str(one.id), None, [*about, *files])


def _publications(session: Session, wave: Wave) -> Iterator[Row]:
    """Who published the questionnaire of the wave, and of what draft."""
    for one in session.scalars(select(Publication).where(Publication.questionnaire == wave.questionnaire)):
        yield Row(one.questionnaire, None, [one.questionnaire, one.draft, one.account, one.day])


# What it costs to read a value that its column never holds: a text that is no day, a number in place of bytes.
ODD = (TypeError, ValueError, LookupError, AttributeError)
DECIDED = ("reason", "person", "day")
# By the name under which a digest keeps them, in the order in which it is over them.
KINDS: dict[str, Kind] = {
    FRAME: Kind(N_("villages or groups of the frame"), _frame, decision=False),
    "draws": Kind(N_("draws"), _draws),
    "lots": Kind(N_("lots"), _lots, decision=False),
    "lot_steps": Kind(
        N_("decisions on lots"), _numbered(LotStep, ("lot", "step", *DECIDED), lambda w: LotStep.wave == w.code)
    ),
    "matters": Kind(
        N_("decisions on open matters"),
        _numbered(MatterDecision, ("subject", "state", *DECIDED), lambda w: MatterDecision.wave == w.code),
    ),
    "reviews": Kind(
        N_("reviews"), _numbered(Review, ("response", "state", *DECIDED), lambda w: Review.wave == w.code)
    ),
    "held": Kind(N_("decisions on held forms"), _held),
    "weights": Kind(N_("versions of weights"), _weights),
    "releases": Kind(N_("steps of releases"), _releases),
    "passed": Kind(
        N_("open matters that a release went past"),
        _numbered(
            ReleaseMatter,
            ("release", "step", "subject", "told", *DECIDED),
            lambda w: ReleaseMatter.release.in_(select(Release.id).where(Release.wave == w.code)),
        ),
    ),
    "reports": Kind(N_("reports issued"), _reports),
    "publications": Kind(N_("publication of the questionnaire"), _publications, decision=False),
}
NAMES: dict[str, str] = {RESPONSES: N_("forms"), **{key: kind.name for key, kind in KINDS.items()}}


def digest_of(rows: Iterable[Row]) -> str:
    """SHA-256 over rows of one kind in the order of their keys, hex."""
    ordered = sorted(rows, key=lambda row: row.key)
    return hashlib.sha256(b"".join(canonical(row.content) + b"\n" for row in ordered)).hexdigest()


def digests_of_responses(parts: Iterator[tuple[Ids, list[bytes]]], ids: Ids, owner: Ints, count: int) -> list[str]:
    """SHA-256 over the responses of each of `count` digests in the order of their ids, hex.

    ids    (N,) the sorted ids that they cover
    owner  (N,) from 0 on, which of the digests covers it
    """
    digests = [hashlib.sha256() for _digest in range(count)]
    for some, contents in parts:
        at = places(some, ids)
        names = some.tobytes()  # of an array itself, numpy would give ids without the zeros at their end
        owners = np.append(owner, -1)[at].tolist()  # −1, of what none covers, is the last one
        for place, (own, content) in enumerate(zip(owners, contents, strict=True)):
            if own >= 0:
                digests[own].update(names[16 * place : 16 * place + 16] + content + b"\n")
    return [digest.hexdigest() for digest in digests]
