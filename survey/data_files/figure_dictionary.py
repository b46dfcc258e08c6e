"""The dictionary of a release's figures: each column, and each code that stands in one, in both languages."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping

from sqlalchemy.orm import Session

from survey.data_files.codebook import item_texts
from survey.data_files.open_data_bundle import MEANS
from survey.results.result_table import FIELDS
from survey.results.standing_words import STANDINGS
from survey.results.summary import Summary
from survey.results.wording import REMARKS
from survey.system.csv_table import Writer
from survey.waves import units
from translations import N_, speaking
from translations import gettext as _

HEAD = ("column", "item", "code", "vi", "en")
# Of what `MEANS` only names: its texts stand in files that are released already.
FURTHER: dict[str, str] = {
    "df": N_("Degrees of freedom: villages less strata; under 8 the interval itself is uncertain"),
    "deff": N_(
        "Design effect: how many times as large the variance is as that of as many people drawn one by one; 2 "
        "means that the figure tells as much as half the people drawn one by one"
    ),
    "n_eff": N_("Effective number of people: so many drawn one by one would tell as much"),
    "flags": N_("Marks, joined by semicolons: what to know before the figure is printed"),
}
STATISTICS: dict[str, str] = {
    "proportion": N_("Share of the people, 0 to 1"),
    "index": N_("Index, 0 to 1: over all its questions"),
    "mean": N_("Mean"),
}
VARIANCES: dict[str, str] = {
    "direct": N_("from the domain's own answers"),
    "pooled": N_("pooled: people of one village are taken to be as alike as in all communes together"),
}
FLAGS: dict[str, str] = {
    **REMARKS,
    "under_3": N_("fewer than 3 people said so: only the upper limit is told; it isn't 0"),
    "none": N_("nobody who answered said so; the upper limit says how many it may be"),
    "all": N_("all who answered said so; the lower limit says how few it may be"),
    "not_a_sample": N_("no sample, anybody could answer: a range of variation, no confidence interval, no rank"),
    "no_interval": N_("one village only, or one day only in an open wave: nothing is known of its precision"),
    "few": N_("few: fewer than 30 answers, or they tell no more than 30 people drawn one by one"),
    "check": N_("few villages (under 8 degrees of freedom): print the figure with its interval, or not at all"),
    "draft": N_("not released: the figure may still change, and isn't to be passed on"),
    "withdrawn": N_("of a release that was withdrawn: not to be passed on"),
    "undecided": N_("more forms, or more identical ones, than usual came, and nobody has decided about them yet"),
}
CODES: dict[str, Mapping[str, str]] = {
    "statistic": STATISTICS,
    "variance": VARIANCES,
    "flags": FLAGS,
    "standing": {str(group): words for group, words in STANDINGS.items()},
}


def write(session: Session, summary: Summary) -> bytes:
    """A line for each column, and for each code of the figures: column, item (of an answer), code, its meaning in
    Vietnamese and in English. With a mark, for spreadsheets: people read it, and no program has to."""
    text = io.StringIO()
    writer = Writer(text, "\n")
    writer.writerow(HEAD)
    for field in FIELDS:
        writer.writerow((field, "", "", *_spoken(FURTHER.get(field, MEANS[field]))))
        for item, code, texts in _codes(session, summary, field):
            writer.writerow((field, item, code, *(" ".join(told.split()) for told in texts)))
    return text.getvalue().encode("utf-8-sig")


def _codes(session: Session, summary: Summary, field: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """The codes of a column: item, code, texts."""
    if field == "item":
        yield from (("", code, texts) for code, texts in _items(summary).items())
    elif field == "value":
        for item, value in dict.fromkeys((one.item, one.value) for one in summary.records if one.value):
            choices = summary.questionnaire.items[item].choices
            chosen = [choices[int(code)] for code in value.split(",")]
            yield item, value, ("; ".join(one.vi for one in chosen), "; ".join(one.en for one in chosen))
    elif field == "domain":
        called = {line.code: line.name for line in summary.groups}
        for domain in sorted({str(one.domain) for one in summary.records if one.domain is not None}):
            yield "", domain, (called[domain],) * 2 if domain in called else _unit(session, domain)
    for code, words in CODES.get(field, {}).items():
        yield "", code, _spoken(words)


def _items(summary: Summary) -> dict[str, tuple[str, ...]]:
    """What each item and each part of the index among the figures is called."""
    asked = summary.questionnaire
    index = {code: asked.index.label(code) for code in asked.index.codes()} if asked.index else {}
    return {
        code: (index[code].vi, index[code].en)
        if code in index
        else item_texts(asked.items[code], asked.stems.get(code))
        for code in dict.fromkeys(one.item for one in summary.records)
    }


def _unit(session: Session, code: str) -> tuple[str, ...]:
    unit = units.find(session, code)
    names = []
    for spoken in ("vi", "en"):
        with speaking(spoken):
            names.append(units.named(unit))
    return tuple(name[:1].upper() + name[1:] for name in names)


def _spoken(words: str) -> tuple[str, ...]:
    texts = []
    for spoken in ("vi", "en"):
        with speaking(spoken):
            texts.append(_(words))
    return tuple(texts)
