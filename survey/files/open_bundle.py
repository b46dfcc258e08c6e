"""The open data of a wave in one file: estimates, anonymised rows, a data dictionary, and what was changed."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy.orm import Session

from survey import report
from survey.files import open_data
from survey.files.exporting import CALLED
from survey.files.open_data import Open
from survey.results import summary
from survey.results.result_table import FIELDS
from survey.results.summary import Summary
from translations import N_
from translations import gettext as _
from translations.formats import day, number

# What the columns of the estimates hold.
MEANS: dict[str, str] = {
    "item": N_("Code of the question, or index with its parts"),
    "value": N_("The answers whose share it is; empty: the satisfied share of a scale, or an index"),
    "domain": N_("Code of the commune; empty: the whole province"),
    "statistic": N_("Kind of figure"),
    "estimate": N_("The estimate; a share as a fraction of 1"),
    "standard_error": N_("Standard error"),
    "low": N_("Lower limit of the interval of 95%%"),
    "high": N_("Upper limit of the interval of 95%%"),
    "df": N_("Degrees of freedom"),
    "deff": N_("Design effect"),
    "n": N_("People who answered"),
    "n_eff": N_("Effective number of people"),
    "variance": N_("Own variance of the domain, or pooled over domains"),
    "flags": N_("Marks, joined by semicolons; hidden: too few people, so the figures are left out"),
}
ROWS, ESTIMATES = "tung-dong", "uoc-luong"


def write(session: Session, wave: str) -> tuple[str, bytes]:
    """The name and the bytes of the file, in the language of the moment; the same release gives the same bytes."""
    made = open_data.microdata(session, wave)
    said = summary.gather(session, wave, release=made.release)
    file = io.BytesIO()
    when = made.release.approved or made.release.frozen
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in _files(made, said):
            entry = zipfile.ZipInfo(name, (when.year, when.month, when.day, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            bundle.writestr(entry, content)
    return f"du-lieu-mo-{made.wave.code}-ban-{made.release.number}.zip", file.getvalue()


def _files(made: Open, said: Summary) -> Iterator[tuple[str, bytes]]:
    yield "doc-truoc.txt", "\n\n".join(about(made)).encode() + b"\n"
    for format in ("csv", "json"):
        yield f"{ESTIMATES}.{format}", report.write(said, format)
    for kind in ("csv", "sav", "parquet"):
        file = io.BytesIO()
        made.write(file, kind)
        yield f"{ROWS}.{kind}", file.getvalue()
    yield "tu-dien.csv", _table(("file", "column", "label", "value", "text", "missing"), dictionary(made))
    changes = ((change.column, str(change.what), change.values) for change in made.changes)
    yield "thay-doi.csv", _table(("column", "what", "values"), changes)


def about(made: Open) -> list[str]:
    """The paragraphs that stand before the data: what they are, how to reckon with them, what was promised."""
    of_sample = "weight" in made.columns
    paragraphs = [
        _(
            "Open data of the wave %(wave)s: %(title)s. Release %(number)s, approved on %(day)s.",
            wave=made.wave.code,
            title=str(made.questionnaire.title),
            number=made.release.number,
            day=day(made.release.approved),
        ),
        _(
            "The estimates are those of the report. In the file of rows everybody is like at least %(others)s "
            "others in area and in what is declared to tell people apart; what was changed for it is listed.",
            others=number(made.smallest - 1),
        ),
        _("Standard errors from the rows: weights weight, strata khu_vuc, clusters psu.")
        if of_sample
        else _("The rows are no sample: they say nothing of those who did not answer."),
        open_data.promise(made.questionnaire),
    ]
    if made.wave.simulated:
        paragraphs.insert(0, _("Made-up data for trying out: these are not real results."))
    return paragraphs


def dictionary(made: Open) -> Iterator[Sequence[object]]:
    """A line for each column, and for each value that has a name: file, column, label, value, text, missing."""
    for field in FIELDS:
        yield ESTIMATES, field, _(MEANS[field]), "", "", ""
    for column in made.columns:
        yield ROWS, column, _(CALLED[column]), "", "", ""
    for code in made.answers:
        item = made.questionnaire.items[code]
        label = " ".join(str(item.label).split())
        yield ROWS, code, label, "", "", ""
        for value, text in item.choices.items():
            yield ROWS, code, label, value, " ".join(str(text).split()), int(value in item.missing)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue().encode()
