"""A whole province at once: forms from 54 communes beside 20 of the staff, and how far one server goes.

    python benchmarks/load.py [--minutes M] [--rate FORMS_A_MINUTE] [--database postgresql] [--until-it-breaks]

`hailong serve` in a process of its own, on an open wave of 36,525 responses. Forms arrive by chance (Poisson),
each at one of the 54 communes from an address of its own, half of them as a page (fetched, sent, receipt shown),
half as JSON. A form's time runs from the moment at which it should have left, so a generator that is held up hides
nothing. What gets 503 is sent again with the same id after `Retry-After`. Each of the staff, signed in already,
opens one page after another with about 10 seconds between: overview, communes, tables, progress, review, keying.

At the end each form that was acknowledged is looked for in the database: it is there once. `--until-it-breaks`
doubles the rate every half minute, without staff, until the queue is full and somebody gets 503.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import queue
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import select, update

from forms import Questionnaire
from survey.accounts import accounts
from survey.operations import demo
from survey.operations.installation import prepare
from survey.storage.database import Database
from survey.storage.models import Response, Role, Wave, WaveKind
from survey.system import dates
from survey.waves import units, waves

ROOT = Path(__file__).resolve().parent.parent
WAVE, PASSWORD = demo.SAMPLE, "mat-khau-dai"
SENDERS = 400  # threads that wait for answers
THINKING = 10.0  # seconds between two pages of one person, on average
PAGES = {
    Role.HOME_AFFAIRS: ("", "don-vi", "bang", "tien-do", "ra-soat", "cau-hoi"),
    Role.SUPERVISOR: ("tien-do", "ra-soat", "nhap-lieu", "phieu"),
}
PEOPLE = {Role.HOME_AFFAIRS: 12, Role.SUPERVISOR: 8}


# The server


class Served:
    """The server at a free port, with the data folder of the benchmark."""

    def __init__(self, url: str, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        own = {"HAILONG_DATABASE_URL": url, "HAILONG_DATA": str(folder), "HAILONG_PROXIES": "1"}
        program = [Path(sys.executable).with_name("hailong"), "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(program, env=os.environ | own)
        for _time in range(1200):
            try:
                connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
                connection.request("GET", "/healthz")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.05)
        raise SystemExit("the server did not start")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


def fill(database: Database, responses: int) -> list[str]:
    """A wave of so many responses that is open now, and the staff; the codes of the communes."""
    prepare(database)
    with database.writing() as session:
        demo.make(session, responses=responses)
        day = dates.today()
        session.execute(
            update(Wave)
            .where(Wave.code == WAVE)
            .values(kind=WaveKind.OPEN, opens=day, closes=day.replace(year=day.year + 1))
        )
        for role, count in PEOPLE.items():
            for number in range(count):
                accounts.add(session, f"{role.value}-{number}", role, PASSWORD)
        return [unit.code for unit in units.communes(session, day)]


# The citizens


@dataclass
class Told:
    """What came of the forms and pages of a run; times in seconds."""

    forms: list[float] = field(default_factory=list)
    pages: dict[str, list[float]] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    faults: Counter[str] = field(default_factory=Counter)
    again: int = 0
    waited: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def page(self, name: str, took: float, answer: int) -> None:
        with self.lock:
            if answer == 200:
                self.pages.setdefault(name, []).append(took)
            else:
                self.faults[f"{name}: {answer}"] += 1

    def printed(self, name: str) -> None:
        print(
            f"{name}: {cuts(self.forms)}; sent again {self.again}; faults {dict(self.faults) or 'none'}",
            flush=True,
        )
        everything = [took for times in self.pages.values() for took in times]
        if everything:
            print(f"  pages: {cuts(everything)}; asked to wait until figures are there {self.waited}")
        for page, times in sorted(self.pages.items()):
            print(f"    {page:<16} {cuts(times)}", flush=True)


def cuts(times: list[float]) -> str:
    if len(times) < 2:
        return f"{len(times)}"
    found = statistics.quantiles(times, n=100)
    shown = "  ".join(f"p{at} {found[at - 1] * 1000:.0f}" for at in (50, 95, 99))
    return f"{len(times)}  {shown}  most {max(times) * 1000:.0f} ms"


class Citizens:
    """Forms that leave at chance moments, by threads that each keep a connection, as a proxy in front does."""

    def __init__(self, port: int, communes: list[str], questionnaire: Questionnaire, told: Told) -> None:
        self.port, self.communes, self.told = port, communes, told
        self.answers = [answered(questionnaire, random.Random(seed)) for seed in range(50)]
        self.due: queue.SimpleQueue[float | None] = queue.SimpleQueue()
        self.senders = [threading.Thread(target=self.work, args=(seed,), daemon=True) for seed in range(SENDERS)]
        for sender in self.senders:
            sender.start()

    def come(self, rate: float, seconds: float, chance: random.Random) -> None:
        """So many a second, for so long."""
        at, end = time.perf_counter(), time.perf_counter() + seconds
        while (at := at + chance.expovariate(rate)) < end:
            time.sleep(max(0.0, at - time.perf_counter()))
            self.due.put(at)

    def finish(self) -> None:
        """Waits until every form that is due was sent."""
        for _sender in self.senders:
            self.due.put(None)
        for sender in self.senders:
            sender.join()

    def work(self, seed: int) -> None:
        chance = random.Random(seed)
        while (at := self.due.get()) is not None:
            try:
                (self.as_page if chance.random() < 0.5 else self.as_json)(chance, at)
            except (OSError, HTTPException) as error:
                with self.told.lock:
                    self.told.faults[type(error).__name__] += 1

    def as_json(self, chance: random.Random, at: float) -> None:
        id, unit = str(uuid.uuid4()), chance.choice(self.communes)
        form = {"id": id, "wave": WAVE, "unit": unit, "mode": "phone", "answers": chance.choice(self.answers)}
        headers = {"Content-Type": "application/json", "X-Forwarded-For": address(chance)}
        self.send("/api/v1/responses", json.dumps(form), headers, id, at, 201)

    def as_page(self, chance: random.Random, at: float) -> None:
        path, here = f"/s/{WAVE}/{chance.choice(self.communes)}", {"X-Forwarded-For": address(chance)}
        while (page := asked(self.port, path, here))[0].status == 503:
            self.rest(page[0])
        id, token = (re.search(rf'name="{name}" value="([^"]+)"', page[1].decode())[1] for name in ("id", "token"))  # type: ignore[index]
        body = urlencode({"id": id, "token": token, **chance.choice(self.answers)}, doseq=True)
        headers = here | {"Content-Type": "application/x-www-form-urlencoded"}
        self.told.page("a form to fill in", time.perf_counter() - at, page[0].status)
        if receipt := self.send(path, body, headers, id, time.perf_counter(), 303):
            asked(self.port, receipt, here)

    def send(self, path: str, body: str, headers: dict[str, str], id: str, at: float, good: int) -> str | None:
        """Sends a form until it is acknowledged; where its answer leads."""
        while (answer := asked(self.port, path, headers, body)[0]).status == 503:
            self.rest(answer)
        with self.told.lock:
            self.told.forms.append(time.perf_counter() - at)
            if answer.status == good:
                self.told.acknowledged.add(id)
            else:
                self.told.faults[f"form: {answer.status}"] += 1
        return answer.headers.get("Location")

    def rest(self, answer: HTTPResponse) -> None:
        with self.told.lock:
            self.told.again += 1
        time.sleep(float(answer.headers["Retry-After"]) * random.uniform(1, 2))


def asked(port: int, path: str, headers: dict[str, str], body: str | None = None) -> tuple[HTTPResponse, bytes]:
    """The answer to one request on a connection of its own."""
    connection = HTTPConnection("127.0.0.1", port, timeout=300)
    try:
        connection.request("GET" if body is None else "POST", path, body, headers)
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def address(chance: random.Random) -> str:
    return ".".join(str(chance.randint(1, 254)) for _part in range(4))


def answered(questionnaire: Questionnaire, chance: random.Random) -> dict[str, Any]:
    """An answer to every item; words of one's own in one form of four."""
    answers: dict[str, Any] = {}
    talks = chance.random() < 0.25
    for item in questionnaire.items.values():
        choices = [value for value in item.choices if value not in item.missing]
        if item.kind.is_text:
            if talks:
                answers[item.code] = "Cán bộ hướng dẫn rõ, nhưng phải chờ."[: item.max_length or 100]
        elif item.kind.is_number:
            answers[item.code] = int(item.minimum or 1)
        else:
            choice = chance.choice(choices)
            answers[item.code] = [choice] if item.kind.several else choice
    return answers


