"""The open data of a wave in one file: estimates, a data dictionary, and where people agreed to it anonymised rows
with what was changed in them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from forms import Item, Questionnaire
from survey.data_files import open_data
from survey.data_files.exporting import CALLED
from survey.data_files.open_data import Open
from survey.reports import report
from survey.results import release_words, summary
from survey.results.breakdowns import gives_rows
from survey.results.result_table import FIELDS
from survey.results.summary import Summary
from survey.storage.models import Release, Wave
from survey.system.csv_table import Writer
from survey.waves import questionnaires
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
    "standing": N_("The commune against the rest, by the corrected test; empty: not tested"),
}
ROWS, ESTIMATES = "tung-dong", "uoc-luong"


@dataclass(frozen=True)
class Bundle:
    """What goes out of a release. `rows` is None if people did not agree to it."""

    wave: Wave
    release: Release
    questionnaire: Questionnaire
    rows: Open | None

    @classmethod
    def of(cls, session: Session, wave: str) -> Bundle:
        """That of the newest approved release; refused where there is none."""
        row, release = open_data.released(session, wave)
        questionnaire = questionnaires.by_digest(session, row.questionnaire)
        rows = open_data.microdata(session, wave) if gives_rows(row, questionnaire) else None
        return cls(row, release, questionnaire, rows)


def write(session: Session, wave: str) -> tuple[str, bytes]:
    """The name and the bytes of the file, in the language of the moment; the same release gives the same bytes."""
    data = Bundle.of(session, wave)
    figures = summary.gather(session, wave, release=data.release)
    file = io.BytesIO()
    when = data.release.approved or data.release.frozen
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in _files(data, figures):
            entry = zipfile.ZipInfo(name, (when.year, when.month, when.day, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            bundle.writestr(entry, content)
    return f"du-lieu-mo-{data.wave.code}-ban-{data.release.number}.zip", file.getvalue()


def _files(bundle: Bundle, figures: Summary) -> Iterator[tuple[str, bytes]]:
    yield "doc-truoc.txt", "\n\n".join(about(bundle)).encode() + b"\n"
    for format in ("csv", "json"):
        yield f"{ESTIMATES}.{format}", report.write(figures, format)
    yield "tu-dien.csv", _table(("file", "column", "label", "value", "text", "missing"), dictionary(bundle))
    if bundle.rows is None:
        return
    for kind in ("csv", "sav", "parquet"):
        file = io.BytesIO()
        bundle.rows.write(file, kind)
        yield f"{ROWS}.{kind}", file.getvalue()
    changes = ((change.column, str(change.what), change.values) for change in bundle.rows.changes)
    yield "thay-doi.csv", _table(("column", "what", "values"), changes)


def about(bundle: Bundle) -> list[str]:
    """The paragraphs that stand before the data: what they are, how to reckon with them, what was promised."""
    paragraphs = [
        _(
            "Open data of the wave %(wave)s: %(title)s. Release %(number)s, approved on %(day)s.",
            wave=bundle.wave.title,
            title=str(bundle.questionnaire.title),
            number=bundle.release.number,
            day=day(bundle.release.approved),
        ),
        _("The estimates are those of the report."),
    ]
    if bundle.release.correction:
        paragraphs.append(release_words.correction(bundle.release))
    if bundle.rows is None:
        paragraphs.append(str(open_data.withheld(bundle.questionnaire)))
    else:
        paragraphs += [
            _(
                "In the file of rows everybody is like at least %(others)s others in area and in what is declared "
                "to tell people apart; what was changed for it is listed.",
                others=number(bundle.rows.smallest - 1),
            ),
            _("Standard errors from the rows: weights weight, strata khu_vuc, clusters psu.")
            if "weight" in bundle.rows.columns
            else _("The rows are no sample: they say nothing of those who did not answer."),
            open_data.promise(bundle.rows),
        ]
    if bundle.wave.simulated:
        paragraphs.insert(0, _("Demonstration data: these are not real results."))
    return paragraphs


def dictionary(bundle: Bundle) -> Iterator[Sequence[object]]:
    """A line for each column, and for each value that has a name: file, column, label, value, text, missing. In
    the file of estimates the items and their values stand in the column `item`: they have lines of their own."""
    for field in FIELDS:
        yield ESTIMATES, field, _(MEANS[field]), "", "", ""
    if (index := bundle.questionnaire.index) is not None:
        for code in index.codes():
            yield ESTIMATES, code, " ".join(str(index.label(code)).split()), "", "", ""
    estimated = (item for item in bundle.questionnaire.items.values() if item.kind.is_estimated)
    yield from _named(ESTIMATES, estimated)
    if bundle.rows is None:
        return
    for column in bundle.rows.columns:
        yield ROWS, column, _(CALLED[column]), "", "", ""
    yield from _named(ROWS, (bundle.rows.questionnaire.items[code] for code in bundle.rows.answers))


def _named(file: str, items: Iterable[Item]) -> Iterator[Sequence[object]]:
    for item in items:
        label = " ".join(str(item.label).split())
        yield file, item.code, label, "", "", ""
        for value, text in item.choices.items():
            yield file, item.code, label, value, " ".join(str(text).split()), int(value in item.missing)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    writer = Writer(text, "\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue().encode()
