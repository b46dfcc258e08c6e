"""Issuing paper forms: a batch for each village of the sample, its sheets numbered. Printed is issued."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from survey.fieldwork import reinterviews, serial_numbers
from survey.fieldwork.accounting import open_for_paper
from survey.sampling import draws
from survey.storage.models import Batch, DrawnHousehold, Reinterview, Sheet, Village, Wave, WaveKind
from survey.system import dates
from survey.waves import questionnaires, units, waves
from translations import Conflict, NotFound, Refusal
from translations.formats import order

DOUBLE, AGAIN = 0.1, 0.05  # the shares of forms that are keyed twice, and whose households are asked again
MOST_FORMS = 500  # for one village in one order

# Nobody must be able to tell beforehand which form is keyed twice or which household is asked again.
_chance = random.SystemRandom()


@dataclass(frozen=True)
class Needed:
    """The forms of a village. `households`: those drawn, by their number in its list; None without a draw."""

    village: Village
    forms: int
    households: Sequence[int] | None


def issue(
    session: Session,
    wave: str,
    *,
    forms: int | None = None,
    villages: Collection[str] | None = None,
    double: float = DOUBLE,
    again: float = AGAIN,
) -> list[Batch]:
    """Numbers the forms of all villages of the sample that have none yet; gives the new batches.

    Call inside `writing()`. A second time there is nothing left to number.

    forms     for each village where no sample was drawn; a drawn village gets one for each of its households
    villages  only these, by code
    double    share of the forms that are keyed twice; which ones is left to chance and stands on no paper
    again     share of the forms whose household is asked again (phúc tra): the one link from form to household.
              None is where the questionnaire names nothing to ask again: no form must say what nobody does
    """
    row = _locked(session, wave)
    if not reinterviews.again(questionnaires.by_digest(session, row.questionnaire)):
        again = 0
    batched = set(session.scalars(select(Batch.psu).where(Batch.wave == row.code)))
    chosen = [village for village in _chosen(session, row, villages) if village.psu not in batched]
    needed = _needed(session, row, chosen, forms)
    return _numbered(session, row, needed, double, again)


def issue_more(session: Session, wave: str, psu: str, forms: int, double: float = DOUBLE) -> Batch:
    """A further batch for a village: forms that were spoiled, or lost on the way. Call inside `writing()`. Nobody
    is asked again for them: their households are those of the first batch."""
    row = _locked(session, wave)
    [village] = _chosen(session, row, [psu])
    _bounded(forms)
    [batch] = _numbered(session, row, [Needed(village, forms, None)], double, 0)
    return batch


def planned(session: Session, wave: str) -> dict[str, int]:
    """How many forms each village of a drawn sample gets, by its code; nothing where none was drawn."""
    row = waves.find(session, wave)
    if row.draw is None:
        return {}
    return {psu: len(households) for psu, households in _households(session, row.draw).items()}


def _locked(session: Session, code: str) -> Wave:
    """The wave, while nobody else numbers forms or closes its fieldwork; refused where it takes no paper."""
    waves.find(session, code)
    # All waves: a serial is one form's alone, whatever wave it belongs to.
    session.execute(select(Wave.code).order_by(Wave.code).with_for_update(key_share=True))
    wave = session.get_one(Wave, code, populate_existing=True)
    if wave.kind is WaveKind.OPEN:
        raise Conflict("The wave %(code)s is open to all: it has no sample. Name a sample wave.", code=wave.title)
    open_for_paper(wave)
    return wave


def _chosen(session: Session, wave: Wave, wanted: Collection[str] | None) -> list[Village]:
    """The villages of the sample, or those wanted, in the order of the batches: by commune, then by code."""
    known = {village.psu: village for village in draws.villages(session, wave)}
    if not known:
        raise Refusal("The wave %(wave)s has no villages yet. Load them: hailong frame import", wave=wave.title)
    strange = sorted(set(wanted or ()) - known.keys())
    if strange:
        raise NotFound("Not in the sample of this wave: %(villages)s.", villages=", ".join(strange[:5]))
    return sorted(
        (village for psu, village in known.items() if wanted is None or psu in wanted),
        key=lambda village: (order(units.find(session, village.unit).name), village.unit, village.psu),
    )


def _needed(session: Session, wave: Wave, chosen: Sequence[Village], forms: int | None) -> list[Needed]:
    """What these villages get."""
    if wave.draw is not None and forms is not None:
        raise Refusal(
            "The sample says how many forms each village gets: one for each household drawn. Leave the number "
            "out, or print more for a single village."
        )
    if wave.draw is not None:
        households = _households(session, wave.draw)
        return [Needed(village, len(households[village.psu]), households[village.psu]) for village in chosen]
    if forms is None and chosen:
        raise Refusal(
            "No sample is drawn for the wave %(wave)s. Draw it, or say how many forms each village gets.",
            wave=wave.title,
        )
    _bounded(1 if forms is None else forms)
    return [Needed(village, forms or 0, None) for village in chosen]


def _bounded(forms: int) -> None:
    if not 1 <= forms <= MOST_FORMS:
        raise Refusal("Print 1 to %(most)d forms for a village.", most=MOST_FORMS)


def _households(session: Session, draw: int) -> dict[str, list[int]]:
    """The households drawn in each village, without their replacements."""
    rows = session.execute(
        select(DrawnHousehold.psu, DrawnHousehold.household)
        .where(DrawnHousehold.draw == draw, DrawnHousehold.replacement.is_(False))
        .order_by(DrawnHousehold.psu, DrawnHousehold.place)
    )
    found: dict[str, list[int]] = {}
    for psu, household in rows:
        found.setdefault(psu, []).append(household)
    return found


def counted(session: Session, batches: Iterable[Batch]) -> tuple[int, int, int]:
    """The forms of these batches; of them, to be keyed twice; and to be asked again."""
    own = Sheet.batch.in_([batch.code for batch in batches])
    counts = (func.count(), func.count().filter(Sheet.double), func.count().filter(Sheet.reinterview))
    forms, twice, again = session.execute(select(*counts).where(own)).one()
    return forms, twice, again


def _numbered(session: Session, wave: Wave, needed: list[Needed], double: float, again: float) -> list[Batch]:
    total = sum(need.forms for need in needed)
    number = _next(session, total)
    twice, asked = _some(total, double), _some(total, again)
    first = 1 + (session.scalar(select(func.count()).where(Batch.wave == wave.code)) or 0)
    made: list[Batch] = []
    sheets: list[dict[str, Any]] = []
    links: list[dict[str, Any]] = []
    for place, need in enumerate(needed, start=first):
        batch = Batch(code=f"{wave.code}-{place:03d}", wave=wave.code, psu=need.village.psu, printed=dates.today())
        made.append(batch)
        own = range(len(sheets), len(sheets) + need.forms)
        links += _links(wave, number, [form for form in own if form in asked], need)
        sheets += (
            {
                "serial": serial_numbers.numbered(number + form),
                "batch": batch.code,
                "place": form - own.start + 1,
                "double": form in twice,
                "reinterview": form in asked,
            }
            for form in own
        )
    session.add_all(made)
    session.flush()
    if sheets:
        session.execute(insert(Sheet), sheets)
    if links:
        session.execute(insert(Reinterview), links)
    return made


def _links(wave: Wave, number: int, forms: Sequence[int], need: Needed) -> Iterable[dict[str, Any]]:
    """The forms of a village for phúc tra, each for a household of its own."""
    households = [None] * len(forms) if need.households is None else _chance.sample(need.households, len(forms))
    for form, household in zip(forms, households, strict=True):
        yield {"sheet": serial_numbers.numbered(number + form), "wave": wave.code, "household": household}


def _next(session: Session, count: int) -> int:
    """The number of the first of so many new forms."""
    last = session.scalar(
        select(func.max(Sheet.serial)).where(
            func.length(Sheet.serial) == serial_numbers.LENGTH,
            Sheet.serial.between(f"{serial_numbers.FIRST}0", f"{serial_numbers.LAST}9"),
        )
    )
    number = serial_numbers.FIRST if last is None else int(last[:-1]) + 1
    if number + count - 1 > serial_numbers.LAST:
        raise Refusal("There are no numbers left for so many forms. Ask the administrator.")
    return number


def _some(count: int, share: float) -> set[int]:
    """A share of so many forms; a rest below one is left to chance, so that small batches have it too."""
    if not 0 <= share <= 1:
        raise ValueError(share)
    whole = count * share
    return set(_chance.sample(range(count), int(whole) + (_chance.random() < whole % 1)))
