"""Every address, every role, whatever can be sent: no fault of ours, nothing that takes long, memory bounded.

The short walk runs every time; `make soak` walks the long one and prints its figures.
"""

from __future__ import annotations

import io
import random
import re
import resource
import shutil
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BuildError

from survey.storage.database import Database
from survey.storage.models import Account, Mode, Response, Role, Unit, Wave
from survey.waves import waves
from survey.web.app import create_app
from survey.web.respondent import form
from tests.slowness import slowness

SLOWEST = 2.0  # seconds of the processor for an answer, by the thread that gives it
HANG = 10.0  # seconds of the clock: what waits for a lock costs no processor
# What writes a document for each commune or each printed form says how long it takes, and is no page.
DOCUMENTS = {"staff.unit_reports", "staff.printed_forms"}
LONGEST_TEXT = 20_000
NASTY = [
    "",
    " ",
    "\0",
    "a\0b",
    "..",
    "../../../../etc/passwd",
    "..\\..\\win.ini",
    "%2e%2e%2f",
    "/etc/passwd",
    "//evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    "<script>alert(1)</script>",
    "'; DROP TABLE response; --",
    "=HYPERLINK(1)",
    "{{7*7}}",
    "%(name)s %s %d {0}",
    "-1",
    "0",
    "1",
    "2",
    "1e400",
    "nan",
    "-inf",
    "0x10",
    "9" * 25,
    "9" * 5000,
    "1_000",
    "٣",
    "²",
    "½",
    "1,5",
    "on",
    "2026-02-30",
    "0001-01-01",
    "9999-12-31",
    "99999-01-01",
    "00000000-0000-4000-8000-000000000000",
    "[[[[",
    '{"a":1}',
    "null",
    "\ud800",
    "\ufeff",
    "\u202eabc",
    "e\u0301\u0301",
    "Ⅻ",
    "İ",
    "ß",
    "\U0001f600",
    "a" * LONGEST_TEXT,
    "\u0301" * 2_000,
    "\u0323\u0301" * 10_000,  # in order only after the square of their number
    "a" + "\u0323\u0301" * 40,
    "Hạ" + "\u0301" * 3 + " Long",
    "\r\nSet-Cookie: a=b",
    "06652",
    "V1",
    "ho-mau",
    "html",
    "pdf",
    "csv",
    "vi",
    "tyz",
]
FILES = [
    b"",
    b"\0" * 100,
    b"PK\x03\x04" + b"\0" * 50,
    b"PK\x05\x06" + b"\0" * 18,
    b"%PDF-1.7\n",
    b"\xff\xd8\xff\xff\xff",
    b"II*\0\x08\0\0\0\xff\xff",
    b"\x89PNG\r\n\x1a\n" + b"\xff" * 30,
    b"unit,weight\n06652,=1+1\n",
    b'unit\n"open',
    b"\xef\xbb\xbfunit\n\xff\xfe\n",
    b"psu,unit,stratum,households\nV1,06652,06652,10\n",
]
PASSWORD = PasswordHasher.from_parameters(CHEAPEST).hash("mat-khau-dai")
ASKED = re.compile(r"request\.(?:args|form|values)(?:\.get|\.getlist)?[\[(]\s*\"([^\"]+)\"")


def forged(client: FlaskClient, page: str) -> str:
    """The token against forgery of a browser's pages."""
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(page).text)
    assert token is not None
    return token[1]


def enter(client: FlaskClient, name: str) -> None:
    """Signs an account in whose password is that of `PASSWORD`."""
    sent = {"name": name, "password": "mat-khau-dai", "csrf_token": forged(client, "/dang-nhap")}
    assert client.post("/dang-nhap", data=sent).status_code == 303


