"""What stands in the log: the place of a fault, and nothing that anybody sent."""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from gunicorn.config import Config

from survey.storage.database import Database
from survey.system import logs

MARK = "DauVet-7f3a"


def record(message: str, *values: object, error: BaseException | None = None) -> logging.LogRecord:
    told = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("hailong", logging.ERROR, __file__, 1, message, values, told)


def raised() -> Exception:
    try:
        try:
            int(MARK)
        except ValueError as error:
            raise RuntimeError(f"answers: {MARK}") from error
    except RuntimeError as error:
        return error


def test_what_libraries_tell_of_their_work_is_not_written() -> None:
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    try:
        logs.Logs(Config())
        assert root.level == logging.WARNING
    finally:
        logging.captureWarnings(False)
        root.setLevel(level)
        root.handlers[:] = handlers


@pytest.mark.parametrize("form", [logs.JSON(), logs.Lines()])
def test_a_fault_is_told_by_its_kind_and_place_and_never_by_its_words(
    form: logging.Formatter, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = form.format(record("fault %s", "1f", error=raised()))
    assert MARK not in said
    assert "RuntimeError" in said
    assert "ValueError" in said
    assert "test_logs.py:" in said
    monkeypatch.setenv("HAILONG_DEBUG", "1")
    assert MARK in form.format(record("fault %s", "1f", error=raised()))


def test_what_gunicorn_says_of_addresses_and_requests_is_left_out() -> None:
    for message in (
        "Invalid request from ip=203.0.113.9: Invalid line '" + MARK,
        f"Error handling request /{MARK}",
    ):
        line = json.loads(logs.JSON().format(record(message)))
        assert line["message"] in {"Invalid request", "Error handling request"}
        assert MARK not in logs.Lines().format(record(message))


@pytest.mark.variants(1)
@pytest.mark.both_databases
def test_no_log_and_no_file_beside_the_database_holds_what_was_sent(province: Database, tmp_path: Path) -> None:
    """A server of its own; forms good and bad, by every door, a mark in every place; then all files are read."""
    folder, log = tmp_path / "data", tmp_path / "log"
    folder.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    names = {"HAILONG_DATABASE_URL": province.url, "HAILONG_DATA": str(folder), "HAILONG_LOG": "json"}
    program = Path(sys.executable).with_name("hailong")
    with log.open("wb") as file:
        process = subprocess.Popen(
            [program, "serve", "--port", str(port)],
            env={**os.environ, **names},
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        pause = threading.Event()
        for _ in range(1200):
            if _ask(port, "/healthz") == 200:
                break
            pause.wait(0.05)
        form = {"id": "8d7b2c4e-1111-4abc-8def-0123456789ab", "wave": "ho-mo", "unit": "06652", "mode": "phone"}
        good = json.dumps({**form, "answers": {"C5": 1, "C10_khac": MARK}}).encode()
        kind = {"Content-Type": "application/json", "User-Agent": MARK, "X-Forwarded-For": MARK, "Cookie": MARK}
        assert _ask(port, "/api/v1/responses", good, kind) == 201
        assert {_ask(port, "/api/v1/responses", good, kind) for _again in range(12)} == {200}
        counts = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=300)
        with counts:  # whichever process took them, and whichever is asked
            assert 'hailong_forms_total{outcome="known"} 12.0\n' in counts.read().decode()
        for body in (good[:-9], good.replace(b"ho-mo", MARK.encode()), b'{"%s": 1}' % MARK.encode(), b"\xff"):
            assert 400 <= (_ask(port, "/api/v1/responses", body, kind) or 0) < 500
        fields = urllib.parse.urlencode({"C5": MARK, "C10_khac": MARK, "name": MARK, "password": MARK}).encode()
        addresses = [f"/s/ho-mo/06652?x={MARK}", f"/dang-nhap?next={MARK}", f"/{MARK}"]
        # Codes that stand in an address: of a letter, of the page behind it, of a password, of a kiosk.
        addresses += [f"/m/{MARK}", f"/m/phieu/{MARK}", f"/mat-khau/{MARK}", f"/kiosk/bind/{MARK}"]
        for path in addresses:
            assert (_ask(port, path, fields) or 0) < 500
            assert (_ask(port, path) or 0) < 500
        for line in (f"GET /{MARK} HTTX/9\r\n\r\n", f"{MARK}\r\n\r\n", f"GET / HTTP/1.1\r\n{MARK} : x\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", port), timeout=300) as raw:
                raw.sendall(line.encode())
                raw.recv(1000)
    finally:
        process.terminate()
        process.wait(300)
    written = log.read_text()
    assert "Invalid request" in written  # something was logged at all
    counted = [json.loads(line) for line in written.splitlines() if '"refused"' in line]
    told = {(line["endpoint"], line["refused"]) for line in counted}
    assert told >= {("api.submit", "malformed"), ("sign_in.sign_in", "forged"), ("none", "unknown")}
    assert MARK not in written
    assert "127.0.0.1:" not in written.replace(f"http://127.0.0.1:{port}", "")
    for line in written.splitlines():
        assert line.startswith(("{", "Hài Lòng", "Hai Long")), line
    found = [path for path in folder.rglob("*") if path.is_file() and MARK.encode() in path.read_bytes()]
    assert not found


def _ask(port: int, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> int | None:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, headers or {})
    try:
        with urllib.request.urlopen(request, timeout=300) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return None
