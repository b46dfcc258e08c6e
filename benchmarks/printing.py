"""Paper forms of a whole wave in one PDF: seconds, megabytes, memory.

    python benchmarks/printing.py

18 villages x 27 household forms, then 108 x 27 (two villages in each commune), each with cover, slip, number and
code on every page. Beside them, in the same run: Typst alone putting the same pages of one form one after another,
without number or code, and one form set by Typst as often as there are forms.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import typst

from forms import Questionnaire
from survey.operations.installation import prepare
from survey.paper import batches, printing
from survey.paper.form import form
from survey.sampling import draws, plans
from survey.sampling.plans import Plan
from survey.storage.database import Database
from survey.storage.models import Village, WaveKind
from survey.system import dates
from survey.waves import questionnaires, units, waves

BARE = """#set page(paper: "a4", margin: 0mm)
#for number in range(FORMS) { for page in range(1, 5) { image("form.pdf", page: page, width: 210mm) } }"""


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of the clock and of the processor."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def drawn(database: Database, villages: int) -> None:
    with database.writing() as session:
        questionnaire = questionnaires.find(session, "ho_gia_dinh@1")
        waves.create(session, "do", questionnaire, WaveKind.SAMPLE, dates.today(), dates.today())
        for unit in units.communes(session):
            for number in range(4):
                session.add(
                    Village(wave="do", psu=f"{unit.code}-{number}", unit=unit.code, stratum="A", households=200)
                )
        session.flush()
        wave = draws.locked(session, "do")
        draws.keep(session, wave, draws.drawn(plans.frame(session, wave), Plan(villages, 27), "2026"))


def bare(questionnaire: Questionnaire, forms: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "form.pdf").write_bytes(form(questionnaire).pdf())
        (folder / "bare.typ").write_text(BARE.replace("FORMS", str(forms)), encoding="utf-8")
        typst.compile(folder / "bare.typ", root=folder, format="pdf")


def measure(villages: int) -> None:
    """One wave, in a process of its own: its peak of memory is its own."""
    forms = villages * 27
    with tempfile.TemporaryDirectory() as name:
        database = Database(f"sqlite:///{Path(name) / 'hailong.db'}")
        prepare(database)
        drawn(database, villages)
        with database.writing() as session:
            numbered = timed(lambda: batches.issue(session, "do"))[0]
        with database.reading() as session:
            given = printing.prepared(session, "do")
        file = io.BytesIO()
        wall, cpu = timed(lambda: printing.write(given, file))
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        peak = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024
        database.engine.dispose()
    bare_wall, bare_cpu = timed(lambda: bare(given.questionnaire, forms))
    once = timed(lambda: form(given.questionnaire, "UBND").pdf())[1]  # not set before in this process
    print(
        f"{forms} forms, {forms * 4} pages: numbered in {numbered:.2f} s; printed in {wall:.1f} s "
        f"({cpu:.1f} s of the processor), {len(file.getvalue()) / 1e6:.1f} MB, at most {peak:.0f} MB of memory. "
        f"Typst alone, the same pages: {bare_wall:.1f} s ({bare_cpu:.1f} s), ratio {cpu / bare_cpu:.2f}. "
        f"One form, set {forms} times: {once * forms:.0f} s of the processor, ratio {cpu / once / forms:.3f}."
    )


if len(sys.argv) > 1:
    measure(int(sys.argv[1]))
else:
    print(f"load {os.getloadavg()[0]:.0f}, {os.cpu_count()} cores")
    for villages in (18, 108):
        subprocess.run([sys.executable, __file__, str(villages)], check=True)
