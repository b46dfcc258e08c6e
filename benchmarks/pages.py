"""Pages of results, warm: the overview and any table, and the reports of 54 communes.

    python benchmarks/pages.py [RESPONSES]

Each page as a multiple of what Flask alone needs to send the same bytes, p95 of many in one process; the reports
beside Typst setting the same pages and python-docx reading and writing the same files.
"""

from __future__ import annotations

import io
import itertools
import os
import random
import re
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import docx
import typst
from flask import Flask
from flask.testing import FlaskClient

from survey import demo, report
from survey.app import create_app
from survey.database import Database
from survey.installation import prepare
from survey.models import Role
from survey.people import accounts
from survey.results import summary
from survey.results.summary import Summary

PASSWORD, TABLES = "mat-khau-dai", 120
GROUPINGS = ("unit", "stratum", "mode", "gioi_tinh", "do_tuoi", "dan_toc", "hoc_van", "nghe_nghiep")


def signed_in(app: Flask) -> FlaskClient:
    client = app.test_client()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/dang-nhap").text)
    assert token is not None
    client.post("/dang-nhap", data={"name": "so", "password": PASSWORD, "csrf_token": token[1]})
    return client


def p95(times: Sequence[float]) -> float:
    return sorted(times)[int(0.95 * (len(times) - 1))]


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def bare(pages: Sequence[bytes]) -> float:
    """p95 of Flask alone, sending these pages as they are."""
    app = Flask("bare")
    app.add_url_rule("/<int:page>", view_func=lambda page: pages[page])
    client = app.test_client()
    return p95([timed(lambda page=page: client.get(f"/{page}").data) for page in range(len(pages))])


def asked(client: FlaskClient, addresses: Sequence[str]) -> tuple[list[float], list[bytes]]:
    times, pages = [], []
    for address in addresses:
        start = time.perf_counter()
        answer = client.get(address)
        times.append(time.perf_counter() - start)
        assert answer.status_code == 200, address
        pages.append(answer.data)
    return times, pages


def told(name: str, times: Sequence[float], pages: Sequence[bytes]) -> None:
    alone = bare(pages)
    size = sum(map(len, pages)) / len(pages) / 1000
    print(
        f"{name}: p95 {1000 * p95(times):.0f} ms, middle {1000 * sorted(times)[len(times) // 2]:.0f} ms, "
        f"{size:.0f} kB; Flask alone {1000 * alone:.2f} ms: {p95(times) / alone:.0f} times"
    )


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


def main(responses: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HAILONG_DATA"] = folder
        database = Database(f"sqlite:///{Path(folder) / 'hailong.db'}")
        prepare(database)

        def fill() -> None:
            with database.writing() as session:
                demo.make(session, responses=responses)
                accounts.add(session, "so", Role.HOME_AFFAIRS, PASSWORD)

        print(f"{responses} responses, made up in {timed(fill):.0f} s; load {os.getloadavg()[0]:.1f}")
        app = create_app(DATABASE_URL=database.url, SECRET_KEY="benchmark")
        client = signed_in(app)
        start = f"/quan-tri/{demo.SAMPLE}"
        print(f"first overview, everything read: {timed(lambda: client.get(f'{start}/')):.1f} s")
        told("overview", *asked(client, [f"{start}/"] * 60))
        with app.extensions["database"].reading() as session:
            said = summary.gather(session, demo.SAMPLE)
        codes = ["index", *(item.code for item in said.questionnaire.items.values() if item.kind != "text")]
        pairs = list(itertools.product(codes, GROUPINGS))
        crossed = [(code, by, "gioi_tinh") for code, by in pairs if by not in ("gioi_tinh", code)]
        chance = random.Random(1)
        for name, chosen in (("table by one grouping", pairs), ("table by two", crossed)):
            picked = [one for one in chance.sample(chosen, TABLES) if one[0] not in one[1:]]
            asking = [f"{start}/bang?muc={one[0]}" + "".join(f"&theo={by}" for by in one[1:]) for one in picked]
            told(f"{name}, for the first time", *asked(client, asking))
            told(f"{name}, again", *asked(client, asking))
        told("communes", *asked(client, [f"{start}/don-vi?xep={by}" for by in ("ten", "uoc-luong", "chu-y")] * 10))
        reports(said)
        app.extensions["database"].engine.dispose()
        database.engine.dispose()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 36_525)
