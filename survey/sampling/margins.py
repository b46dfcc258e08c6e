"""Population totals: a file of margins, the classes of people that it speaks of, and a fit that is kept."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.design import Calibration
from forms import Item, Questionnaire
from survey.responses.fitted_weights import CLASS, _bounds
from survey.system import xlsx_table
from survey.system.csv_table import Faults, nearest
from survey.waves import units
from translations import Lazy, Refusal

Margins = dict[str, dict[str, float]]  # variable -> value -> people of the population

COLUMNS = ("variable", "value", "total")
PLACES = ("unit", "stratum", "kind", "mode")  # besides the items; kind: phường, xã, đặc khu
TOTAL = re.compile(r"\+?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
# 28.855 as Vietnamese offices write it; no total counts thousandths of a person.
THOUSANDS = re.compile(r"[0-9]{1,3}(\.[0-9]{3})+")


def read(path: Path, questionnaire: Questionnaire) -> Margins:
    """The margins of a CSV or Excel file `variable,value,total`, checked against the questionnaire.

    variable  an item with one answer, a number, unit, stratum, kind, mode; several crossed with `*`
    value     its code; of a number a class such as 18-29 or 60+; of a cross the values joined by `*`
    """
    faults = Faults()
    table = xlsx_table.opened(path, COLUMNS, COLUMNS, faults)
    margins: Margins = {}
    for cells in table.records():
        before = faults.count
        variable = "*".join(_split(cells["variable"]))
        for part in _split(variable):
            if (message := _no_variable(part, questionnaire)) is not None:
                table.fault("variable", message)
        if THOUSANDS.fullmatch(total := cells["total"]):
            table.fault(
                "total", "Write thousands without a point between: %(whole)s.", whole=total.replace(".", "")
            )
        elif not (TOTAL.fullmatch(total) and math.isfinite(float(total))):
            table.fault("total", "Write a number of 0 or more, for example 28855.5.")
        if faults.count > before:
            continue
        value, message = _value(variable, cells["value"], questionnaire)
        values = margins.setdefault(variable, {})
        if message is not None:
            table.fault("value", message)
        elif value in values:
            table.fault("value", "This value stands twice. Keep one.")
        else:
            values[value] = float(total)
    for variable, values in margins.items():
        for place, item in enumerate(_items(variable, questionnaire)):
            if item is not None and item.kind.is_number:
                _refuse_overlap(variable, sorted({_bounds(value.split("*")[place]) for value in values}))
    faults.refuse(path)
    if not margins:
        raise Refusal("%(file)s is empty.", file=path.name)
    return margins


def _split(variable: str) -> list[str]:
    return [part.strip() for part in re.split(r"[*×]", variable)]


def _items(variable: str, questionnaire: Questionnaire) -> list[Item | None]:
    return [questionnaire.items.get(part) for part in variable.split("*")]


def _no_variable(part: str, questionnaire: Questionnaire) -> Lazy | None:
    if part in PLACES:
        return None
    item = questionnaire.items.get(part)
    if item is None:
        names = [*PLACES, *questionnaire.items]
        return Lazy(
            "There is no item %(code)s. The nearest is %(near)s.", code=part[:60], near=nearest(part, names)
        )
    if not (item.kind.is_single_choice or item.kind.is_number):
        return Lazy("%(code)s has no single answer. Choose an item with one.", code=part)
    return None


def _value(variable: str, text: str, questionnaire: Questionnaire) -> tuple[str, Lazy | None]:
    names, parts = variable.split("*"), _split(text)
    if len(names) != len(parts) or not all(parts):
        return text, Lazy("Write one value for each variable, joined by *: %(variable)s", variable=variable)
    values = []
    for name, part in zip(names, parts, strict=True):
        item = questionnaire.items.get(name)
        if name == "unit":
            part = units.settled(part)
        elif item is not None and item.kind.is_number:
            if not CLASS.fullmatch(part):
                return text, Lazy("Write a class of this number, such as 18-29 or 60+.")
            low, high = _bounds(part)
            part = f"{low}-{high:g}" if math.isfinite(high) else f"{low}+"
        elif item is not None and part not in map(str, item.choices):
            choices = ", ".join(map(str, item.choices))
            return text, Lazy("%(item)s has the values %(choices)s.", item=name, choices=choices)
        values.append(part)
    return "*".join(values), None


def _refuse_overlap(variable: str, classes: Sequence[tuple[int, float]]) -> None:
    for one, other in zip(classes, classes[1:], strict=False):
        if other[0] <= one[1]:
            raise Refusal("The classes of %(variable)s overlap at %(number)s.", variable=variable, number=other[0])


def as_kept(
    variables: Mapping[str, Sequence[str]],
    merged: Mapping[str, Mapping[str, str]],
    kinds: Mapping[str, str],
    levels: NDArray[np.int64],
    fitted: Calibration,
    aside: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    """A fit as it is kept with a weight version: the factor of each combination of values.

    aside      name -> values of what the factor depends on, though nothing was fitted to it; last in `levels`
    variables  name -> its values, in the order of `levels`       levels  (V, N) which value each person has
    merged     name -> label -> the value that it was counted under
    """
    first = np.zeros(len(fitted.factor), np.int64)
    first[fitted.cell] = np.arange(len(fitted.cell))
    return {
        "variables": [
            {"name": name, "values": list(values), "merged": dict(merged.get(name, {}))}
            for name, values in (*variables.items(), *(aside or {}).items())
        ],
        "aside": len(aside or {}),
        "kinds": dict(kinds) if any("kind" in name for name in variables) else {},
        "cells": levels[:, first].T.tolist(),
        "factors": fitted.factor.tolist(),
    }
