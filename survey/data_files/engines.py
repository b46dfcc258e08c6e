"""The totals of a file as one GROUP BY, pushed down to DuckDB or Spark through Ibis: only the totals come back.

An optional extra: `make test-spark` makes `.venv-spark`, with Ibis, DuckDB and PySpark.
"""

from __future__ import annotations

import functools
import importlib
import operator
import os
import shutil
from collections.abc import Hashable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from analysis.parts import Part, RowSums
from analysis.sums import Sums
from survey.data_files.estimate_request import Index, Request
from survey.data_files.table_reader import DataFile, canonical
from translations import Refusal

SUMS = ("score", "base", "weight", "count", "events", "full", "rr", "rx", "xx")
COUNTS = ("count", "events", "full")  # that know no weight
SQUARED = "_squared"  # the same sums under squared weights


def part(request: Request, file: DataFile, engine: str) -> Part:
    """The totals of the whole file, added up by the engine: by PSU; by stratum where each row is its own PSU."""
    ibis = _module("ibis")
    table = _table(ibis, file, engine)
    keys = _keys(request, table)
    weight = table[request.weights].try_cast("float64")
    u = weight > 0
    shift = _shift(request, table, weight)
    columns = {"mass": weight.sum(), "unweighted": (weight.isnull() | weight.isnan() | ~(weight >= 0)).sum()}
    if request.fpc:
        fpc = table[request.fpc].try_cast("float64")
        columns |= {"fpc": fpc.min(), "fpc_most": fpc.max(), "fpc_blank": fpc.isnull().sum()}
    weights = {"": weight}
    if request.psu is None:
        weights[SQUARED] = weight * weight
        columns |= {"rows": table.count(), "mass" + SQUARED: (weight * weight).sum()}
    for k in range(len(request.names)):
        y, x, answered = _scores(ibis, request, table, k)
        counts = u & answered
        if request.shares:
            columns |= {f"events{k}": (counts & y).sum(), f"count{k}": counts.sum()}
            for which, w in weights.items():
                columns |= {f"score{which}{k}": w.sum(where=counts & y), f"base{which}{k}": w.sum(where=counts)}
            continue
        r = y - shift[k] * x
        sums = {"score": y, "base": x, "weight": 1.0, "rr": r * r, "rx": r * x, "xx": x * x}
        for which, w in weights.items():
            columns |= {f"{name}{which}{k}": (w * part).sum(where=counts) for name, part in sums.items()}
        columns |= {
            f"count{k}": counts.sum(),
            f"events{k}": (counts & (y > 0)).sum(),
            f"full{k}": (counts & (y >= x)).sum(),
        }
    grouped = table.group_by(**keys) if keys else table
    rows = grouped.aggregate(**columns).to_pyarrow().to_pydict()
    table.get_backend().disconnect()  # or Spark's shutdown fills the screen
    return _part(request, rows, shift)


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise Refusal(
            "This engine is an extra: %(module)s is missing."
            " Run: make test-spark; then .venv-spark/bin/hailong has it.",
            module=name,
        ) from None


def _table(ibis: Any, file: DataFile, engine: str) -> Any:
    path = str(Path(file.path).resolve())
    if engine == "duckdb":
        connection = ibis.duckdb.connect()
        return connection.read_parquet(path) if file.parquet else connection.read_csv(path, all_varchar=True)
    connection = ibis.pyspark.connect(_spark())
    return connection.read_parquet(path) if file.parquet else connection.read_csv(path, header=True)


