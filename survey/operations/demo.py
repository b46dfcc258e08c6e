"""A made-up province to look around in: answers that look like people's, marked as made up everywhere.

People of one village are alike, communes differ, a few answers are blank, harassment is rare: so the intervals,
ranks and hidden cells of a demo are those of a real wave.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from forms import Item, Questionnaire
from survey.operations import demo_fieldwork, demo_remarks
from survey.responses import lot_joining
from survey.results import release_steps, releases
from survey.storage.models import (
    Lot,
    LotKind,
    Mode,
    Response,
    Unit,
    Village,
    Wave,
    WaveKind,
    Weight,
    WeightVersion,
)
from survey.system import dates
from survey.waves import questionnaires, units, waves
from translations import Conflict

HOUSEHOLD, SHORT = "ho_gia_dinh@1", "noi_phuc_vu@1"
SAMPLE, BEFORE, OPEN = "thu-nghiem", "nam-truoc", "gop-y"
OPEN_TITLE = "Góp ý sau khi làm thủ tục"
VILLAGES_A_COMMUNE, PEOPLE_A_VILLAGE = 2, 27
OPEN_RESPONSES = 1_200
KINDS = {
    Mode.PAPER: LotKind.KEYER,
    Mode.INTERVIEWER: LotKind.INTERVIEWER,
    Mode.PHONE: LotKind.LINK,
    Mode.KIOSK: LotKind.KIOSK,
}
ROWS_AT_ONCE = 2_000
KEYERS, INTERVIEWERS = 6, 18


@dataclass(frozen=True)
class Truth:
    """What is true of a wave, whatever the seed; everything that isn't named is alike but for chance.

    communes  shift of the mood of all people of a commune: 0.9 less is some 20 points of the index less
    items     shift of an item for everybody, on the scale of log odds
    both      shift of one item in one commune: what it is strong or weak in
    """

    communes: Mapping[str, float]
    items: Mapping[str, float]
    both: Mapping[tuple[str, str], float]


LOWER = {"06652": -0.9, "06856": -0.75, "07060": -0.6}  # Hà Tu, Lục Hồn, Thống Nhất
HIGHER = {"06673": 1.1, "06811": 1.0, "07192": 1.0}  # Bãi Cháy, Uông Bí, Cô Tô
FELL, ROSE = ("06778", "06931"), ("06886", "07081")  # Quang Hanh, Quảng Đức; Hải Lạng, Bình Khê
HARD = {"pa_thong_bao": -1.3, "tt_thoi_han": -0.6, "tg_phan_hoi": -0.7, "kq_chinh_xac": 0.5}
WEAK, STRONG = ("06688", "tc_ghe_ban"), ("06922", "pa_thong_bao")  # seats in Hạ Long, replies in Quảng Hà
THEN = Truth(
    LOWER | HIGHER | dict.fromkeys(FELL, 0.5) | dict.fromkeys(ROSE, -0.7),
    HARD | {"tt_niem_yet": -0.5, "th_giao_thong": 0.3},
    {WEAK: -3.0},
)
NOW = Truth(
    LOWER | HIGHER | dict.fromkeys(FELL, -0.6) | dict.fromkeys(ROSE, 0.5),
    HARD | {"tt_niem_yet": 0.3, "th_giao_thong": -0.5},
    {WEAK: -3.0, STRONG: 3.5},
)

# Shares of the five levels when a person feels as the average one does.
LEVELS = np.array([0.008, 0.022, 0.09, 0.56, 0.32])
# Shares of the values of items that are no part of an index, by code or by the first part of it.
SHARES = {
    "C5": (0.895, 0.085, 0.02),
    "C6": (0.90, 0.08, 0.02),
    "tiep_xuc": (0.84, 0.12, 0.02, 0.02),
    "bi_phien_ha": (0.03, 0.90, 0.03, 0.04),
    "bi_doi_tien": (0.02, 0.91, 0.03, 0.04),
    "da_dua_tien": (0.03, 0.89, 0.03, 0.05),
    "dich_vu": (0.27, 0.14, 0.12, 0.16, 0.07, 0.04, 0.04, 0.08, 0.04, 0.04),
    "gioi_tinh": (0.49, 0.51),
    "dan_toc": (0.88, 0.12),
    "do_tuoi": (0.09, 0.17, 0.30, 0.22, 0.22),
    "qt": (0.08, 0.24, 0.43, 0.25),
    "ph": (0.07, 0.22, 0.46, 0.25),
    "mm": (0.02, 0.11, 0.42, 0.45),
    "tn_giao_duc": (0.55, 0.45),
    "tn_y_te": (0.78, 0.22),
    "tn_hcc_tinh": (0.16, 0.84),
    "tn_hcc_xa": (0.70, 0.30),
    "tn_hoi": (0.46, 0.54),
    "tn_danh_gia": (0.21, 0.79),
    "tn_phan_anh": (0.09, 0.91),
}
# The same where they differ by age: a row for each value of `do_tuoi`.
BY_AGE = {
    "hoc_van": (
        (0.01, 0.09, 0.52, 0.15, 0.22, 0.01),
        (0.03, 0.20, 0.35, 0.20, 0.21, 0.01),
        (0.06, 0.33, 0.33, 0.14, 0.13, 0.01),
        (0.14, 0.42, 0.27, 0.10, 0.06, 0.01),
        (0.35, 0.37, 0.16, 0.07, 0.03, 0.02),
    ),
    "nghe_nghiep": (
        (0.00, 0.08, 0.20, 0.46, 0.23, 0.02, 0.01),
        (0.00, 0.14, 0.36, 0.01, 0.37, 0.11, 0.01),
        (0.01, 0.13, 0.47, 0.00, 0.24, 0.14, 0.01),
        (0.21, 0.15, 0.46, 0.00, 0.09, 0.08, 0.01),
        (0.55, 0.26, 0.16, 0.00, 0.01, 0.01, 0.01),
    ),
    "C2": (
        (0.14, 0.10, 0.12, 0.34, 0.24, 0.91, 0.01),
        (0.20, 0.22, 0.20, 0.36, 0.32, 0.86, 0.01),
        (0.34, 0.42, 0.27, 0.36, 0.48, 0.71, 0.01),
        (0.49, 0.60, 0.30, 0.40, 0.64, 0.44, 0.01),
        (0.61, 0.64, 0.28, 0.47, 0.74, 0.19, 0.02),
    ),
    "C4": (
        (0.24, 0.10, 0.08, 0.58),
        (0.26, 0.13, 0.14, 0.47),
        (0.29, 0.18, 0.27, 0.26),
        (0.28, 0.20, 0.40, 0.12),
        (0.24, 0.22, 0.49, 0.05),
    ),
    "ht_truc_tiep": (
        (0.20, 0.32, 0.35, 0.13),
        (0.16, 0.32, 0.37, 0.15),
        (0.06, 0.20, 0.50, 0.24),
        (0.02, 0.11, 0.49, 0.38),
        (0.02, 0.08, 0.44, 0.46),
    ),
    "ht_toan_trinh": (
        (0.05, 0.18, 0.45, 0.32),
        (0.06, 0.20, 0.46, 0.28),
        (0.14, 0.30, 0.39, 0.17),
        (0.32, 0.35, 0.25, 0.08),
        (0.48, 0.30, 0.17, 0.05),
    ),
}
# Whoever feels badly treated speaks of harassment and money more often: > 0: the bad value is the first.
BAD_VALUE = {"C5": -0.8, "C6": -0.8, "bi_phien_ha": 0.8, "bi_doi_tien": 0.8, "da_dua_tien": 0.8}
# Where most people are of another ethnic group than the Kinh; the share of those.
MOUNTAINS = {
    "06724": 0.7, "06838": 0.9, "06841": 0.9, "06856": 0.92, "06862": 0.45, "06874": 0.8, "06877": 0.4,
    "06931": 0.6, "06978": 0.7, "06979": 0.9, "06985": 0.85, "07054": 0.4, "07060": 0.3,
}  # fmt: skip
BLANK, BLANK_SENSITIVE = 0.02, 0.06
# Standard deviations of the mood: of communes, of villages, of people within a village (intraclass 0.05).
COMMUNES, VILLAGES, PEOPLE = 0.06, 0.1, 0.45


@dataclass(frozen=True)
class People:
    """N made-up people: where each lives, and how each feels (a shift of the levels)."""

    unit: NDArray[np.int64]
    psu: NDArray[np.int64]
    mood: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.unit)


def make(session: Session, wave: str = SAMPLE, responses: int | None = None, seed: int = 2026) -> list[Wave]:
    """Makes the sample wave `wave` and the public open wave `gop-y` where they are not there yet; all of them.

    `thu-nghiem` has a wave of a year before in the same villages beside it, `nam-truoc`, which is released.
    responses  of a sample wave, spread evenly over its villages; 27 in each unless given
    seed       the same seed makes the same answers; what is true of the waves (`Truth`) is the same in all
    Refused where the data folder holds a real wave: made-up and real data never lie side by side.
    """
    real = session.scalars(select(Wave.code).where(Wave.simulated.is_(False))).first()
    if real is not None:
        raise Conflict(
            "The real wave %(wave)s is here. Make the demo in another data folder: HAILONG_DATA=demo hailong demo",
            wave=real,
        )
    communes = units.communes(session, dates.today())
    year = dates.today().year
    waves_made = []
    if wave == SAMPLE:
        then = date(year - 2, 10, 1), date(year - 2, 12, 31)
        waves_made.append(
            session.get(Wave, BEFORE)
            or _release(session, _sample_wave(session, BEFORE, then, THEN, communes, responses, seed))
        )
    now = date(year - 1, 10, 1), date(year + 1, 12, 31)
    waves_made.append(
        session.get(Wave, wave)
        or _sample_wave(session, wave, now, NOW, communes, responses, seed, same_villages=bool(waves_made))
    )
    waves_made.append(session.get(Wave, OPEN) or _open_wave(session, now, communes, seed))
    return waves_made


def _sample_wave(
    session: Session,
    code: str,
    days: tuple[date, date],
    truth: Truth,
    communes: list[Unit],
    responses: int | None,
    seed: int,
    same_villages: bool = False,
) -> Wave:
    questionnaire = questionnaires.find(session, HOUSEHOLD)
    wave = waves.create(
        session,
        code,
        questionnaire,
        WaveKind.SAMPLE,
        *days,
        title=f"Khảo sát hài lòng năm {days[0].year}" if code in (SAMPLE, BEFORE) else "",
        villages="kept" if same_villages else "new",
        simulated=True,
    )
    villages = [
        Village(wave=code, psu=f"{unit.code}-{number}", unit=unit.code, stratum=unit.code, name=f"Thôn {number}")
        for unit in communes
        for number in range(1, VILLAGES_A_COMMUNE + 1)
    ]
    session.add_all(villages)
    session.flush()
    count = responses or len(villages) * PEOPLE_A_VILLAGE
    psu = np.arange(count) * len(villages) // count
    chance = np.random.default_rng([seed, *code.encode()])
    people = _people(psu // VILLAGES_A_COMMUNE, psu, communes, len(villages), truth, seed, chance)
    places = [(villages[row].unit, villages[row].psu) for row in psu.tolist()]
    modes = [(Mode.PAPER, Mode.INTERVIEWER)[late] for late in (chance.random(len(people)) < 0.2).astype(int)]
    ids = _store(session, wave, questionnaire, people, places, modes, truth, seed, chance)
    adults = np.exp(np.random.default_rng([seed, 1]).normal(9.2, 0.6, len(communes))).round()
    answered = np.bincount(people.unit, minlength=len(communes))
    _weigh(session, wave, ids, (adults / answered.clip(1))[people.unit])
    demo_remarks.add(session, wave, chance)
    demo_fieldwork.add(session, wave, villages, _sender)
    return wave


def _release(session: Session, wave: Wave) -> Wave:
    """Lets a wave's figures out, a few weeks after its last day."""
    release = releases.freeze(session, wave, "demo-1")
    release_steps.check(release, "demo-2")
    releases.approve(session, release, "demo-3")
    release.by_operator = None  # these hands are made up, whoever runs the command
    release.frozen, release.checked, release.approved = (
        wave.closes + timedelta(days=later) for later in (25, 31, 33)
    )
    wave.closed = wave.closes + timedelta(days=19)
    session.flush()
    return wave


