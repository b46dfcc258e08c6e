"""Pages of results, warm: the overview, the review and any table, and the reports of 54 communes.

    python benchmarks/pages.py [RESPONSES [FOLDER]]

Each page as a multiple of what Flask alone needs to send the same bytes, p95 of many in one process, on the clock
and in processor time; tables also beside NumPy alone adding up the same columns; the reports beside Typst setting
the same pages and python-docx reading and writing the same files. What is made in FOLDER stays there for the next
time: a million responses take some minutes and 2 GB of disk.
"""

from __future__ import annotations

import io
import itertools
import os
import random
import re
import resource
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import docx
import numpy as np
import typst
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.accounts import accounts
from survey.operations import demo
from survey.operations.installation import prepare
from survey.reports import report
from survey.responses import submission
from survey.responses.respondents import Respondents, sample
from survey.results import summary
from survey.results.summary import Summary
from survey.storage.database import Database
from survey.storage.models import Account, Mode, Role, Village
from survey.system import cache
from survey.waves import waves
from survey.web.app import create_app

PASSWORD, TABLES = "mat-khau-dai", 120
GROUPINGS = ("unit", "stratum", "mode", "gioi_tinh", "do_tuoi", "hoc_van", "nghe_nghiep")


def signed_in(app: Flask) -> FlaskClient:
    client = app.test_client()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/dang-nhap").text)
    assert token is not None
    client.post("/dang-nhap", data={"name": "so", "password": PASSWORD, "csrf_token": token[1]})
    return client


@dataclass(frozen=True)
class Taken:
    """Seconds on the clock, and of the processor."""

    clock: float
    processor: float


def p95(times: Sequence[float]) -> float:
    return sorted(times)[int(0.95 * (len(times) - 1))]


def taken(work: Callable[[], object]) -> Taken:
    start, began = time.perf_counter(), time.process_time()
    work()
    return Taken(time.perf_counter() - start, time.process_time() - began)


def timed(work: Callable[[], object]) -> float:
    return taken(work).clock


def bare(pages: Sequence[bytes]) -> float:
    """p95 of Flask alone, sending these pages as they are."""
    app = Flask("bare")
    app.add_url_rule("/<int:page>", view_func=lambda page: pages[page])
    client = app.test_client()
    return p95([timed(lambda page=page: client.get(f"/{page}").data) for page in range(len(pages))])


def asked(client: FlaskClient, addresses: Sequence[str]) -> tuple[list[Taken], list[bytes]]:
    times, pages = [], []
    for address in addresses:
        times.append(taken(lambda address=address: pages.append(client.get(address))))
        assert pages[-1].status_code == 200, address
    return times, [page.data for page in pages]


def told(name: str, times: Sequence[Taken], pages: Sequence[bytes]) -> None:
    alone = bare(pages)
    size = sum(map(len, pages)) / len(pages) / 1000
    clock, processor = [one.clock for one in times], [one.processor for one in times]
    half = len(times) // 2
    print(
        f"{name}: p95 {1000 * p95(clock):.0f} ms, middle {1000 * sorted(clock)[half]:.0f} ms; "
        f"processor p95 {1000 * p95(processor):.0f} ms, middle {1000 * sorted(processor)[half]:.0f} ms; "
        f"{size:.0f} kB; Flask alone {1000 * alone:.2f} ms: {p95(clock) / alone:.0f} times",
        flush=True,
    )


def memory() -> str:
    """Megabytes of this process now, and at most so far."""
    now = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return f"memory {now / 1e6:.0f} MB, at most {most / 1e6:.0f} MB; kept {cache.bytes_used() / 1e6:.0f} MB"


def adding_up(people: Respondents) -> None:
    """What NumPy alone needs for an item by commune: weighted and counted, over the same columns."""
    item = next(item for item in people.questionnaire.items.values() if item.kind.is_scale)
    codes, units, weight = people.responses.items[item.code], people.unit.codes, people.weight

    def alone() -> None:
        cell = units * (max(item.choices) + 2) + codes + 1
        np.bincount(cell)
        np.bincount(cell, weight)

    least = min((taken(alone) for _run in range(9)), key=lambda one: one.processor)
    print(f"NumPy alone, an item by commune: {1000 * least.processor:.1f} ms of processor time")