# The staff


def sign_in(port: int, name: str) -> dict[str, str]:
    """What somebody who signed in sends along."""
    cookies: dict[str, str] = {}

    def headers() -> dict[str, str]:
        return {
            "Cookie": "; ".join(f"{key}={value}" for key, value in cookies.items()),
            "X-Forwarded-For": "10.0.0.9",
        }

    def taken(answer: HTTPResponse) -> None:
        for line in answer.headers.get_all("Set-Cookie") or ():
            key, _, value = line.partition(";")[0].partition("=")
            cookies[key] = value

    answer, page = asked(port, "/dang-nhap", headers())
    taken(answer)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.decode())
    assert token is not None
    body = urlencode({"name": name, "password": PASSWORD, "csrf_token": token[1]})
    answer, _body = asked(
        port, "/dang-nhap", headers() | {"Content-Type": "application/x-www-form-urlencoded"}, body
    )
    assert answer.status in (302, 303), answer.status
    taken(answer)
    return headers()


def look_around(
    port: int, headers: dict[str, str], seed: int, pages: tuple[str, ...], told: Told, stop: threading.Event
) -> None:
    chance = random.Random(seed)
    while not stop.wait(chance.expovariate(1 / THINKING)):
        page = chance.choice(pages)
        began = time.perf_counter()
        try:
            while (answer := asked(port, f"/quan-tri/{WAVE}/{page}", headers)[0]).headers.get("Refresh"):
                with told.lock:
                    told.waited += 1
                time.sleep(float(answer.headers["Refresh"]))  # as the browser does by itself
        except (OSError, HTTPException) as error:
            with told.lock:
                told.faults[f"{page}: {type(error).__name__}"] += 1
            continue
        told.page(page or "(overview)", time.perf_counter() - began, answer.status)