def _spark() -> Any:
    """A session on SPARK_MASTER, else on the processors of this machine. It needs Java 17 or later."""
    if "JAVA_HOME" not in os.environ and shutil.which("java") is None:
        raise Refusal("Spark needs Java. Install it: sudo apt-get install default-jre-headless")
    builder = _module("pyspark.sql").SparkSession.builder.appName("hailong")
    settings = {
        "spark.master": os.environ.get("SPARK_MASTER", "local[*]"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.sql.shuffle.partitions": "8",
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _keys(request: Request, table: Any) -> dict[str, Any]:
    """Stratum, PSU, domain, whether the row is within, and the calibration variables."""
    keys = {"psu": table[request.psu]} if request.psu else {}
    if request.strata:
        keys["stratum"] = table[request.strata]
    keys |= {f"by{k}": table[name] for k, name in enumerate(request.by)}
    if request.within is not None:
        keys["within"] = table[request.within.column]
    keys |= {f"margin{k}": table[name] for k, name in enumerate(request.margins or {})}
    return keys


def _scores(ibis: Any, request: Request, table: Any, k: int) -> tuple[Any, Any, Any]:
    """y, x and whether it is answered, for a row."""
    if k >= len(request.items):
        return _pooled(request.indices[k - len(request.items)], table)
    item = request.items[k]
    column = table[item.column]
    if request.counted:
        y, answered = _among(column, item.wanted), _answered(column)
        return y if request.shares else y.ifelse(1.0, 0.0), ibis.literal(1.0), answered
    y = column.try_cast("float64")
    if request.denominator is None:
        return y, ibis.literal(1.0), y.notnull() & ~y.isnan()
    x = table[request.denominator].try_cast("float64")
    return y, x, y.notnull() & x.notnull() & ~y.isnan() & ~x.isnan()


def _among(column: Any, values: frozenset[str]) -> Any:
    texts = {form for one in values for form in (one, one + ".0")}
    return column.cast("string").isin(sorted(texts)).fill_null(False)


def _answered(column: Any) -> Any:
    return column.notnull() & (column.cast("string") != "")


def _pooled(index: Index, table: Any) -> tuple[Any, Any, Any]:
    """Of each person how many of the answers are wanted, of how many that are valid."""
    score, base = [], []
    for column in (table[name] for name in index.columns):
        valid = _answered(column) if index.valid is None else _among(column, index.valid)
        score.append((valid & _among(column, index.wanted)).ifelse(1.0, 0.0))
        base.append(valid.ifelse(1.0, 0.0))
    y, x = (functools.reduce(operator.add, parts) for parts in (score, base))
    return y, x, x > 0


def _shift(request: Request, table: Any, weight: Any) -> list[float]:
    """The ratio of the whole file, around which squares are taken; shares need none."""
    if request.shares:
        return [0.0] * len(request.names)
    ibis = _module("ibis")
    sums: dict[str, Any] = {}
    for k in range(len(request.names)):
        y, x, answered = _scores(ibis, request, table, k)
        sums |= {f"y{k}": (weight * y).sum(where=answered), f"x{k}": (weight * x).sum(where=answered)}
    rows = table.aggregate(**sums).to_pyarrow().to_pydict()
    return [rows[f"y{k}"][0] / rows[f"x{k}"][0] if rows[f"x{k}"][0] else 0.0 for k in range(len(request.names))]


def _part(request: Request, table: dict[str, list[Any]], shift: list[float]) -> Part:
    if sum(table["unweighted"]):
        raise Refusal(
            "%(count)s rows of column %(column)s hold no number from 0 up. Correct them; --engine numpy names"
            " them.",
            count=sum(table["unweighted"]),
            column=request.weights,
        )
    groups = list(zip(*(table[f"margin{k}"] for k in range(len(request.margins or {}))), strict=True))
    names = [name for name in (request.strata and "stratum", request.psu and "psu") if name]
    for name in [*names, *(f"margin{k}" for k in range(len(request.margins or {})))]:
        if any(label is None or label == "" for label in table[name]):
            columns = {"stratum": request.strata, "psu": request.psu}
            columns |= {f"margin{k}": column for k, column in enumerate(request.margins or {})}
            raise Refusal("Column %(column)s has blank rows. Fill them in.", column=columns[name])
    rows = len(table["mass"])
    strata = table.get("stratum", ["all"] * rows)
    labels = table.get("psu", [None] * rows)
    psus: dict[tuple[Hashable, Hashable], int] = {}
    domains: dict[Hashable, int] = {}
    cells: dict[tuple[Hashable, ...], int] = {}
    at = np.full((rows, 3), -1, np.int64)
    for row in range(rows):
        at[row, 0] = psus.setdefault((strata[row], labels[row]), len(psus))
        at[row, 2] = cells.setdefault(tuple(map(canonical, groups[row])) if groups else (), len(cells))
        domain = _domain(request, table, row)
        if domain is not _NOWHERE:
            at[row, 1] = domains.setdefault(domain, len(domains))
    mass = np.zeros((len(psus), len(cells)))
    np.add.at(mass, (at[:, 0], at[:, 2]), np.array(table["mass"], dtype=np.float64))
    inside = at[:, 1] >= 0
    part_ = Part(
        list(psus), list(domains), list(cells), at[inside], _sums(request, table, shift)[inside], mass,
        _fpc(request, table, strata),
    )  # fmt: skip
    if request.psu is not None:
        return part_
    many, spread = np.zeros(len(psus), np.int64), np.zeros_like(mass)
    np.add.at(many, at[:, 0], np.array(table["rows"], np.int64))
    np.add.at(spread, (at[:, 0], at[:, 2]), np.array(table["mass" + SQUARED], dtype=np.float64))
    return replace(part_, rows=RowSums(many, _sums(request, table, shift, SQUARED)[inside], spread))


_NOWHERE = object()


def _domain(request: Request, rows: dict[str, list[Any]], row: int) -> Any:
    if request.within is not None:
        label = rows["within"][row]
        if label is None or canonical(label) not in request.within.wanted:
            return _NOWHERE
    labels = tuple(rows[f"by{k}"][row] for k in range(len(request.by)))
    if any(label is None or label == "" for label in labels):
        return _NOWHERE
    return labels if len(labels) > 1 else labels[0] if labels else None


def _sums(request: Request, rows: dict[str, list[Any]], shift: list[float], which: str = "") -> Sums:
    def table(name: str) -> Any:
        columns = [rows[f"{name}{'' if name in COUNTS else which}{k}"] for k in range(len(request.names))]
        return np.nan_to_num(np.array(columns, dtype=np.float64)).T

    if request.shares:
        score, base, count, events = (table(name) for name in ("score", "base", "count", "events"))
        return Sums(score, base, base, count, events, events, score, score, base, np.array(shift))
    return Sums(**{name: table(name) for name in SUMS}, shift=np.array(shift))


def _fpc(request: Request, rows: dict[str, list[Any]], strata: list[Hashable]) -> dict[Hashable, float]:
    if not request.fpc:
        return {}
    fractions: dict[Hashable, float] = {}
    for stratum, least, most, blank in zip(strata, rows["fpc"], rows["fpc_most"], rows["fpc_blank"], strict=True):
        if blank or least is None:
            raise Refusal("Column %(column)s has blank rows. Fill them in.", column=request.fpc)
        if least != most or fractions.setdefault(stratum, least) != least:
            raise Refusal("The fpc varies within stratum %(stratum)s. A stratum has one.", stratum=str(stratum))
    return fractions
