"""Summaries of made-up waves, with every case that a report must word: zeros, all, hidden, few, no interval."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from forms import Questionnaire, shipped
from survey.results.collection import Collection
from survey.results.result_table import Record
from survey.results.summary import Headline, Line, Summary, UnitLine
from survey.storage.models import Unit, Wave, WaveKind
from survey.waves import units

QUESTIONNAIRES = {found.name: found for found in shipped()}
HOUSEHOLD, SHORT = QUESTIONNAIRES["ho_gia_dinh@1"], QUESTIONNAIRES["noi_phuc_vu@1"]
DIGEST = "5f2b8c6d4a1e0937" * 4


def figure(
    estimate: float | None,
    low: float | None = None,
    high: float | None = None,
    n: int | None = 2843,
    *flags: str,
    **rest: Any,
) -> Record:
    """An estimate with the numbers that are printed; the rest is filled in."""
    values: dict[str, Any] = {
        "item": "C5", "value": None, "domain": None, "statistic": "proportion", "standard_error": 0.01, "df": 54,
        "deff": 2.1, "n_eff": None if n is None else n / 2.1, "variance": "direct", "events": 3, "weight_sum": 1.0,
    }  # fmt: skip
    return Record(estimate=estimate, low=low, high=high, n=n, flags=flags, **{**values, **rest})  # type: ignore[arg-type]


def hidden(flag: str = "hidden", **rest: Any) -> Record:
    """A record as `results --released` leaves it."""
    return figure(None, None, None, None, flag, standard_error=None, deff=None, **rest)


def communes() -> list[Unit]:
    """The 54 shipped, in the order of their file."""
    rows = csv.DictReader(units.SHIPPED.read_text(encoding="utf-8").splitlines())
    return [
        Unit(code=row["code"], name=row["name"], kind=row["kind"], parent=row["parent"])
        for row in rows
        if row["kind"] in units.COMMUNE_KINDS
    ]


def index_line(code: str, estimate: Record) -> Line:
    return Line(code, f"label of {code}", estimate)


def wave(code: str, questionnaire: Questionnaire, kind: WaveKind, **rest: Any) -> Wave:
    return Wave(
        code=code, title="Hài lòng 2025", questionnaire=questionnaire.digest, kind=kind, opens=date(2025, 10, 1),
        closes=date(2026, 12, 31), single_psu="centered", villages="new", public=False, **rest,
    )  # fmt: skip


def headline(questionnaire: Questionnaire, place: int, shares: list[Record], **rest: Any) -> Headline:
    """A headline of the questionnaire with these figures for its choices."""
    named = questionnaire.headlines[place]
    codes = list(questionnaire.items[named.item].valid)
    values = {"asked": 2916, "answered": 2843, "blank": 0.025, "least": 0.0189, "most": 0.0439, **rest}
    return Headline(
        code=named.item,
        title="title in another language",
        name="name in another language",
        worst=named.value,
        values=tuple(Line(str(code), str(code), share) for code, share in zip(codes, shares, strict=True)),
        **values,
    )


def unit_lines(count_headlines: int, *flags: str) -> tuple[UnitLine, ...]:
    """54 communes: two above, one with signs of it, one below, a hidden one, one of few answers, one without an
    interval, the others not told apart."""
    lines = []
    for place, unit in enumerate(communes()):
        share = 0.78 + 0.003 * place
        index = figure(
            share,
            share - 0.07,
            min(1.0, share + 0.05),
            54,
            *flags,
            statistic="index",
            domain=unit.code,
            variance="pooled",
            standing="above" if place in (52, 53) else "signs_above" if place == 51 else "not_apart",
        )
        rank: tuple[int, int] | None = (1, 54)
        records = [figure(0.0556, 0.0121, 0.16, 54, *flags, domain=unit.code)] * count_headlines
        if place == 0:
            index, rank = (
                figure(0.5512, 0.4121, 0.6633, 54, *flags, statistic="index", domain=unit.code, standing="below"),
                (50, 54),
            )
            records = [figure(0.0, 0.0, 0.0661, 54, "none", *flags, domain=unit.code)] * count_headlines
        elif place == 1:
            index, rank = hidden(domain=unit.code, standing="above"), (1, 2)
            records = [hidden(domain=unit.code)] * count_headlines
        elif place == 2:
            index = figure(
                0.8123, 0.6, 0.93, 27, "few", *flags, statistic="index", domain=unit.code, standing="not_apart"
            )
            records = [
                figure(None, None, 0.143, 54, "under_3", *flags, domain=unit.code, standard_error=None)
            ] * count_headlines
        elif place == 3:
            index = figure(0.8888, None, None, 27, "no_interval", *flags, statistic="index", domain=unit.code)
            records = [hidden("hidden_with", domain=unit.code)] * count_headlines
        elif place == 4:
            index, rank = figure(None, None, None, 0, *flags, statistic="index", domain=unit.code), None
            records = [figure(None, None, None, 0, *flags, domain=unit.code)] * count_headlines
        elif place in (52, 53):
            rank = (1, 9)
        lines.append(UnitLine(unit, index, tuple(records), rank))
    return tuple(lines)


def made_up(**rest: Any) -> Summary:
    """The household form in a sample wave: 54 communes, 2 villages of 27 in each."""
    index = HOUSEHOLD.index
    assert index is not None
    parts = {
        code: index_line(
            code,
            figure(
                0.9012 - 0.01 * place,
                0.8940 - 0.01 * place,
                0.9070 - 0.01 * place,
                2916,
                statistic="index",
                item=code,
            ),
        )
        for place, code in enumerate(index.codes())
    }
    items = [
        index_line(
            code,
            figure(
                0.84 + 0.001 * place,
                0.82 + 0.001 * place,
                0.86 + 0.001 * place,
                2880 - place,
                item=code,
                value="4,5",
            ),
        )
        for place, code in enumerate(index.codes()["index"])
    ]
    items[3] = index_line(items[3].code, figure(1.0, 0.9967, 1.0, 1111, "all", item=items[3].code, value="4,5"))
    items[4] = index_line(items[4].code, figure(0.5, 0.2, 0.8, 12, "few", "wide", item=items[4].code, value="4,5"))
    items[5] = index_line(items[5].code, hidden(item=items[5].code, value="4,5"))
    headlines = (
        headline(
            HOUSEHOLD,
            0,
            [
                figure(0.9006, 0.8850, 0.9143),
                figure(0.0800, 0.0690, 0.0930),
                figure(0.0194, 0.0141, 0.0260, value="3"),
            ],
        ),
        headline(
            HOUSEHOLD,
            1,
            [
                figure(0.9582, 0.95, 0.97),
                figure(0.0418, 0.03, 0.05),
                figure(0.0, 0.0, 0.0013, 2843, "none", item="C6", value="3"),
            ],
            least=0.0,
            most=0.025,
        ),
    )
    values: dict[str, Any] = {
        "wave": wave("thu-nghiem", HOUSEHOLD, WaveKind.SAMPLE, simulated=True, weights=1),
        "questionnaire": HOUSEHOLD,
        "province": Unit(code="22", name="Quảng Ninh", kind="tỉnh"),
        "rule": index.rules["share"],
        "draft": True,
        "data_version": DIGEST,
        "data_day": date(2026, 2, 5),
        "weight_version": 1,
        "collection": Collection(issued=2916, collected=2953, in_sample=2916, outside=37,
                                 modes={"paper": 2916, "phone": 37}, units_reached=53, villages=106, strata=53),
        "index": parts["index"],
        "areas": tuple(parts[f"index:{area.code}"] for area in index.areas),
        "factors": tuple(parts[f"index:{factor.code}"] for area in index.areas for factor in area.factors),
        "items": tuple(items),
        "headlines": headlines,
        "units": unit_lines(2),
        "hidden": 7,
    }  # fmt: skip
    values.update(rest)
    values.setdefault("records", _records(values))
    return Summary(**values)


def _records(values: dict[str, Any]) -> tuple[Record, ...]:
    lines = [values["index"], *values["areas"], *values["factors"], *values["items"]]
    found = [line.estimate for line in lines if line is not None]
    found += [line.estimate for one in values["headlines"] for line in one.values]
    found += [record for line in values["units"] for record in (line.index, *line.headlines)]
    return tuple(found)


def open_wave(**rest: Any) -> Summary:
    """The short form in an open wave, released, of real people: no mark on its pages."""
    index = SHORT.index
    assert index is not None
    flag = "not_a_sample"
    one = {
        code: index_line(code, figure(0.8431, 0.8123, 0.8712, 1193, flag, statistic="index", item=code))
        for code in index.codes()
    }
    yes, no = (
        figure(0.0311, 0.0211, 0.0431, 702, flag, value="1"),
        figure(0.9689, 0.95, 0.98, 702, flag, value="2"),
    )
    headlines = tuple(
        headline(SHORT, place, [yes, no], asked=1032, answered=702, blank=0.3198, least=0.0212, most=0.3409)
        for place in range(len(SHORT.headlines))
    )  # fmt: skip
    return made_up(**{
        "wave": wave("gop-y", SHORT, WaveKind.OPEN, simulated=False, weights=None),
        "questionnaire": SHORT, "rule": index.rules["share"], "draft": False, "weight_version": None,
        "collection": Collection(issued=None, collected=1200, in_sample=1200, outside=0,
                                 modes={"phone": 900, "kiosk": 300}, units_reached=54, villages=0, strata=54),
        "index": one["index"],
        "areas": tuple(one[f"index:{area.code}"] for area in index.areas),
        "factors": tuple(one[f"index:{factor.code}"] for area in index.areas for factor in area.factors),
        "items": tuple(
            index_line(code, figure(0.8612, 0.8311, 0.8890, 1188, flag, item=code, value="4,5"))
            for code in index.codes()["index"]
        ),
        "headlines": headlines, "units": unit_lines(len(headlines), flag), "hidden": 0, **rest,
    })  # fmt: skip


@pytest.fixture
def summary() -> Summary:
    return made_up()


@pytest.fixture(scope="session")
def kept() -> Summary:
    """The same as `summary`, for tests that only read a file of it: they share one."""
    return made_up()


@pytest.fixture
def make() -> Callable[..., Summary]:
    """A sample wave with some parts replaced."""
    return made_up


@pytest.fixture
def opened() -> Summary:
    return open_wave()
