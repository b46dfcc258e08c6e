"""The daily digests of a wave as a text that a person reads and prints, for whoever keeps it, and back.

A line a day: number, day, forms, decisions, then the digest in groups of four, over two lines so that it fits on
paper. The last line names wave and checksum: what was edited or cut off on its way is refused, not compared.
"""

from __future__ import annotations

import hashlib
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from survey.integrity import digests
from survey.storage.models import DayDigest
from survey.waves import questionnaires, waves
from translations import Refusal, speaking
from translations import gettext as _
from translations.formats import day as written_day
from translations.formats import nfc

MOST_BYTES = 1_000_000  # years of digests take a tenth of it
HALF = r"((?: [0-9a-f]{4}){8})"
LINE = re.compile(rf"^ *(\d+)  (\d\d/\d\d/\d{{4}}) +(\d+|<5) +(\d+) {HALF}\n +{HALF}$", re.MULTILINE)
LAST = re.compile(r"^hailong-digests-1 ([a-z0-9-]{1,40}) (\d+) ([0-9a-f]{64})$")
WIDTH = 78  # characters of a line, for paper
DAY, FEW = "%d/%m/%Y", "<5"


@dataclass(frozen=True)
class KeptDigest:
    """The digest of a day as outsiders have it. `forms`: None where they are 1 to 4, which isn't told."""

    number: int
    day: date
    forms: int | None
    decisions: int
    digest: str


@dataclass(frozen=True)
class Kept:
    """A file of digests: the wave, and its digests from the first one on."""

    wave: str
    digests: Sequence[KeptDigest]


def text(session: Session, wave: str) -> str:
    """The file of a wave, in Vietnamese and English; refused where there is no digest yet."""
    row = waves.find(session, wave)
    chain = digests.chain(session, wave)
    if not chain:
        raise Refusal(
            "Wave %(wave)s has no digest yet: the first one is made in the night after its first day.",
            wave=row.title,
        )
    asked = questionnaires.by_digest(session, row.questionnaire).title
    parts = []
    for language in ("vi", "en"):
        with speaking(language):
            parts.append(_about(str(asked), wave, chain))
    parts.append("\n".join(map(_line, chain)))
    body = "\n\n".join(parts) + "\n\n"
    return f"{body}hailong-digests-1 {wave} {len(chain)} {_checksum(body)}\n"


def _about(title: str, wave: str, chain: Sequence[DayDigest]) -> str:
    """The head of the file in the language spoken."""
    lines = (
        _("DIGESTS OF EACH DAY"),
        _("Survey: %(title)s", title=title),
        _(
            "Wave: %(wave)s · digests: %(count)s, to %(day)s",
            wave=wave,
            count=len(chain),
            day=written_day(chain[-1].day),
        ),
        _("A line: number, day, new forms, new decisions, digest (SHA-256)."),
        _(
            "Each digest is over what was stored since the one before, and over that one. Keep this "
            "file: whoever changes, removes or slips in a form later can't give the same digests again."
        ),
        _("To check, on the server: hailong integrity verify --against FILE"),
        _("Or compare a line with the page /toan-ven/%(wave)s", wave=wave),
        _("It does not show that answers were honest, nor guard a day before its digest was sent."),
    )
    return "\n".join(textwrap.fill(line, WIDTH) for line in lines)


def _line(one: DayDigest) -> str:
    groups = re.findall("....", one.digest)
    forms = told_forms(one)
    counts = f"{FEW if forms is None else forms:>6} {digests.decisions(one):5d}"
    first = f"{one.number:4d}  {one.day.strftime(DAY)} {counts}  "
    return f"{first}{' '.join(groups[:8])}\n{' ' * len(first)}{' '.join(groups[8:])}"


def told_forms(one: DayDigest) -> int | None:
    """How many forms a digest adds; None where they are 1 to 4."""
    forms = digests.forms(one)
    return None if 0 < forms < digests.LEAST else forms


def read(path: Path) -> Kept:
    """A file of digests; refused where it is none, or isn't what went out."""
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    try:
        written = nfc(content.decode("utf-8-sig")) if len(content) <= MOST_BYTES else ""
    except UnicodeDecodeError:
        written = ""
    lines = [line.rstrip() for line in written.splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    last = LAST.match(lines[-1]) if lines else None
    if last is None:
        raise Refusal(
            "%(file)s is no file of daily digests, or its end is missing. Give one that hailong integrity publish "
            "wrote.",
            file=path,
        )
    body = "\n".join([*lines[:-1], ""])
    kept = [_kept(*found.groups()) for found in LINE.finditer(body)]
    if _checksum(body) != last[3] or [one.number for one in kept] != list(range(1, int(last[2]) + 1)):
        raise Refusal(
            "%(file)s was changed since it was written: it proves nothing. Ask whoever keeps another copy.",
            file=path,
        )
    return Kept(last[1], kept)


def _kept(number: str, day: str, forms: str, decisions: str, *halves: str) -> KeptDigest:
    on = datetime.strptime(day, DAY).date()
    return KeptDigest(
        int(number), on, None if forms == FEW else int(forms), int(decisions), "".join(halves).replace(" ", "")
    )


def _checksum(body: str) -> str:
    """SHA-256 of the text, whatever a system writes at the end of a line."""
    lines = [line.rstrip() for line in nfc(body).strip().splitlines()]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
