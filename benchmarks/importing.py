"""100,000 household forms: how long `hailong import` and `hailong data` take, and how much memory.

The ratio is to reading the same file with Python's csv module alone.
"""

from __future__ import annotations

import csv
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from survey.operations.installation import prepare
from survey.storage.database import Database
from survey.storage.models import WaveKind
from survey.system import dates
from survey.waves import questionnaires, units, waves

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
HAILONG = Path(sys.executable).with_name("hailong")


def write(path: Path, database: Database) -> int:
    """Made-up answers to every item, 3 in 100 blank; the number of columns."""
    chance = random.Random(2026)
    with database.writing() as session:
        questionnaire = questionnaires.find(session, "ho_gia_dinh@1")
        waves.create(session, "do", questionnaire, WaveKind.SAMPLE, dates.today() - timedelta(30), dates.today())
        codes = [unit.code for unit in units.communes(session)]
    items = list(questionnaire.items.values())
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        header = ["response_id", "unit", "stratum", "psu", "weight", "mode", "day"]
        rows.writerow([*header, *(item.code for item in items)])
        for row in range(ROWS):
            unit = codes[row % len(codes)]
            design = [UUID(int=chance.getrandbits(128), version=4), unit, unit, f"{unit}-{row % 50}"]
            answers = [
                "" if not item.choices or chance.random() < 0.03 else chance.choice(list(item.choices))
                for item in items
            ]
            weight = round(chance.uniform(20, 200), 2)
            rows.writerow([*design, weight, "paper", dates.today(), *answers])
    return len(header) + len(items)


def timed(*arguments: object) -> float:
    start = time.perf_counter()
    subprocess.run([HAILONG, *map(str, arguments)], check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    os.environ["HAILONG_DATA"] = name
    os.environ.pop("HAILONG_DATABASE_URL", None)
    database = Database(f"sqlite:///{folder / 'hailong.db'}")
    prepare(database)
    columns = write(folder / "in.csv", database)
    database.engine.dispose()
    start = time.perf_counter()
    with (folder / "in.csv").open(newline="", encoding="utf-8") as file:
        for _row in csv.reader(file):
            pass
    read = time.perf_counter() - start
    stored = timed("import", folder / "in.csv", "--wave", "do")
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    again = timed("import", folder / "in.csv", "--wave", "do")
    written = timed("data", "--wave", "do", "--format", "csv", "--out", folder / "out.csv")
    size = (folder / "hailong.db").stat().st_size / 1e6
    print(f"{ROWS:,} rows x {columns} columns; reading alone {read:.1f} s")
    print(f"import {stored:.1f} s ({stored / read:.0f} x), {memory:.0f} MB; the same again {again:.1f} s")
    print(f"export {written:.1f} s; database {size:.0f} MB")
