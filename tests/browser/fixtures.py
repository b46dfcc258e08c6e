"""A browser, and the application served for it."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from werkzeug.serving import ThreadedWSGIServer

# The shell is the same engine without windows: a context in it costs a quarter.
CHROMIUM = shutil.which("chromium-headless-shell") or "/usr/bin/chromium"

PATIENCE = 120_000  # milliseconds: only what never comes is waited for
expect.set_options(timeout=PATIENCE)


class Serving(ThreadedWSGIServer):
    """A server that ends when its last request has: one that still ran would hand its connection to the database
    back after the database was closed, and nobody would close that one."""

    daemon_threads = False

    def __init__(self, app: Flask, port: int) -> None:
        self.open: set[socket.socket] = set()
        super().__init__("127.0.0.1", port, app)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        for connection in list(self.open):
            with suppress(OSError):  # closed by the other side
                connection.shutdown(socket.SHUT_RD)  # a browser keeps connections for requests that never come
        super().server_close()  # waits for the requests


@pytest.fixture(scope="session")
def serving() -> Callable[[Flask, int], AbstractContextManager[str]]:
    """Serves an application at a port (0: any that is free) for the length of a block, which gives the address."""

    @contextmanager
    def served(app: Flask, port: int) -> Iterator[str]:
        server = Serving(app, port)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()

    return served


@pytest.fixture
def live_server(app: Flask, serving: Callable[[Flask, int], AbstractContextManager[str]]) -> Iterator[str]:
    """The address of the application, served on a port of its own for a browser."""
    with serving(app, 0) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, one for all tests; a test opens a context of its own in it."""
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=flags, timeout=PATIENCE)
        new_context = chromium.new_context

        def patient(**given: Any) -> BrowserContext:
            context = new_context(**given)
            context.set_default_timeout(PATIENCE)
            return context

        chromium.new_context = patient  # type: ignore[method-assign]
        yield chromium
        chromium.close()


@pytest.fixture
def phone(browser: Browser, live_server: str) -> Iterator[Page]:
    """A page of 360 × 640 at the live server; a fault of a script, or what the policy refuses, fails the test."""
    context = browser.new_context(base_url=live_server, viewport={"width": 360, "height": 640}, locale="vi-VN")
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
    yield page
    context.close()
    assert not faults


@pytest.fixture(scope="session")
def bring_in(sign_in: Callable[[Flask, str], FlaskClient]) -> Callable[[BrowserContext, Flask, str], None]:
    """Signs an account of the tests in in a browser, without the page that asks for the password."""

    def brought_in(context: BrowserContext, app: Flask, name: str) -> None:
        cookie = sign_in(app, name).get_cookie("phien")
        assert cookie is not None
        context.add_cookies([{"name": "phien", "value": cookie.value, "domain": "127.0.0.1", "path": "/"}])

    return brought_in
