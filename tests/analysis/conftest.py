"""The reference data as columns."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

FOLDER = Path(__file__).parent / "reference"


class Data:
    """A reference file: `text` and `number` columns by name."""

    def __init__(self, name: str) -> None:
        with (FOLDER / name).open(encoding="utf-8", newline="") as stream:
            self.rows = list(csv.DictReader(stream))

    def text(self, name: str) -> list[str]:
        return [row[name] for row in self.rows]

    def number(self, name: str) -> Any:
        return np.array([float(row[name]) if row[name] else np.nan for row in self.rows])


@cache
def _read(name: str) -> Data:
    return Data(name)


@pytest.fixture
def data() -> Any:
    """data("sipas_a.csv")"""
    return _read
