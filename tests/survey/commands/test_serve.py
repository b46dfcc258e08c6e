import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from survey.storage.database import Database
from survey.storage.models import Response, ResponseText
from survey.system import settings
from survey.web.server.admission import WORKING

CLIENTS, ACKNOWLEDGED = 4, 120
PATIENCE = 300  # seconds: only what never comes is waited for


class Server:
    """`hailong serve` in processes of its own, at a port that was free."""

    def __init__(self, database: Database, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.environment = {
            **os.environ,
            "HAILONG_DATABASE_URL": database.url,
            "HAILONG_DATA": str(folder),
            "HAILONG_RATE": "100000",
        }

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        program = Path(sys.executable).with_name("hailong")
        process = subprocess.Popen(
            [program, "serve", "--port", str(self.port)], env=self.environment, start_new_session=True
        )
        try:
            pause = threading.Event()
            for _ in range(PATIENCE * 20):
                if self.answers() or process.poll() is not None:
                    break
                pause.wait(0.05)
            assert self.answers(), "the server did not start"
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=PATIENCE) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def send(self, form: dict[str, Any]) -> int | None:
        """The status, or None where the answer never came."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1/responses",
            json.dumps(form).encode(),
            {"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return None


def form() -> dict[str, Any]:
    answers = {"C5": 1, "C2": [1, 6], "C10_khac": "một ý kiến"}
    return {"id": str(uuid4()), "wave": "ho-mo", "unit": "06652", "mode": "phone", "answers": answers}


@pytest.mark.variants(1)
@pytest.mark.both_databases
@pytest.mark.parametrize("rounds", [1, pytest.param(10, marks=pytest.mark.soak)])
def test_a_server_killed_under_load_loses_nothing_and_doubles_nothing(
    province: Database, tmp_path: Path, rounds: int
) -> None:
    server = Server(province, tmp_path)
    sent: dict[str, dict[str, Any]] = {}
    acknowledged: set[str] = set()
    statuses: set[int | None] = set()
    lock = threading.Lock()

    for number in range(1, rounds + 1):
        enough, stopped = threading.Event(), threading.Event()

        def client(wanted: int, enough: threading.Event, stopped: threading.Event) -> None:
            while not stopped.is_set():
                one = form()
                with lock:
                    sent[one["id"]] = one
                status = server.send(one)
                with lock:
                    statuses.add(status)
                    if status == 201:
                        acknowledged.add(one["id"])
                    if len(acknowledged) >= wanted:
                        enough.set()

        with server.running() as process:
            clients = [
                threading.Thread(target=client, args=(number * ACKNOWLEDGED, enough, stopped))
                for _ in range(CLIENTS)
            ]
            for one in clients:
                one.start()
            came = enough.wait(PATIENCE)
            os.killpg(process.pid, signal.SIGKILL)
            stopped.set()
            for one in clients:
                one.join()
            assert came, statuses
    assert statuses <= {201, None}

    def stored() -> dict[str, bool]:
        with province.reading() as session:
            rows = session.execute(
                select(Response.id, ResponseText.response).join(ResponseText, isouter=True)
            ).all()
        assert len(rows) == len({row.id for row in rows})
        return {str(row.id): row.response is not None for row in rows}

    # A receipt means that the row is on disk; a form without one is there whole, or not at all.
    after_the_kills = stored()
    assert acknowledged <= set(after_the_kills) <= set(sent)
    assert all(after_the_kills.values())
    with server.running():
        again = {id: server.send(one) for id, one in sent.items()}
    assert {again[id] for id in after_the_kills} == {200}
    assert {again[id] for id in set(sent) - set(after_the_kills)} <= {201}
    assert set(stored()) == set(sent)


def test_a_server_that_was_stopped_leaves_no_order_of_arrival(province: Database, tmp_path: Path) -> None:
    server, sent = Server(province, tmp_path), [form() for _number in range(30)]
    province.engine.dispose()
    with server.running() as process:
        assert [server.send(one) for one in sent] == [201] * len(sent)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    file = Path(str(province.engine.url.database))
    log = file.with_name(f"{file.name}-wal")
    assert not log.exists() or not log.stat().st_size
    content = file.read_bytes()
    names = [one["id"].replace("-", "").encode() for one in sent]
    places = {name: content.find(name) for name in sorted(names)}
    by_page: dict[int, list[int]] = {}
    for at in places.values():
        by_page.setdefault(at // 8192, []).append(at)
    assert len(by_page) < len(sent) / 2
    for lying in by_page.values():  # the first of them at the end of its page
        assert lying == sorted(lying, reverse=True)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_two_processes_count_the_wrong_passwords_of_an_account_together(
    province: Database, tmp_path: Path
) -> None:
    server = Server(province, tmp_path)
    ready = threading.Barrier(2 * CLIENTS)

    def tries(_client: int) -> list[int]:
        """Two at once with the others, so that both processes have some."""
        found = []
        for _try in range(2):
            line = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
            line.request("GET", "/dang-nhap")
            page = line.getresponse()
            cookie = (page.headers["Set-Cookie"] or "").partition(";")[0]
            token = re.search(r'name="csrf_token" value="([^"]+)"', page.read().decode())
            assert token is not None
            fields = {"name": "keyer", "password": "mat-khau-sai", "csrf_token": token[1]}
            kind = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
            ready.wait(PATIENCE)
            line.request("POST", "/dang-nhap", urllib.parse.urlencode(fields), kind)
            found.append(line.getresponse().status)
            line.close()
        return found

    with server.running(), ThreadPoolExecutor(2 * CLIENTS) as clients:
        statuses = [status for client in clients.map(tries, range(2 * CLIENTS)) for status in client]
    assert sorted(statuses) == [422] * 5 + [429] * (4 * CLIENTS - 5)


# What slow senders have sent so far: nothing, half a head, half a body. Nothing more comes.
BEGUN = {
    "nothing": b"",
    "half a head": b"POST /api/v1/responses HTTP/1.1\r\nHost: localhost\r\nContent-",
    "half a body": b"POST /api/v1/responses HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b'Content-Length: 400\r\n\r\n{"id": "',
}


@pytest.mark.variants(1)
@pytest.mark.parametrize("begun", BEGUN.values(), ids=BEGUN)
def test_many_who_send_slowly_keep_nobody_from_being_answered(
    province: Database, tmp_path: Path, begun: bytes
) -> None:
    server = Server(province, tmp_path)
    with server.running(), ExitStack() as lines:
        for _line in range(2 * WORKING):
            line = lines.enter_context(socket.create_connection(("127.0.0.1", server.port), PATIENCE))
            line.sendall(begun)
        assert [server.send(form()) for _number in range(2)] == [201, 201]


# Where two programs on the way could differ on where a request ends, each with a whole request behind that place.
HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
AMBIGUOUS = {
    "one length": b"Content-Length: 0\r\n\r\n",  # of two requests one after the other both are answered
    "both lengths": b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" % (len(HIDDEN) + 5),
    "a short length and chunks": b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n2f\r\n",
    "two lengths": b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(HIDDEN),
    "a list of lengths": b"Content-Length: 0, %d\r\n\r\n" % len(HIDDEN),
    "a length with a sign": b"Content-Length: +0\r\n\r\n",
    "a blank before the colon": b"Content-Length: 0\r\nTransfer-Encoding : chunked\r\n\r\n",
    "another coding": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunks that are not the last coding": b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "a tab of another kind": b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "lines that end in LF alone": b"Content-Length: 0\nTransfer-Encoding: chunked\n\n",
    "a folded line": b"X: y\r\n Content-Length: 0\r\n\r\n",
    "a line of CR": b"X: y\rContent-Length: 0\r\n\r\n",
    "a chunk size of letters": b"Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n",
    "a chunk size with a sign": b"Transfer-Encoding: chunked\r\n\r\n-0\r\n\r\n",
}


def test_no_request_hides_behind_another_that_could_end_in_two_places(province: Database, tmp_path: Path) -> None:
    server, answers = Server(province, tmp_path), {}
    with server.running():
        for name, rest in AMBIGUOUS.items():
            with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as line:
                line.sendall(b"POST /khong-co HTTP/1.1\r\nHost: localhost\r\n" + rest + HIDDEN)
                line.shutdown(socket.SHUT_WR)
                answers[name] = b"".join(iter(partial(line.recv, 65_536), b""))
    assert [name for name, said in answers.items() if b"200 OK" in said] == ["one length"]
    assert all(said.startswith(b"HTTP/1.1 ") for said in answers.values())


def test_a_port_that_is_taken_is_named_and_another_offered(
    hailong: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("survey.commands.server.TRIES", 1)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = hailong("serve", "--port", port)
    assert (done.code, f"--port {port + 1}" in done.err, "Hài Lòng is at" in done.err) == (1, True, False)


@pytest.mark.both_databases
def test_the_program_gives_way_to_the_server_which_gives_memory_back(
    hailong: Callable[..., Any], province: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    became: list[tuple[list[str], dict[str, str]]] = []
    monkeypatch.setattr(os, "execve", lambda _path, program, environment: became.append((program, environment)))
    hailong("serve", "--port", 0, "--workers", 3)
    [(program, environment)] = became
    assert program[-2:] == ["127.0.0.1:0", "1" if province.is_sqlite else "3"]
    assert environment["MALLOC_ARENA_MAX"] == "2"


def test_a_database_of_a_newer_version_is_not_served_and_the_way_back_is_told(
    hailong: Callable[..., Any], province: Database
) -> None:
    with province.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for command in ("serve", "init"):
        done = hailong(command)
        assert done.code == 1
        assert "newer form 9999" in done.err
        assert "restore the backup from before it" in done.err


def test_a_setting_that_is_no_number_is_told_when_the_server_starts(
    hailong: Callable[..., Any], province: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with province.writing() as session:  # or the server would start, and not end
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    monkeypatch.setenv("HAILONG_KIOSK_IDLE", "abc")
    assert "HAILONG_KIOSK_IDLE" in hailong("serve").err


@pytest.mark.parametrize("content", ["", "abc", None])
def test_with_a_part_of_the_key_that_signs_nothing_is_served(
    hailong: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None
) -> None:
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))
    monkeypatch.setattr(os, "execve", lambda *_program: None)
    place = tmp_path / "secret.key"
    if content is None:  # what can't be read
        place.mkdir()
    else:
        place.write_text(content)
    done = hailong("serve", "--port", 0)
    assert (done.code, str(place) in done.err, "Hài Lòng is at" in done.err) == (1, True, False)


def test_the_key_of_a_process_that_was_quicker_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))
    make, quicker = secrets.token_urlsafe, []

    def late(size: int) -> str:
        monkeypatch.setattr(secrets, "token_urlsafe", make)
        quicker.append(settings.secret_key())  # another one starts and is done before this one has written
        return make(size)

    monkeypatch.setattr(secrets, "token_urlsafe", late)
    assert [settings.secret_key(), settings.secret_key()] == quicker * 2


def test_two_processes_that_start_together_sign_with_one_key(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))
    with ThreadPoolExecutor(8) as processes:
        made = set(processes.map(lambda _one: settings.secret_key(), range(64)))
    assert len(made) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]