def one_more(app: Flask) -> None:
    with app.extensions["database"].writing() as session:
        village = session.scalars(select(Village).where(Village.wave == demo.SAMPLE).limit(1)).one()
        place = waves.place(session, demo.SAMPLE, village.unit)
        submission.submit(session.connection(), place, uuid4(), Mode.PAPER, {"C5": 1}, psu=village.psu)


def reports(said: Summary) -> None:
    packed = io.BytesIO()
    taken = timed(lambda: report.write_units(said, packed))
    files = zipfile.ZipFile(packed)
    words = [files.read(name) for name in files.namelist() if name.endswith("docx")]

    set_: list[dict[str, object]] = []
    compile_ = typst.compile
    typst.compile = lambda *given, **how: set_.append({"given": given, **how}) or compile_(*given, **how)
    for line in said.units:
        report.write_unit(said, line, "pdf")
    typst.compile = compile_

    def alone() -> None:
        for how in set_:
            compile_(*how["given"], **{name: value for name, value in how.items() if name != "given"})
        for word in words:
            docx.Document(io.BytesIO(word)).save(io.BytesIO())

    least = timed(alone)
    print(
        f"reports of {len(said.units)} communes, Word and PDF: {taken:.1f} s, "
        f"{len(packed.getvalue()) / 1e6:.1f} MB; Typst and python-docx alone {least:.1f} s: "
        f"{taken / least:.1f} times"
    )


def main(count: int, kept_in: Path | None = None) -> None:
    with nullcontext(kept_in) if kept_in else tempfile.TemporaryDirectory() as folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        os.environ["HAILONG_DATA"] = str(folder)
        database = Database(f"sqlite:///{Path(folder) / 'hailong.db'}")
        prepare(database)

        def fill() -> None:
            with database.writing() as session:
                demo.make(session, responses=count)
                if session.get(Account, "so") is None:
                    accounts.add(session, "so", Role.HOME_AFFAIRS, PASSWORD)

        print(f"{count} responses, made up in {timed(fill):.0f} s; load {os.getloadavg()[0]:.1f}")
        app = create_app(DATABASE_URL=database.url, SECRET_KEY="benchmark")
        client = signed_in(app)
        start = f"/quan-tri/{demo.SAMPLE}"
        first = taken(lambda: client.get(f"{start}/"))
        print(
            f"first overview, everything read: {first.clock:.1f} s, processor {first.processor:.1f} s; {memory()}"
        )
        told("overview", *asked(client, [f"{start}/"] * 60))
        first = taken(lambda: client.get(f"{start}/ra-soat"))
        print(f"first look at every form: {first.clock:.2f} s, processor {first.processor:.2f} s")
        told("review", *asked(client, [f"{start}/ra-soat"] * 20))
        with app.extensions["database"].reading() as session:
            said = summary.gather(session, demo.SAMPLE)
            adding_up(sample(session, said.wave))
        codes = ["index", *(item.code for item in said.questionnaire.items.values() if not item.kind.is_text)]
        pairs = list(itertools.product(codes, GROUPINGS))
        crossed = [(code, by, "gioi_tinh") for code, by in pairs if by not in ("gioi_tinh", code)]
        chance = random.Random(1)
        for name, chosen in (("table by one grouping", pairs), ("table by two", crossed)):
            picked = [one for one in chance.sample(chosen, TABLES) if one[0] not in one[1:]]
            asking = [f"{start}/bang?muc={one[0]}" + "".join(f"&theo={by}" for by in one[1:]) for one in picked]
            told(f"{name}, for the first time", *asked(client, asking))
            told(f"{name}, again", *asked(client, asking))
        commune = said.units[0].unit.code
        for page in (
            f"don-vi/{commune}",
            "qua-cac-dot",
            "cach-tra-loi",
            "tien-do",
            "ban-do",
            "muc-tieu",
            "cau-hoi",
        ):
            told(page, *asked(client, [f"{start}/{page}"] * 20))
        told("API, all records", *asked(client, [f"/api/v1/waves/{demo.SAMPLE}/results"] * 5))
        told("communes", *asked(client, [f"{start}/don-vi?xep={by}" for by in ("ten", "uoc-luong", "chu-y")] * 10))
        reports(said)
        print(memory())
        one_more(app)
        again = taken(lambda: client.get(f"{start}/bang?muc=C5&theo=unit"))
        print(f"a table after one more response: {again.clock:.1f} s, processor {again.processor:.1f} s")
        app.extensions["database"].engine.dispose()
        database.engine.dispose()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 36_525, Path(sys.argv[2]) if len(sys.argv) > 2 else None)