# The run


def check(database: Database, acknowledged: set[str]) -> None:
    with database.reading() as session:
        ids = Counter(str(id) for id in session.scalars(select(Response.id).where(Response.wave == WAVE)))
    lost = [id for id in acknowledged if id not in ids]
    print(
        f"acknowledged {len(acknowledged)}, of these missing {len(lost)}, twice {sum(n > 1 for n in ids.values())}"
    )


def run(url: str, folder: Path, wanted: argparse.Namespace) -> None:
    database = Database(url)
    communes = fill(database, wanted.responses)
    with database.reading() as session:
        questionnaire = waves.place(session, WAVE, communes[0]).questionnaire
    os.environ["HAILONG_DATA"] = str(folder)
    server = Served(url, folder)
    chance, everything = random.Random(2026), set[str]()
    try:
        if wanted.until_it_breaks:
            rate = wanted.rate
            while True:
                told = Told()
                citizens = Citizens(server.port, communes, questionnaire, told)
                began = time.perf_counter()
                citizens.come(rate / 60, 30, chance)
                citizens.finish()
                told.printed(
                    f"{rate:.0f} a minute, {len(told.forms) / (time.perf_counter() - began) * 60:.0f} answered"
                )
                everything |= told.acknowledged
                if told.again:
                    break
                rate *= 2
        else:
            told, stop = Told(), threading.Event()
            names = [(f"{role.value}-{number}", role) for role, count in PEOPLE.items() for number in range(count)]
            signed_in = [(sign_in(server.port, name), PAGES[role]) for name, role in names[: wanted.staff]]
            staff = [
                threading.Thread(target=look_around, args=(server.port, headers, seed, pages, told, stop))
                for seed, (headers, pages) in enumerate(signed_in)
            ]
            for person in staff:
                person.start()
            citizens = Citizens(server.port, communes, questionnaire, told)
            citizens.come(wanted.rate / 60, wanted.minutes * 60, chance)
            citizens.finish()
            stop.set()
            for person in staff:
                person.join()
            told.printed(f"{wanted.rate:.0f} a minute for {wanted.minutes:g} minutes, {len(staff)} staff")
            everything = told.acknowledged
        check(database, everything)
    finally:
        server.stop()


def main() -> None:
    given = argparse.ArgumentParser()
    given.add_argument("--minutes", type=float, default=2)
    given.add_argument("--rate", type=float, default=500)
    given.add_argument("--staff", type=int, default=20)
    given.add_argument("--responses", type=int, default=36_525)
    given.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    given.add_argument("--until-it-breaks", action="store_true")
    wanted = given.parse_args()
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, {wanted.database}")
    with tempfile.TemporaryDirectory() as work:
        os.environ["HAILONG_DATA"] = work
        if wanted.database == "sqlite":
            run(f"sqlite:///{work}/hailong.db", Path(work), wanted)
        else:
            found = importlib.util.spec_from_file_location("conftest", ROOT / "tests" / "conftest.py")
            assert found is not None
            assert found.loader is not None
            tests = importlib.util.module_from_spec(found)
            found.loader.exec_module(tests)
            server = tests.PostgreSQL()
            server.start(fsync="on")
            try:
                server.order("CREATE DATABASE load")
                run(server.url("load"), Path(work), wanted)
            finally:
                server.stop()
    print(f"load at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