class Found(HTMLParser):
    """The links of a page, and its forms: where each sends which fields."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[tuple[str, dict[str, list[str]]]] = []
        self.name = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        had = dict(attributes)
        if tag == "a":
            self.links.append(had.get("href") or "")
        elif tag == "form":
            self.forms.append((had.get("action") or "", defaultdict(list)))
        elif tag in ("input", "textarea", "select", "button") and self.forms and had.get("name"):
            self.name = had["name"] or ""
            self.forms[-1][1][self.name].append(had.get("value") or "")
        elif tag == "option" and self.forms and self.name:
            self.forms[-1][1][self.name].append(had.get("value") or "")


class Seen(NamedTuple):
    """What a walk met: requests, the longest answer (of its thread, with its address, and by the clock), faults,
    and answers by status."""

    count: int
    longest: float
    by_the_clock: float
    where: str
    faults: list[str]
    statuses: dict[int, int]


class Walk:
    """Asks for addresses of the whole map, partly with what pages offered, partly with what nobody offered."""

    def __init__(self, app: Flask, database: Database, seed: int) -> None:
        self.app, self.database = app, database
        self.chance = random.Random(seed)
        self.adapter = app.url_map.bind("localhost")
        self.rules = [
            (rule, method)
            for rule in app.url_map.iter_rules()
            for method in sorted((rule.methods or set()) & {"GET", "POST"})
        ]
        asked = {name for path in Path("survey").rglob("*.py") for name in ASKED.findall(path.read_text("utf-8"))}
        self.asked = sorted(asked | {"lang", "size"})
        self.offered: dict[str, set[Any]] = defaultdict(set)  # values by the name of a part of an address
        self.fields: dict[str, dict[str, list[str]]] = {}  # endpoint -> field -> values that a page had
        with database.reading() as session:
            self.offered["wave"] = set(session.scalars(select(Wave.code)))
            self.offered["unit"] = set(session.scalars(select(Unit.code).limit(5)))
            self.offered["id"] = set(session.scalars(select(Response.id).limit(5)))
        self.offered["format"] = {"docx", "pdf", "html", "json", "csv", "xlsx", "parquet", "sav", "zip"}
        self.clients: dict[Role | None, FlaskClient] = {}
        self.tokens: dict[Role | None, str] = {}  # against forgery, else nothing would come past that guard
        self.renew()

    def renew(self) -> None:
        """Accounts of all roles, signed in: a walk that goes everywhere may also have ended them."""
        self.clients = {who: self.app.test_client() for who in (None, *Role)}
        names: dict[Role, str] = {}
        with self.database.writing() as session:
            for role in Role:
                names[role] = f"{role.value}-{self.chance.getrandbits(60):x}"
                unit = "06652" if role is Role.COMMUNE else None
                session.add(Account(name=names[role], role=role, unit=unit, password=PASSWORD))
        for who, client in self.clients.items():
            if who is not None:
                enter(client, names[who])
            self.tokens[who] = forged(client, "/doi-mat-khau" if who else "/dang-nhap")

    def text(self) -> str:
        kind = self.chance.random()
        if kind < 0.8:
            return sendable(self.chance.choice(NASTY))
        if kind < 0.9:
            return str(self.chance.randint(-(10**6), 10**9))
        return "".join(
            chr(self.chance.choice((self.chance.randrange(1, 0x250), self.chance.randrange(0xD800))))
            for _ in range(self.chance.randrange(1, 30))
        )

    def part(self, name: str) -> Any:
        known = self.offered.get(name)
        return self.chance.choice(sorted(known, key=str)) if known and self.chance.random() < 0.8 else self.text()

    def address(self, endpoint: str, names: set[str]) -> str:
        for _ in range(20):
            try:
                built = self.adapter.build(endpoint, {name: self.part(name) or "-" for name in sorted(names)})
                return built.replace("?", "%3F")  # a UUID's converter quotes nothing, whatever it is given
            except (BuildError, ValueError, UnicodeError):  # a part that this address can't have
                continue
        return "/"

    def body(self, endpoint: str) -> dict[str, Any]:
        had = self.fields.get(endpoint, {})
        sent: dict[str, Any] = {}
        for name, values in had.items():
            kind = self.chance.random()
            if kind < 0.65 and values:
                sent[name] = self.chance.choice(values)
            elif kind < 0.9:
                sent[name] = sendable(self.text())
        for _ in range(self.chance.randrange(3)):
            sent[sendable(self.chance.choice([*self.asked, self.text()[:200]]) or "x")] = sendable(self.text())
        if self.chance.random() < 0.2 or {"file", "files"} & had.keys():
            name = "files" if "files" in had else "file"
            sent[name] = (io.BytesIO(self.chance.choice(FILES)), sendable(self.text())[:300] or "x")
        return sent

    def go(self, count: int) -> Seen:
        faults: list[str] = []
        statuses: dict[int, int] = defaultdict(int)
        longest, by_the_clock, where = 0.0, 0.0, ""
        for number in range(count):
            if number % 1000 == 999:
                self.renew()
            rule, method = self.chance.choice(self.rules)
            who = self.chance.choice([None, Role.ADMIN, Role.ADMIN, *Role])
            path = self.address(rule.endpoint, set(rule.arguments))
            query = {
                sendable(self.chance.choice(self.asked)): sendable(self.text())
                for _ in range(self.chance.randrange(4))
            }
            sent: dict[str, Any] = {"query_string": query, "method": method}
            if method == "POST":
                if rule.rule.startswith("/api/"):
                    sent["json"] = self.body(rule.endpoint) if self.chance.random() < 0.5 else [self.text()[:99]]
                    sent["json"] = {} if "file" in sent["json"] else sent["json"]
                else:
                    sent["data"] = {**self.body(rule.endpoint), "csrf_token": self.tokens[who]}
            told = (
                f"{who} {method} {path[:200]!r} {str(query)[:300]} {str(sent.get('data', sent.get('json')))[:600]}"
            )
            own, clock = time.thread_time(), time.perf_counter()
            reply = self.clients[who].open(path, **sent)
            content = reply.get_data()
            own, clock = time.thread_time() - own, time.perf_counter() - clock
            statuses[reply.status_code] += 1
            if reply.status_code >= 500:
                faults.append(f"{reply.status_code} {told}")
            if rule.endpoint not in DOCUMENTS:
                longest, where = max((own, told), (longest, where))
                by_the_clock = max(clock, by_the_clock)
            if reply.status_code in (200, 422) and reply.mimetype == "text/html":
                self.learn(path, content.decode())
            reply.close()
        return Seen(count, longest, by_the_clock, where, faults, dict(statuses))

    def learn(self, path: str, page: str) -> None:
        found = Found()
        found.feed(page)
        for link in found.links:
            self.matched(link, path, "GET")
        for action, fields in found.forms:
            endpoint = self.matched(action or path, path, "POST") or self.matched(action or path, path, "GET")
            if endpoint:
                known = self.fields.setdefault(endpoint, {})
                for name, values in fields.items():
                    known[name] = list(dict.fromkeys([*values, *known.get(name, [])]))[:20]

    def matched(self, link: str, path: str, method: str) -> str:
        try:
            to = urlsplit(link)
            endpoint, parts = self.adapter.match(to.path or path, method)
        except (HTTPException, ValueError):
            return ""
        for name, value in parts.items():
            if len(self.offered[name]) < 60:
                self.offered[name].add(value)
        return str(endpoint)


def sendable(text: str) -> str:
    """A text without half characters, which no client can send."""
    return text.encode("utf-8", "replace").decode()


@pytest.fixture
def world(made_up: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Flask, Database]]:
    """A copy of the demo that may be spoilt."""
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))
    source = Database(made_up.config["DATABASE_URL"])
    path = shutil.copy(str(source.engine.url.database), tmp_path / "hailong.db")
    source.engine.dispose()
    database = Database(f"sqlite:///{path}")
    app = create_app(DATABASE_URL=database.url, SECRET_KEY="tests", RATE=1e9)
    yield app, database
    app.extensions["database"].engine.dispose()
    database.engine.dispose()


def peak() -> float:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.parametrize(
    ("seed", "count"), [(1, 400), *(pytest.param(seed, 10_000, marks=pytest.mark.soak) for seed in range(2, 6))]
)
def test_no_address_fails_whoever_asks_whatever(world: tuple[Flask, Database], seed: int, count: int) -> None:
    before = peak()
    seen = Walk(*world, seed).go(count)
    sys.stdout.write(
        f"{seen.count} requests: {dict(sorted(seen.statuses.items()))}; longest {seen.longest:.2f} s of the "
        f"processor ({seen.where[:200]}), {seen.by_the_clock:.2f} s of the clock; "
        f"memory {before:.0f} to {peak():.0f} MB\n"
    )
    assert not seen.faults, "\n".join(seen.faults[:10])
    # The short walk runs beside other tests, which may double what an answer costs; the long one runs alone.
    assert seen.longest < (1 if count > 1_000 else 2) * SLOWEST * slowness(), seen.where
    if count > 1_000:
        assert seen.by_the_clock < HANG * slowness()


# What a form can bring for any field: what people type, what nobody types, and codes that are nearly right.
TYPED = st.text(max_size=60).map(sendable) | st.sampled_from([sendable(text) for text in NASTY])
CODES = st.integers(-2, 12).map(str) | st.integers().map(str)


def sends(app: Flask, path: str, count: int) -> dict[int, int]:
    """Sends what Hypothesis makes up to a citizen's form that was opened before; gives the answers by status."""
    client = app.test_client()
    found = Found()
    found.feed(client.get(path).text)
    [fields] = [fields for _action, fields in found.forms if "token" in fields]
    names = (st.sampled_from(sorted(fields)) | TYPED).filter(lambda name: name not in ("", "id"))
    _s, wave, unit = path.strip("/").split("/")
    with app.test_request_context():
        place = waves.current_place(app.extensions["database"], wave, unit)
    statuses: dict[int, int] = defaultdict(int)
    longest = [0.0]

    @given(sent=st.dictionaries(names, st.lists(CODES | TYPED, max_size=4), max_size=12))
    @settings(max_examples=count, database=None, suppress_health_check=list(HealthCheck))
    def once(sent: dict[str, list[str]]) -> None:
        id = str(uuid4())
        with app.test_request_context():
            token = form.token(place, Mode.PHONE, id)
        began = time.process_time()
        reply = client.post(
            path,
            data={"token": token, "hand-in": "empty", **sent, "id": id},
            headers={"Origin": "http://localhost"},
        )
        assert reply.status_code in (303, 400, 409, 413, 422), reply.status_code
        longest[0] = max(longest[0], time.process_time() - began)
        statuses[reply.status_code] += 1

    once()
    assert longest[0] < SLOWEST * slowness()
    return dict(statuses)


