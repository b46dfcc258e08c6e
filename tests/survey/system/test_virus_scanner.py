"""What the scanner of the server says of a file that staff send, and what becomes of the file then."""

from __future__ import annotations

import io
import re
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from survey.operations import doctor
from survey.operations.doctor_findings import State
from survey.storage.database import Database
from survey.storage.models import Village
from survey.system import virus_scanner
from translations import Refusal, speaking

SignIn = Callable[[Flask, str], FlaskClient]
HARM = b"X5O!P%@AP-of-the-test"


class Scanner(socketserver.StreamRequestHandler):
    """Speaks as clamd does (clamd(8), INSTREAM), and knows one harm."""

    def handle(self) -> None:
        assert self.rfile.read(10) == b"zINSTREAM\0"
        told = b""
        while size := int.from_bytes(self.rfile.read(4), "big"):
            told += self.rfile.read(size)
        limit = b"INSTREAM size limit exceeded. ERROR\0"
        found = b"stream: Test.Harm-1 FOUND\0" if HARM in told else b"stream: OK\0"
        self.wfile.write(limit if len(told) > 200_000 else found)


@pytest.fixture
def scanner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    place = tmp_path / "ctl"
    with socketserver.ThreadingUnixStreamServer(str(place), Scanner) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setenv("HAILONG_CLAMD", str(place))
        yield place
        server.shutdown()
        thread.join()


def send(client: FlaskClient, *contents: bytes) -> str:
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/quan-tri/ho-mau/mau").text)
    assert token
    sent = {"csrf_token": token[1], "file": [(io.BytesIO(content), "thôn.csv") for content in contents]}
    return client.post("/quan-tri/ho-mau/mau/khung", data=sent, follow_redirects=True).text


def test_a_file_is_looked_at_before_it_is_read(
    app: Flask, province: Database, sign_in: SignIn, scanner: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client, rows = sign_in(app, "admin"), b"psu,unit,stratum,households\nV9,06652,06652,90\n"
    for contents in ([rows + HARM], [rows, HARM]):  # of several, each
        answer = send(client, *contents)
        assert "Test.Harm-1" in answer
        assert "thôn.csv" in answer
    assert "harmful file refused at staff.import_frame" in caplog.messages
    with province.reading() as session:
        before = session.scalar(select(func.count()).select_from(Village))
    send(client, rows)
    with province.reading() as session:
        assert session.scalar(select(func.count()).select_from(Village)) == (before or 0) + 1


def test_nothing_is_taken_for_harmless_that_nobody_looked_at(scanner: Path, tmp_path: Path) -> None:
    assert virus_scanner.harm(scanner, io.BytesIO(b"x" * 100_000)) is None
    with pytest.raises(Refusal):
        virus_scanner.harm(scanner, io.BytesIO(b"x" * 300_000))
    with pytest.raises(Refusal):
        virus_scanner.harm(tmp_path / "none", io.BytesIO(b"x"))


def test_the_doctor_says_whether_the_scanner_answers(scanner: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with speaking("en"):
        assert [one.state for one in doctor.scanner()] == [State.WELL]
        monkeypatch.setenv("HAILONG_CLAMD", "/nowhere/ctl")
        assert [one.state for one in doctor.scanner()] == [State.MEND]
