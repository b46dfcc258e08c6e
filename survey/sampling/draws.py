"""The sample of a wave: drawn from its frame by a plan and a seed, which give it again to the row, and kept."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from analysis.sampling import every_kth, in_random_order, pps, srs, stream
from survey.sampling.plans import Frame, FrameVillage, Part, Plan, parts, place
from survey.storage.models import (
    Batch,
    Draw,
    DrawnHousehold,
    DrawnVillage,
    Invitation,
    Response,
    Village,
    Wave,
    WaveKind,
)
from survey.system import dates
from survey.waves import questionnaires, waves
from translations import Conflict, Lazy, NotFound, Refusal
from translations.formats import first_few

LONGEST_SEED = 40
FEWEST_SPARE = 3  # replacement households of a village
SPARE_SHARE = 5  # one for every so many households


@dataclass(frozen=True)
class VillageDraw:
    """A village that was drawn, and its households by number: the sample, and those that may replace them."""

    village: FrameVillage
    part: str
    stratum: str
    probability: float
    households: tuple[int, ...]
    spare: tuple[int, ...]

    @property
    def household_probability(self) -> float:
        """Of each household, over both stages; a replacement takes it from the one it replaces."""
        return self.probability * len(self.households) / self.village.households

    @property
    def weight(self) -> float:
        """Households that each of them stands for."""
        return 1 / self.household_probability


@dataclass(frozen=True)
class Drawn:
    """What plan, frame and seed give. Villages by commune and code."""

    plan: Plan
    seed: str
    frame: Frame
    taken: tuple[VillageDraw, ...]

    @property
    def forms(self) -> int:
        """Households drawn, without replacements."""
        return sum(len(one.households) for one in self.taken)

    def remarks(self) -> Iterator[Lazy]:
        """Where the frame has less than the plan asks for."""
        plan = self.plan
        small = [one.village.psu for one in self.taken if len(one.households) < plan.per_village]
        if small:
            values = {"count": plan.per_village, "villages": first_few(small)}
            yield Lazy("Fewer than %(count)s households, so all were taken: %(villages)s.", **values)
        if plan.per is not None:
            few = [part.label for part in parts(self.frame, plan) if part.take < plan.villages]
            if few:
                values = {"count": plan.villages, "strata": first_few(few)}
                yield Lazy("Fewer than %(count)s villages, so all were taken: %(strata)s.", **values)
            if plan.allocation != "equal":
                yield Lazy("Each gets the same number of villages: there is nothing to allocate.")
        joined = sorted({one.stratum for one in self.taken if one.stratum != one.part})
        if joined:
            yield Lazy("Strata joined, so that two villages are together: %(strata)s.", strata=first_few(joined))


def new_seed() -> str:
    """A seed from chance that can be read out: twelve digits."""
    return f"{secrets.randbelow(10**12):012d}"


def drawn(frame: Frame, plan: Plan, seed: str) -> Drawn:
    """The sample that plan and seed give of a frame. Strata and villages are drawn apart from one another: of a
    seed, what is drawn in one depends on nothing in another."""
    if not 0 < len(seed) <= LONGEST_SEED or not seed.isprintable():
        raise Refusal("Give a seed of 1 to %(most)s letters or digits.", most=LONGEST_SEED)
    villages = []
    for part in parts(frame, plan):
        random = stream(seed, "villages", part.label)
        sizes = [village.households for village in part.villages]
        places = pps(sizes, part.take, random) if plan.method == "pps" else srs(len(sizes), part.take, random)
        for row, probability in zip(places.rows.tolist(), places.probability.tolist(), strict=True):
            villages.append(_taken(part.villages[row], part, probability, plan, seed))
    return Drawn(plan, seed, frame, tuple(sorted(villages, key=lambda one: place(one.village))))


def _taken(village: FrameVillage, part: Part, probability: float, plan: Plan, seed: str) -> VillageDraw:
    households = village.households
    count = min(plan.per_village, households)
    method = every_kth if plan.households == "systematic" else srs
    main = method(households, count, stream(seed, "households", village.psu)).rows.tolist()
    spare = min(max(FEWEST_SPARE, -(-plan.per_village // SPARE_SHARE)), households - count)
    places = in_random_order(households - count, spare, stream(seed, "replacements", village.psu)).tolist()
    for row in main:  # a place among those left over becomes one in the list
        places = [spare_row + (spare_row >= row) for spare_row in places]
    return VillageDraw(
        village,
        part.label,
        part.stratum,
        probability,
        tuple(row + 1 for row in main),
        tuple(row + 1 for row in places),
    )


def locked(session: Session, code: str) -> Wave:
    """The wave of this code, held until the transaction ends; refused where its sample may change no more."""
    wave = waves.find(session, code)
    session.execute(select(Wave.code).where(Wave.code == wave.code).with_for_update())
    session.refresh(wave)
    settled = why_settled(session, wave)
    if settled is not None:
        raise settled
    return wave


def why_settled(session: Session, wave: Wave) -> Conflict | None:
    """Why the sample of a wave may change no more; None if it still may."""
    if wave.kind is WaveKind.OPEN:
        return Conflict("The wave %(code)s is open to all: it has no sample. Name a sample wave.", code=wave.title)
    if questionnaires.by_digest(session, wave.questionnaire).population.in_groups:
        return Conflict(
            "The wave %(code)s asks leaders: nobody is drawn, all of a group are asked.", code=wave.title
        )
    if session.scalar(select(func.count()).where(Batch.wave == wave.code)):
        return Conflict("Forms are printed for the sample of this wave: it can't be drawn again.")
    if session.scalar(select(func.count()).where(Response.wave == wave.code, Response.psu.is_not(None))):
        return Conflict("There are responses from villages of this wave already: its sample can't be drawn now.")
    if session.scalar(select(func.count()).where(Invitation.wave == wave.code)):
        return Conflict("Codes are made for villages of this wave: its sample can't be drawn now.")
    return None


def keep(
    session: Session,
    wave: Wave,
    sample: Drawn,
    person: str | None = None,
    assumed: Mapping[str, float | None] | None = None,
) -> Draw:
    """Stores a sample of a wave that is `locked`, beside those of before, and makes it the one that holds.

    person   who drew it, where that is known
    assumed  of the field, when the plan was made: the fields of `outlook.Expected`
    """
    last = session.scalar(select(func.max(Draw.number)).where(Draw.wave == wave.code)) or 0
    stored = Draw(
        wave=wave.code,
        number=last + 1,
        made=dates.today(),
        seed=sample.seed,
        frame=sample.frame.digest,
        plan={**asdict(sample.plan), "person": person, "assumed": dict(assumed or {})},
    )
    session.add(stored)
    session.flush()
    session.execute(
        insert(DrawnVillage),
        [
            {"draw": stored.id, "psu": one.village.psu, "stratum": one.stratum, "probability": one.probability}
            for one in sample.taken
        ],
    )
    session.execute(insert(DrawnHousehold), [row for one in sample.taken for row in _rows(stored.id, one)])
    wave.draw = stored.id
    session.flush()
    return stored


def _rows(draw: int, one: VillageDraw) -> Iterator[dict[str, Any]]:
    for replacement, households in ((False, one.households), (True, one.spare)):
        for order, household in enumerate(households, start=1):
            yield {
                "draw": draw,
                "psu": one.village.psu,
                "household": household,
                "place": order,
                "replacement": replacement,
                "probability": one.household_probability,
                "weight": one.weight,
            }


def list_all(session: Session, wave: str) -> list[Draw]:
    """All draws of a wave, the first one first."""
    return list(session.scalars(select(Draw).where(Draw.wave == wave).order_by(Draw.number)))


def find(session: Session, wave: Wave, number: int | None = None) -> Draw:
    """A draw by its number, or the one that holds; refused where there is none."""
    query = select(Draw).where(Draw.wave == wave.code)
    query = query.where(Draw.id == wave.draw) if number is None else query.where(Draw.number == number)
    draw = session.scalars(query).first()
    if draw is None and number is None:
        raise NotFound(
            "No sample is drawn for the wave %(wave)s yet. Draw it: hailong sample draw", wave=wave.title
        )
    if draw is None:
        raise NotFound("The wave %(wave)s has no draw number %(number)s.", wave=wave.title, number=number)
    return draw


def use(session: Session, wave: Wave, number: int) -> Draw:
    """Makes a draw of before the one that holds, in a wave that is `locked`; refused where there is none such."""
    draw = find(session, wave, number)
    wave.draw = draw.id
    session.flush()
    return draw


def read(session: Session, draw: Draw) -> Drawn:
    """What a draw took, from where it is kept. Its frame is that of the present, which may have grown since."""
    frame = {
        v.psu: FrameVillage(v.psu, v.unit, v.stratum, v.households or 0, v.name)
        for v in waves.villages(session, draw.wave)
    }
    plan = Plan.read(draw.plan)
    rows = session.execute(
        select(DrawnHousehold.psu, DrawnHousehold.replacement, DrawnHousehold.household)
        .where(DrawnHousehold.draw == draw.id)
        .order_by(DrawnHousehold.psu, DrawnHousehold.replacement, DrawnHousehold.place)
    )
    households: dict[str, tuple[list[int], list[int]]] = {}
    for psu, replacement, household in rows:
        households.setdefault(psu, ([], []))[replacement].append(household)
    villages = [
        VillageDraw(
            frame[village.psu],
            getattr(frame[village.psu], "unit" if plan.per == "unit" else "stratum"),
            village.stratum,
            village.probability,
            tuple(households[village.psu][False]),
            tuple(households[village.psu][True]),
        )
        for village in session.scalars(select(DrawnVillage).where(DrawnVillage.draw == draw.id))
    ]
    whole = Frame(tuple(sorted(frame.values(), key=place)))
    return Drawn(plan, draw.seed, whole, tuple(sorted(villages, key=lambda one: place(one.village))))


def repeats(stored: Drawn, draw: Draw) -> bool | None:
    """Whether frame, plan and seed give what was `read` of a draw again, to the row; None if the frame has
    changed since."""
    if stored.frame.digest != draw.frame:
        return None
    return drawn(stored.frame, stored.plan, stored.seed).taken == stored.taken


def villages(session: Session, wave: Wave) -> list[Village]:
    """The villages whose responses are in the sample: those drawn, or all of the wave where none is drawn."""
    every_village = waves.villages(session, wave.code)
    if wave.draw is None:
        return every_village
    psus = set(session.scalars(select(DrawnVillage.psu).where(DrawnVillage.draw == wave.draw)))
    return [village for village in every_village if village.psu in psus]


class DrawInUse(NamedTuple):
    """What the draw that holds says of a village: its stratum, and the weight of each of its households."""

    stratum: str
    weight: float


def held(session: Session, wave: Wave) -> dict[str, DrawInUse]:
    """The drawn villages of a wave, by code; none where no draw holds."""
    rows = session.execute(
        select(DrawnVillage.psu, DrawnVillage.stratum, func.max(DrawnHousehold.weight))
        .join(
            DrawnHousehold,
            (DrawnHousehold.draw == DrawnVillage.draw) & (DrawnHousehold.psu == DrawnVillage.psu),
        )
        .where(DrawnVillage.draw == wave.draw)
        .group_by(DrawnVillage.psu, DrawnVillage.stratum)
    )
    return {psu: DrawInUse(stratum, weight) for psu, stratum, weight in rows}


COLUMNS = (
    "psu", "unit", "stratum", "village_probability", "household", "replacement", "probability", "weight"
)  # fmt: skip


def table(sample: Drawn) -> Iterator[tuple[str | int | float, ...]]:
    """A row per household, in `COLUMNS`: of each village the sample, then its replacements in their order."""
    for one in sample.taken:
        about = (one.village.psu, one.village.unit, one.stratum, one.probability)
        for replacement, households in enumerate((one.households, one.spare)):
            for household in households:
                yield (
                    *about,
                    household,
                    replacement,
                    one.household_probability,
                    one.weight,
                )
