"""Communes and whatever else people are asked about: loading, finding."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.storage.models import Account, Unit, Wave
from survey.system.csv_table import Faults, Table
from translations import Conflict, NotFound, Refusal, language
from translations.formats import nfc, order

# Its former names were compiled for this project and are to be checked by the province: those of before July 2025,
# what people still say, such as Hòn Gai, and communes merged earlier. Where one place went to several, each has
# its name. A list of the province's own takes their place (`hailong unit import`).
SHIPPED = Path(__file__).parent / "units.csv"
COLUMNS = ("code", "name", "kind", "parent", "valid_from", "valid_to", "replaces", "former")
COMMUNE_KINDS = ("phường", "xã", "đặc khu")
# Kinds of units are data, in Vietnamese; this is how an English reader is told.
ENGLISH = {"phường": "Ward", "xã": "Commune", "đặc khu": "Special zone", "tỉnh": "Province", "thành phố": "City"}
# Ba Chẽ stands under two codes in official lists.
SAME_UNIT = {"06970": "06978"}


def settled(code: str) -> str:
    """The code under which a unit is kept."""
    return SAME_UNIT.get(code, code)


def find(session: Session, code: str) -> Unit:
    """The unit of this code; refused if there is none."""
    unit = session.get(Unit, settled(code)) if code.isprintable() else None
    if unit is None:
        raise NotFound("There is no unit with the code %(code)s. Choose the commune from the list.", code=code)
    return unit


def answered_at(session: Session, code: str) -> Unit:
    """The unit of this code, if people can answer there: not the province as a whole."""
    unit = find(session, code)
    if unit.kind not in COMMUNE_KINDS and unit.parent is None:
        raise NotFound("Choose a commune: %(name)s as a whole is not one.", name=unit.name)
    return unit


def communes(session: Session, on: date | None = None) -> list[Unit]:
    """The communes that exist on a day (now and ever, without one), in Vietnamese order."""
    rows = session.scalars(select(Unit).where(Unit.kind.in_(COMMUNE_KINDS)))
    return sorted((unit for unit in rows if on is None or exists(unit, on)), key=lambda unit: order(unit.name))


def asked_about(session: Session, answered: Collection[str], on: date) -> list[Unit]:
    """What a wave is about, in order: the communes of a day, with any other unit that answers came for; where they
    came for departments or service centres alone, all that are of these kinds.

    answered  the codes of the units that answers came for
    """
    found = session.scalars(select(Unit).where(Unit.code.in_(answered))).all()
    kinds = {unit.kind for unit in found}
    if not kinds or kinds & {*COMMUNE_KINDS}:
        listed = communes(session, on)
    else:
        of_kinds = session.scalars(select(Unit).where(Unit.kind.in_(kinds)))
        listed = sorted((unit for unit in of_kinds if exists(unit, on)), key=lambda unit: order(unit.name))
    others = {unit.code: unit for unit in found if unit not in listed}
    return listed + [others[code] for code in sorted(others)]


def are_communes(listed: Collection[Unit]) -> bool:
    """Whether units are called communes: any is one, or there is none yet."""
    return not listed or any(unit.kind in COMMUNE_KINDS for unit in listed)


def answering(session: Session, on: date | None = None) -> list[Unit]:
    """Where people can answer on a day (now and ever, without one): the communes, then departments and service
    centres, each in order."""
    others = session.scalars(select(Unit).where(Unit.kind.not_in(COMMUNE_KINDS), Unit.parent.is_not(None)))
    there = (unit for unit in others if on is None or exists(unit, on))
    others_there = sorted(there, key=lambda unit: order(unit.name))
    return communes(session, on) + others_there


def offices(session: Session, on: date) -> list[Unit]:
    """Who can answer for something on a day: departments and service centres first, then the communes."""
    return sorted(answering(session, on), key=lambda unit: unit.kind in COMMUNE_KINDS)


def kind(unit: Unit) -> str:
    """What a unit is, in the language of the moment: phường, in English Ward."""
    return unit.kind if language() == "vi" else ENGLISH.get(unit.kind, unit.kind)


def says_kind(unit: Unit) -> bool:
    """Whether the name begins with what the unit is: Sở Nội vụ."""
    return f"{unit.name} ".casefold().startswith(f"{unit.kind} ".casefold())


def named(unit: Unit) -> str:
    """A unit with its kind, as it stands within a sentence: phường Hà Tu, in English Hà Tu Ward; or Sở Nội vụ."""
    if says_kind(unit):
        return unit.name
    return f"{unit.kind} {unit.name}" if language() == "vi" else f"{unit.name} {kind(unit)}"


def exists(unit: Unit, on: date) -> bool:
    """Whether the unit is there on a day."""
    return (unit.valid_from is None or unit.valid_from <= on) and (unit.valid_to is None or on <= unit.valid_to)


@dataclass(frozen=True)
class TakenIn:
    """A unit whose people came over to another one: what share of them, and since which day where it is known."""

    code: str
    share: float
    since: date | None


TAKEN_IN = re.compile(r"([^:;@\s]{1,20})(?::(0\.[0-9]{1,9}|1))?(?:@([0-9]{4}-[0-9]{2}-[0-9]{2}))?")


def taken_in(unit: Unit) -> list[TakenIn]:
    """What a unit took in, as its `replaces` says: codes separated by ;, each with the share that came over where
    it was not all of it, and the day where the unit was there before: 00101:0.4@2027-07-01.

    Without a day it is the one from which the unit is valid.
    """
    parts = [_taken_in(unit, part.strip()) for part in (unit.replaces or "").split(";") if part.strip()]
    return [part for part in parts if part.code != unit.code]


def _taken_in(unit: Unit, text: str) -> TakenIn:
    written = TAKEN_IN.fullmatch(text)
    try:
        since = date.fromisoformat(written[3]) if written and written[3] else unit.valid_from
    except ValueError:
        written = None
    if written is None:
        raise Refusal(
            "Write what %(unit)s took in as codes, with share and day where known: 00101:0.4@2027-07-01",
            unit=unit.name,
        )
    return TakenIn(settled(written[1]), float(written[2] or 1), since)


def province(session: Session) -> Unit:
    """The unit above all others."""
    unit = session.scalars(select(Unit).where(Unit.parent.is_(None), Unit.kind.not_in(COMMUNE_KINDS))).first()
    if unit is None:
        raise NotFound("The province is not there yet. Run: hailong init")
    return unit


def read(file: Path) -> str:
    """The text of a file of units; refused with every row and column that is no CSV of such columns."""
    faults = Faults()
    for _cells in Table(file, COLUMNS, ("code", "name", "kind"), faults):
        pass
    faults.refuse(file)
    return file.read_text(encoding="utf-8")


ABOVE = "tinh"  # the code of a province that is not in its own list


def begin(session: Session, text: str, name: str) -> None:
    """Puts another province and its units in place of those that are there; refused once anything rests on them.

    text  a CSV as `load` takes; a unit without a parent stands below the province, which need not be in it
    """
    of_units = select(Account.name).where(Account.unit.is_not(None))
    if session.scalars(select(Wave.code).union_all(of_units)).first() is not None:
        raise Conflict(
            "There are waves or accounts of communes here. Another province begins in a data folder of its own: "
            "HAILONG_DATA=FOLDER hailong init --units FILE --province NAME"
        )
    for unit in session.scalars(select(Unit).order_by(Unit.parent.is_(None))).all():
        session.delete(unit)
        session.flush()
    kind, rest = ("thành phố", name[10:]) if name.casefold().startswith("thành phố ") else ("tỉnh", name)
    name = " ".join(nfc(rest).removeprefix("tỉnh ").removeprefix("Tỉnh ").split())
    if not 1 <= len(name) <= 100:
        raise Refusal("Give the province a name: --province NAME")
    session.add(Unit(code=ABOVE, name=name, kind=kind))
    session.flush()
    load(session, text, above=ABOVE)
    if not communes(session):
        raise Refusal("The file has no commune: write the kind phường, xã or đặc khu.")


def is_another_province(session: Session) -> bool:
    """Whether a list of its own was put here, so that the shipped one is not loaded."""
    return session.get(Unit, ABOVE) is not None


def load(session: Session, text: str, above: str | None = None) -> int:
    """Adds or renews the units of a CSV text, all or nothing; the count of those that are new or changed. Columns:
    code, name, kind, and where known parent, valid_from, valid_to, replaces, former.

    above  the parent of those that name none
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    unknown = [name for name in reader.fieldnames or () if name not in COLUMNS]
    if unknown or not {"code", "name", "kind"} <= set(reader.fieldnames or ()):
        raise Refusal(
            "The file of units needs the columns %(columns)s; it has %(found)s.",
            columns=", ".join(COLUMNS),
            found=", ".join(reader.fieldnames or ()) or "–",
        )
    changed, seen = 0, set[str]()
    for number, row in enumerate(reader, start=2):
        code, name, kind = ((row[column] or "").strip() for column in ("code", "name", "kind"))
        if not (code and name and kind) or len(code) > 20 or None in row:
            raise Refusal("Row %(row)s: give code, name and kind.", row=number)
        if code in seen:
            raise Refusal("Row %(row)s, column code: %(code)s stands there twice.", row=number, code=code)
        seen.add(code)
        known = session.get(Unit, code)
        new = Unit(
            code=code,
            name=nfc(name),
            kind=nfc(kind),
            parent=(row.get("parent") or "").strip() or above,
            valid_from=_day(row.get("valid_from"), number, "valid_from"),
            valid_to=_day(row.get("valid_to"), number, "valid_to"),
            replaces=(row.get("replaces") or "").strip() or None,
            former=nfc((row.get("former") or "").strip()) or None,
        )
        if new.parent and new.parent != code and session.get(Unit, new.parent) is None:
            raise Refusal(
                "Row %(row)s, column parent: there is no unit %(code)s. Put it above.", row=number, code=new.parent
            )
        taken_in(new)
        if known is not None and known.kind in COMMUNE_KINDS and new.kind not in COMMUNE_KINDS:
            raise Refusal(
                "Row %(row)s, column kind: %(name)s is a commune. Write phường, xã or đặc khu.",
                row=number,
                name=known.name,
            )
        if known is None or any(getattr(known, column) != getattr(new, column) for column in COLUMNS):
            session.merge(new)
            session.flush()
            changed += 1
    return changed


def _day(text: str | None, row: int, column: str) -> date | None:
    if not (text or "").strip():
        return None
    try:
        return date.fromisoformat(str(text).strip())
    except ValueError as error:
        raise Refusal(
            "Row %(row)s, column %(column)s: write the day as YYYY-MM-DD.", row=row, column=column
        ) from error