def _open_wave(session: Session, days: tuple[date, date], communes: list[Unit], seed: int) -> Wave:
    questionnaire = questionnaires.find(session, SHORT)
    wave = waves.create(
        session,
        OPEN,
        questionnaire,
        WaveKind.OPEN,
        *days,
        title=OPEN_TITLE,
        contact="Sở Nội vụ, 0000 000 000 (số mô phỏng)",
        public=True,
        simulated=True,
    )
    chance = np.random.default_rng([seed, *OPEN.encode()])
    unit = chance.choice(len(communes), OPEN_RESPONSES, p=chance.dirichlet(np.full(len(communes), 2.0)))
    people = _people(unit, unit, communes, len(communes), NOW, seed, chance)
    places = [(communes[row].code, None) for row in unit.tolist()]
    modes = [(Mode.PHONE, Mode.KIOSK)[at] for at in (chance.random(len(people)) < 0.35).astype(int)]
    _store(session, wave, questionnaire, people, places, modes, NOW, seed, chance)
    demo_remarks.add(session, wave, chance)
    return wave


def _people(
    unit: NDArray[np.int64],
    psu: NDArray[np.int64],
    communes: list[Unit],
    psus: int,
    truth: Truth,
    seed: int,
    chance: np.random.Generator,
) -> People:
    """People of one village are alike, in each wave in the same way: villages go by the seed alone."""
    places = np.random.default_rng([seed, 2])
    commune = np.array([truth.communes.get(one.code, 0.0) for one in communes])
    commune += places.normal(0, COMMUNES, len(communes))
    village = places.normal(0, VILLAGES, psus)
    return People(unit, psu, commune[unit] + village[psu] + chance.normal(0, PEOPLE, len(psu)))


