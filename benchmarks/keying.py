"""What a printed form costs a keyer: keys for an item, the wait after a key, and the saving of each field.

    python benchmarks/keying.py [--forms N]

Debian's Chromium at 1366 × 768, a server in a process of its own (`hailong serve`), SQLite on disk with every save
synchronous. Each form has its 86 fields keyed at eight keys a second, which is faster than people are; a third of
the scales at another level than the first, two answers where several may be given. `key` is the time from a key to
the painted screen, `save` that of the request which saves the field, which no key waits for.

Goals: at most 1,1 keys an item, 50 ms after a key and for a save.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from forms import Questionnaire
from survey.accounts import accounts
from survey.fieldwork import keying, serial_numbers
from survey.operations.installation import prepare
from survey.responses import assignments
from survey.storage.database import Database
from survey.storage.models import Batch, Mode, Role, Sheet, SheetState, Village, WaveKind
from survey.system import dates
from survey.waves import questionnaires, waves

PASSWORD = "mat-khau-dai"
PACE = 125  # ms from key to key
STOPWATCH = """() => {
  window.took ??= [];
  addEventListener("keydown", event => {
    const start = event.timeStamp;
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => window.took.push(performance.now() - start);
      channel.port2.postMessage(0);
    });
  }, { capture: true });
}"""
SAVES = """() => performance.getEntriesByType("resource").filter(one => one.name.endsWith("/luu"))
  .map(one => one.responseEnd - one.requestStart)"""


def fill(database: Database, forms: int) -> Questionnaire:
    """A sample wave with a batch of so many forms that are back, and a keyer."""
    today = dates.today()
    with database.writing() as session:
        household = questionnaires.find(session, "ho_gia_dinh@2")
        waves.create(session, "do", household, WaveKind.SAMPLE, today - timedelta(9), today)
        session.add(Village(wave="do", psu="T1", unit="06652", stratum="06652", name="Thôn 1"))
        session.flush()
        session.add(Batch(code="do-001", wave="do", psu="T1", printed=today, returned=today, counted=forms))
        session.flush()
        session.add_all(
            Sheet(
                serial=serial_numbers.numbered(serial_numbers.FIRST + place),
                batch="do-001",
                place=place,
                state=SheetState.WAITING,
            )
            for place in range(1, forms + 1)
        )
        accounts.add(session, "keyer", Role.KEYER, PASSWORD)
        assignments.give(session, "do", "keyer", Mode.PAPER, "supervisor")
    return household


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of `hailong serve` on the data in a folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(sys.executable).with_name("hailong")
    server = subprocess.Popen(
        [program, "serve", "--port", str(port)],
        env={**os.environ, "HAILONG_DATA": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _time in range(300):
            try:
                urllib.request.urlopen(f"{address}/dang-nhap", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait()


def keys(questionnaire: Questionnaire) -> list[str]:
    """The keys of a whole form, the last of which saves it."""
    pressed: list[str] = []
    for place, item in enumerate((*keying.head(), *questionnaire.keyed)):
        if item.kind.is_text:
            pressed += [] if item.show_if else ["Enter"]
        elif item.kind.several:
            pressed += ["1", "3", "Enter"]
        else:
            levels = list(item.choices)
            pressed.append(str(levels[1 if item.kind.is_scale and place % 3 == 0 else 0]))
    return [*pressed, "Enter"]


def keyed(page: Page, pressed: list[str]) -> tuple[list[float], list[float]]:
    """Milliseconds after each key and for each save of a form."""
    before = page.text_content("h1")
    page.evaluate("() => { window.took = []; performance.clearResourceTimings(); }")
    for key in pressed[:-1]:
        page.keyboard.press(key)
        page.wait_for_timeout(PACE)
    page.wait_for_selector("#review:not([hidden])")
    page.wait_for_timeout(500)  # the last save
    took, saves = page.evaluate("window.took"), page.evaluate(SAVES)
    page.keyboard.press(pressed[-1])
    page.wait_for_function("before => document.querySelector('h1').textContent !== before", arg=before)
    return took, saves


def line(name: str, values: list[float]) -> str:
    """The middle, the 95th percentile and the largest."""
    ordered = sorted(values)
    return (
        f"{name}: median {statistics.median(ordered):.1f} ms, p95 {ordered[int(0.95 * len(ordered))]:.1f} ms, "
        f"most {ordered[-1]:.1f} ms, {len(ordered)} measured"
    )


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--forms", type=int, default=5)
    forms = parser.parse_args().forms
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        database = Database(f"sqlite:///{folder}/hailong.db")
        prepare(database)
        pressed = keys(fill(database, forms + 1))
        database.engine.dispose()
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        with served(Path(folder)) as address:
            page = chromium.new_page(base_url=address, viewport={"width": 1366, "height": 768})
            page.goto("/dang-nhap")
            page.fill("#name", "keyer")
            page.fill("#password", PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_url("**/nhap-phieu/")
            page.goto("/nhap-phieu/do/")
            page.click("button[name=tap]")
            page.wait_for_selector("body.live")
            page.evaluate(STOPWATCH)
            after, saves = zip(*(keyed(page, pressed) for _form in range(forms)), strict=True)
        chromium.close()
    items = 86
    print(f"{len(pressed)} keys for {items} fields: {len(pressed) / items:.3f} an item")
    print(line("key", [one for form in after for one in form]))
    print(line("save", [one for form in saves for one in form]))


if __name__ == "__main__":
    main()
