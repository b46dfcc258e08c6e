"""A wave of a few communes in the database, honest but for copies of one form in one village."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import _honest_waves
import numpy as np
import pytest
from _forms import Forms
from _honest_waves import World

from survey.storage.database import Database
from survey.system import dates
from tests.survey.integrity.stored_forms import store

WAVE, COMMUNES, COPIES = "ho-lon", 12, 9
Patterned = Callable[..., Database]


@pytest.fixture
def patterned(province: Database) -> Patterned:
    """patterned(copies=9) stores the wave, with so many copies of one form in a village."""

    def fill(copies: int = COPIES) -> Database:
        with province.writing() as session:
            store(session, WAVE, forms(copies), dates.today() - timedelta(60))
        return province

    return fill


def forms(copies: int) -> Forms:
    """The forms, as they are stored."""
    made = replace(_honest_waves.wave(World("stored", two=0.0), 3), before=None)
    some = np.isin(made.about["unit"], np.unique(made.about["unit"])[:COMMUNES])
    alone = made.rows(np.flatnonzero(some)).having(device=np.full(some.sum(), ""))  # a lot has one sender
    own = alone.about["mode"] == "paper"
    there = np.flatnonzero(own & (alone.about["psu"] == village(alone)))[: copies + 1]
    items = {code: column.copy() for code, column in alone.items.items()}
    for column in items.values():
        column[there] = column[there[0]]
    return alone.having(items)


def village(made: Forms) -> str:
    """The one in which there are copies: the first with more than enough paper forms."""
    paper = made.about["psu"][made.about["mode"] == "paper"]
    names, counts = np.unique(paper, return_counts=True)
    return str(names[counts > 2 * COPIES][0])