def _store(
    session: Session,
    wave: Wave,
    questionnaire: Questionnaire,
    people: People,
    places: list[tuple[str, Any]],
    modes: list[Mode],
    truth: Truth,
    seed: int,
    chance: np.random.Generator,
) -> list[UUID]:
    span = (min(dates.today(), wave.closes) - wave.opens).days + 1
    days = [
        wave.opens + timedelta(days=back)
        for back in chance.integers(max(0, span - 60), span, len(people)).tolist()
    ]
    ids = [UUID(bytes=chance.bytes(16), version=4) for _person in range(len(people))]
    lots = _lots(session, wave, places, modes)
    rows = (
        {
            "id": one,
            "wave": wave.code,
            "unit": unit,
            "psu": psu,
            "mode": mode,
            "day": when,
            "questionnaire": questionnaire.digest,
            "answers": document,
            "marks": [],
            "lot": lots[(unit, psu), mode],
        }
        for one, (unit, psu), mode, when, document in zip(
            ids,
            places,
            modes,
            days,
            _documents(questionnaire, people, [unit for unit, _psu in places], truth, seed, chance),
            strict=True,
        )
    )
    while some := list(islice(rows, ROWS_AT_ONCE)):
        session.execute(insert(Response), some)
    lot_joining.join_small(session, wave.code, dates.today())
    return ids


