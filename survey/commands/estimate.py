"""`hailong estimate` and `hailong compare`: statistics on any CSV or Parquet file, without database or web."""

from __future__ import annotations

import importlib
import io
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from survey.commands import command
from survey.commands.options import option
from survey.commands.records import OUTPUT
from survey.data_files import engines, estimate_request, estimates, table_reader
from survey.system.csv_table import Writer
from translations import Refusal
from translations import gettext as _

# As in analysis, which isn't imported for them: help needs no statistics.
STATISTICS = ("proportion", "mean", "total", "ratio")
INTERVALS = ("korn-graubard", "beta", "logit", "wilson", "wald")
VARIANCES = ("direct", "pooled", "auto")
SINGLE_PSU = ("refuse", "centered", "average", "certainty")
CALIBRATIONS = ("post", "raking", "linear")
ENGINES = ("numpy", "duckdb", "spark")
INTERVAL = option("--interval", type=INTERVALS, default="korn-graubard", help=_("The interval of shares."))
LEVEL = option(
    "--level",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.95,
    help=_("The level of the interval."),
)


def of_the_design(command: Callable[..., None]) -> Callable[..., None]:
    """The options that both commands have."""
    options: list[Callable[..., Any]] = [
        click.argument("data"),
        click.option("--weights", required=True, metavar="COL", help=_("People whom a row stands for.")),
        click.option("--strata", metavar="COL", help=_("Stratum; one stratum without it.")),
        click.option("--psu", metavar="COL", help=_("Sampling unit, within its stratum; each row without it.")),
        click.option("--fpc", metavar="COL", help=_("Sampling units in the stratum, or fractions up to 1.")),
        click.option(
            "--item", "items", multiple=True, metavar="COL[=VALUE,…]",
            help=_("What is estimated; repeat for more. A record per value where none is named."),
        ),
        click.option(
            "--index", "indices", multiple=True, metavar="NAME=COL,…:VALUE,…[:VALID,…]",
            help=_(
                "The share of all valid answers to these columns that have one of the values, a ratio of totals. "
                "Any answer is valid unless the third list says which are."
            ),
        ),
        option("--statistic", type=STATISTICS, default="proportion", help=_("What is estimated of the item.")),
        click.option("--denominator", metavar="COL", help=_("The denominator of a ratio.")),
        LEVEL,
        option(
            "--variance", type=VARIANCES, default="direct",
            help=_(
                "Each domain's own, pooled, or pooled where the own one is too thin. --each rest is always judged "
                "by the pooled test."
            ),
        ),
        option(
            "--single-psu", type=SINGLE_PSU, default="refuse",
            help=_("What a stratum with one sampling unit means."),
        ),
        click.option("--calibrate", metavar="MARGINS.csv", help=_("Population totals: variable,value,total.")),
        option("--calibration", type=CALIBRATIONS, help=_("How the weights are fitted; raking if not said.")),
        option("--engine", type=ENGINES, default="numpy", help=_("What adds the rows up.")),
    ]  # fmt: skip
    for add in reversed(options):
        command = add(command)
    return command


@command(help=_("Survey estimates from a CSV or Parquet file, with standard errors and intervals."))
@of_the_design
@click.option("--by", multiple=True, metavar="COL", help=_("A record per value of this column; several cross."))
@INTERVAL
@option("--output", type=["json", "csv", "xlsx"], default="json", help=_("The form of the records."))
def estimate(by: tuple[str, ...], interval: str, level: float, variance: str, output: str, **asked: Any) -> None:
    records, fields = _records(by, None, asked, "estimates", (interval, level, variance))
    write(records, fields[0], output)


@command(
    help=_(
        "The difference of two domains of a file, TO minus FROM, with interval and p; or each domain against all "
        "others, with the verdict of the test corrected for all of them."
    )
)
@of_the_design
@click.option("--by", required=True, metavar="COL", help=_("The column of the domains."))
@click.option("--from", "from_", metavar="A", help=_("The domain that is subtracted."))
@click.option("--to", metavar="B|rest", help=_("The other domain, or all others together."))
@option("--each", type=["rest"], help=_("Each domain against all others together."))
@click.option("--within", metavar="COL=VALUE", help=_("Only rows with this value, the design kept."))
@OUTPUT
def compare(
    by: str,
    from_: str | None,
    to: str | None,
    each: str | None,
    within: str | None,
    level: float,
    variance: str,
    output: str,
    **asked: Any,
) -> None:
    if within is not None and "=" not in within:
        raise click.UsageError(_("--within takes COL=VALUE."))
    if each is not None and (from_ is not None or to is not None):
        raise click.UsageError(_("--each rest stands in place of --from and --to."))
    if each is not None:
        records, fields = _records((by,), within, asked, "standings", (level, variance))
        write(records, fields[2], output)
        return
    if from_ is None or to is None:
        raise click.UsageError(_("Name the two domains: --from A --to B; or --each rest."))
    if from_ == to:
        raise click.UsageError(_("--from and --to name the same domain."))
    records, fields = _records((by,), within, asked, "comparison", ((from_, to), level, variance))
    write(records, fields[1], output)