@pytest.mark.parametrize("count", [60, pytest.param(10_000, marks=pytest.mark.soak)])
@pytest.mark.parametrize("place", ["gop-y/06652", "ho-mo/06652"])
def test_a_form_takes_or_refuses_whatever_a_citizen_sends(
    province: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, count: int
) -> None:
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))
    app = create_app(DATABASE_URL=province.url, SECRET_KEY="tests", RATE=1e9)
    statuses = sends(app, f"/s/{place}", count)
    app.extensions["database"].engine.dispose()
    sys.stdout.write(f"{count} forms: {statuses}\n")
    with province.reading() as session:
        kept = session.scalars(select(Response.answers)).all()
    assert len(kept) == statuses.get(303, 0)
    assert 303 in statuses
    assert 422 in statuses


class Endless(io.RawIOBase):
    """A body that is made while it is read, and counts what was read of it."""

    def __init__(self, size: int) -> None:
        self.left, self.taken = size, 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        given = min(self.left, 65_536 if size < 0 else size)
        self.left -= given
        self.taken += given
        return b"a" * given

    def readinto(self, buffer: Any) -> int:
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


@pytest.mark.parametrize("who", [None, Role.ADMIN])
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/s/thu-nghiem/06652", "application/x-www-form-urlencoded"),
        ("/quan-tri/thu-nghiem/nhap-tep", "multipart/form-data; boundary=x"),
        ("/quan-tri/thu-nghiem/quet", "multipart/form-data; boundary=x"),
        ("/api/v1/responses", "application/json"),
        ("/dang-nhap", "application/x-www-form-urlencoded"),
    ],
)
def test_a_thousand_megabytes_are_refused_early(
    world: tuple[Flask, Database], who: Role | None, path: str, kind: str
) -> None:
    app, database = world
    client = app.test_client()
    if who:
        with database.writing() as session:
            session.merge(Account(name="lon", role=who, password=PASSWORD))
        enter(client, "lon")
    before = peak()
    body = Endless(10**9)
    began = time.process_time()
    sent = {"wsgi.input": body, "CONTENT_LENGTH": str(10**9), "CONTENT_TYPE": kind}
    reply = client.post(path, environ_overrides=sent)
    assert reply.status_code in (400, 413)
    assert body.taken <= 30_000_000
    assert time.process_time() - began < SLOWEST * slowness()
    assert peak() - before < 100