def _lots(
    session: Session, wave: Wave, places: list[tuple[str, str | None]], modes: list[Mode]
) -> dict[tuple[tuple[str, str | None], Mode], int]:
    """A lot for each place and mode, numbered from the code of the wave so that a seed gives the same ones."""
    numbers = np.random.default_rng([len(places), *wave.code.encode()])
    of_place: dict[tuple[tuple[str, str | None], Mode], int] = {}
    for place, mode in sorted({*zip(places, modes, strict=True)}, key=str):
        lot = Lot(number=int(numbers.integers(1, 2**53)), wave=wave.code, kind=KINDS[mode], mode=mode)
        lot.unit, lot.psu = place
        lot.day, lot.sender = wave.opens, _sender(mode, lot.unit or "")
        session.add(lot)
        of_place[place, mode] = lot.number
    session.flush()
    return of_place


def _sender(mode: Mode, unit: str) -> str | None:
    """A made-up account that sends for a commune; nobody for who sends by himself."""
    if mode is Mode.PAPER:
        return f"nhap-lieu-{int(unit) % KEYERS + 1}"
    return f"dieu-tra-{int(unit) % INTERVIEWERS + 1}" if mode is Mode.INTERVIEWER else None


def _weigh(session: Session, wave: Wave, ids: list[UUID], weights: NDArray[np.float64]) -> None:
    version = WeightVersion(wave=wave.code, version=1, made=dates.today(), source="demo")
    session.add(version)
    session.flush()
    rows = (
        {"version": version.id, "response": one, "weight": weight}
        for one, weight in zip(ids, weights.tolist(), strict=True)
    )
    while some := list(islice(rows, ROWS_AT_ONCE)):
        session.execute(insert(Weight), some)
    wave.weights = version.id