def _records(
    by: Sequence[str], within: str | None, asked: dict[str, Any], work: str, how: tuple[Any, ...]
) -> tuple[list[dict[str, Any]], tuple[Sequence[str], ...]]:
    """The records that `told` makes of the file, and the fields of the three kinds."""
    _refuse_contradictions(asked)
    file = table_reader.DataFile(asked["data"])
    columns = {name: asked[name] for name in ("weights", "strata", "psu", "fpc", "denominator") if asked[name]}
    items = [text.partition("=")[0] for text in asked["items"]]
    indices = tuple(_index(text) for text in asked["indices"])
    pooled = [column for index in indices for column in index.columns]
    file.require([*columns.values(), *items, *pooled, *by, *([within.partition("=")[0]] if within else [])])

    request = estimate_request.Request(
        path=asked["data"],
        items=tuple(estimate_request.Item.of(text) for text in asked["items"]),
        indices=indices,
        by=tuple(by),
        within=estimate_request.Item.of(within) if within else None,
        statistic=asked["statistic"],
        single_psu=asked["single_psu"],
        margins=estimate_request.margins(asked["calibrate"], asked["data"]) if asked["calibrate"] else None,
        method=asked["calibration"] or "raking",
        **columns,
    )
    request = estimate_request.a_record_per_value(request, file)
    chunks = request.begin(file) if asked["engine"] == "numpy" else None  # read while the statistics are loaded
    with numpys_rest_left():
        compute = getattr(estimates, work)
    try:
        if chunks is not None:
            sums = estimates.totals(request, chunks)
        else:
            part = engines.part(request, file, asked["engine"])
            sums = estimates.gathered(request, [part])
        records = compute(request, sums, *how)
        estimates.refuse_unknown_values(request, file, sums)
    except estimates.DesignError as error:  # what only the design shows is told to the person as a refusal
        raise Refusal(error.message, **error.values) from None
    return records, (estimates.ESTIMATE_FIELDS, estimates.COMPARE_FIELDS, estimates.STANDING_FIELDS)


def _index(text: str) -> estimate_request.Index:
    try:
        return estimate_request.Index.of(text)
    except ValueError:
        raise click.UsageError(
            _(
                "--index takes NAME=COL,COL…:VALUE,…[:VALID,…], the values among the valid ones; not “%(text)s”.",
                text=text,
            )
        ) from None


@contextmanager
def numpys_rest_left() -> Iterator[None]:
    """Leaves unloaded what SciPy would load of NumPy only to copy its name: f2py, testing, ma, random …

    That is more than half of the time that SciPy takes to start: 0.08 s of 0.14. NumPy doesn't list these modules
    meanwhile; who needs one imports it as ever.
    """
    numpy: Any = importlib.import_module("numpy")
    listed, modules = numpy.__all__, numpy.__numpy_submodules__
    left = {name for name in modules if f"numpy.{name}" not in sys.modules}
    numpy.__all__, numpy.__numpy_submodules__ = [name for name in listed if name not in left], modules - left
    try:
        yield
    finally:
        numpy.__all__, numpy.__numpy_submodules__ = listed, modules


def _refuse_contradictions(asked: dict[str, Any]) -> None:
    statistic = asked["statistic"]
    if not asked["items"] and not asked["indices"]:
        raise click.UsageError(_("Say what is estimated: --item COL[=VALUE,…] or --index NAME=COL,COL…:VALUE,…"))
    if (statistic == "ratio") != bool(asked["denominator"]):
        raise click.UsageError(_("--statistic ratio and --denominator belong together."))
    valued = {"=" in text for text in asked["items"]}
    if statistic in ("mean", "ratio") and True in valued:
        raise click.UsageError(_("A mean or a ratio is of a number: --item COL without values."))
    if statistic == "total" and len(valued) > 1:
        raise click.UsageError(
            _("Totals of people (--item COL=VALUE) and of numbers (--item COL) need two calls.")
        )
    if asked["calibration"] and not asked["calibrate"]:
        raise click.UsageError(_("--calibration needs --calibrate MARGINS.csv."))
    _refuse_wrong_names(asked)


def _refuse_wrong_names(asked: dict[str, Any]) -> None:
    for text in asked["items"]:
        if "" in text.split("=", 1) or (text.count("=") and "" in text.partition("=")[2].split(",")):
            raise click.UsageError(_("--item takes COL or COL=VALUE,…; not “%(text)s”.", text=text))
    if twice := _twice(asked["items"]):
        raise click.UsageError(_("--item %(text)s is asked for twice.", text=twice))
    if twice := _twice([text.partition("=")[0] for text in asked["indices"]]):
        raise click.UsageError(_("--index %(text)s is asked for twice.", text=twice))


def _twice(texts: Sequence[str]) -> str:
    return next((text for text in texts if texts.count(text) > 1), "")


def write(records: list[dict[str, Any]], fields: Sequence[str], output: str) -> None:
    """The records on standard output: data alone, in UTF-8."""
    stream = sys.stdout.buffer
    if output == "json":
        encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
        lines = ",\n".join(map(encode, records))
        stream.write(f"[{lines}]\n".encode())
    elif output == "csv":
        text = io.StringIO(newline="")
        writer = Writer(text, "\n")
        writer.writerow(fields)
        writer.writerows([_cell(record[name]) for name in fields] for record in records)
        stream.write(text.getvalue().encode())
    else:
        if sys.stdout.isatty():
            raise Refusal("A workbook is no text. Send it to a file: … --output xlsx > FILE.xlsx")
        stream.write(_workbook(records, fields))
    stream.flush()


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return ";".join(value)
    if isinstance(value, dict):
        return ";".join(f"{name}={part}" for name, part in value.items())
    return value


def _workbook(records: list[dict[str, Any]], fields: Sequence[str]) -> bytes:
    xlsxwriter = importlib.import_module("xlsxwriter")
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("estimates")
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, fields, book.add_format({"bold": True}))
    for row, record in enumerate(records, start=1):
        sheet.write_row(row, 0, [_cell(record[name]) for name in fields])
    sheet.autofilter(0, 0, len(records), len(fields) - 1)
    book.close()
    return buffer.getvalue()