def _documents(
    questionnaire: Questionnaire,
    people: People,
    unit: list[str],
    truth: Truth,
    seed: int,
    chance: np.random.Generator,
) -> Iterator[dict[str, Any]]:
    """An answers document for each person, each item drawn for all at once; age first, for others go by it."""
    scored = questionnaire.index.codes()["index"] if questionnaire.index else ()
    levels = questionnaire.items[scored[0]].valid if scored else ()
    ease = np.random.default_rng([seed, 3])  # how easily an item pleases is the same in each wave
    age = chance.choice(len(SHARES["do_tuoi"]), len(people), p=SHARES["do_tuoi"])
    columns: dict[str, list[Any]] = {}
    for item in questionnaire.items.values():
        if not item.kind.is_estimated:
            continue
        if item.kind.is_scale and item.valid == levels:
            alone = np.array([truth.both.get((code, item.code), 0.0) for code in unit])
            easy = truth.items.get(item.code, 0.0) + ease.normal(0, 0.2)
            drawn = _levels(item, people.mood * 1.7 + easy + alone, chance)
        else:
            drawn = _choices(item, people, unit, age, chance)
        blank = chance.random(len(people)) < (BLANK_SENSITIVE if item.sensitive else BLANK)
        if item.show_if is not None:
            condition = item.show_if
            before = [{code: values[row] for code, values in columns.items()} for row in range(len(people))]
            blank |= ~np.array([condition.holds(answers) for answers in before])
        columns[item.code] = [None if gone else value for value, gone in zip(drawn, blank.tolist(), strict=True)]
    for row in range(len(people)):
        yield {code: values[row] for code, values in columns.items() if values[row] is not None}


def _levels(item: Item, feeling: NDArray[np.float64], chance: np.random.Generator) -> list[int]:
    """A level each: what a person feels moves the same five shares."""
    from_below = np.cumsum(LEVELS)[:-1]
    cuts = np.log(from_below / (1 - from_below))
    levels = [code for code in item.choices if code not in item.missing]
    place = np.searchsorted(cuts, feeling + chance.logistic(0, 1, len(feeling)))
    return [levels[at] for at in place.clip(0, len(levels) - 1).tolist()]


def _choices(
    item: Item, people: People, unit: list[str], age: NDArray[np.int64], chance: np.random.Generator
) -> list[Any]:
    codes = list(item.choices)
    if item.kind.is_number:
        return list(chance.integers(int(item.minimum or 0), int(item.maximum or 10) + 1, len(people)).tolist())
    if item.code == "do_tuoi":
        return [codes[place] for place in age.tolist()]
    shares = _shares(item, unit, age, chance)
    if item.kind.several:
        ticked = chance.random(shares.shape) < shares
        return [
            [code for code, is_ticked in zip(codes, row, strict=True) if is_ticked] or None
            for row in ticked.tolist()
        ]
    feeling = chance.logistic(0, 1, len(people)) + BAD_VALUE.get(item.code, 0.0) * people.mood
    from_below = np.cumsum(shares, axis=1)[:, :-1].clip(0, 1)
    with np.errstate(divide="ignore"):  # a share of none
        cuts = np.log(from_below / (1 - from_below))
    return [codes[place] for place in (feeling[:, None] > cuts).sum(1).tolist()]


def _shares(
    item: Item, unit: list[str], age: NDArray[np.int64], chance: np.random.Generator
) -> NDArray[np.float64]:
    """(N, values) what the people of a place and an age say of an item; near to even where nothing is known."""
    count = len(item.choices)
    if item.code == "dan_toc" and count == 2:
        other = np.array([MOUNTAINS.get(code, SHARES["dan_toc"][1] / 2) for code in unit])
        return np.stack([1 - other, other], axis=1)
    by_age = BY_AGE.get(item.code)
    if by_age is not None and len(by_age[0]) == count:
        return np.array(by_age)[age]
    shares = SHARES.get(item.code) or SHARES.get(item.code.partition("_")[0])
    if shares is None or len(shares) != count:
        shares = tuple(chance.dirichlet(np.full(count, 4.0)).tolist())
    return np.broadcast_to(np.array(shares), (len(age), count))
