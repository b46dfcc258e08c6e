"""The names in a report, in its own language, which may be another one than that of its summary."""

from __future__ import annotations

from dataclasses import replace

from analysis import Estimate
from forms import Item
from survey.results import standing_words, wording
from survey.results.result_table import Record
from survey.results.summary import Headline, Line, Summary, UnitLine
from survey.storage.models import Unit, WaveKind
from translations import N_, language
from translations import gettext as _
from translations.formats import number, order

COMMUNE_KINDS = {
    "phường": N_("%(name)s ward"),
    "xã": N_("%(name)s commune"),
    "đặc khu": N_("%(name)s special zone"),
}
MODES = {
    "phone": N_("Online, on a phone or computer"),
    "kiosk": N_("At a kiosk"),
    "paper": N_("On paper"),
    "interviewer": N_("With an interviewer"),
}


def label(summary: Summary, code: str) -> str:
    """The name of an item or of a part of the index; the code itself where the questionnaire has none such."""
    if code in summary.questionnaire.items:
        return str(summary.questionnaire.items[code].short)
    index = summary.questionnaire.index
    return str(index.label(code)) if index and code in index.codes() else code


def index_name(summary: Summary) -> str:
    """What the index is called."""
    index = summary.questionnaire.index
    return str(index.title) if index else _("Satisfaction index")


def by_unit(summary: Summary, figures: str) -> str:
    """What a table of some figures by commune or other unit is called."""
    told = {"figures": figures}
    return _("%(figures)s by commune", **told) if summary.of_communes else _("%(figures)s by unit", **told)


def by_question(summary: Summary) -> str:
    """What a table of the items of the index is called."""
    if summary.rule is None or summary.rule.is_share:
        return _("Satisfied answers by question")
    return _("%(index)s by question", index=index_name(summary))


def value_label(item: Item, line: Line) -> str:
    """The choice that a line of a headline stands for."""
    choice = item.choices.get(int(line.code)) if line.code.isdecimal() else None
    return str(choice) if choice else line.label


def answer_label(summary: Summary, record: Estimate) -> str:
    """What was answered by those whom a record counts; empty for a part of the index."""
    item = summary.questionnaire.items.get(record.item)
    if item is None:
        return ""
    if record.value is None:
        return _("Mean")
    if is_satisfied(summary, record):
        return _("Satisfied")
    choices = (item.choices.get(int(code)) for code in record.value.split(","))
    return ", ".join(str(choice) for choice in choices if choice)


def is_satisfied(summary: Summary, record: Estimate) -> bool:
    """Whether a record counts those whom the rule of the index calls satisfied with an item of it."""
    rule = summary.rule
    if rule is None or not rule.is_share or record.item not in rule.scores:
        return False
    return record.value == ",".join(map(str, rule.satisfied(record.item)))


def of_note(summary: Summary) -> str:
    """What the answers are called that are told by themselves: all of them sensitive, or not."""
    items = summary.questionnaire.items
    is_sensitive = all(items[line.code].sensitive for line in summary.headlines)
    return _("Harassment and unofficial payments") if is_sensitive else _("Answers of note")


def asked(item: Item) -> str:
    """The question as it is asked; its words are joined for phones, which a search would not find."""
    return str(item.label).replace("\N{NO-BREAK SPACE}", " ")


def headline_name(summary: Summary, headline: Headline) -> str:
    """What the value that matters means, as a head of department would say it."""
    names = {(one.item, one.value): str(one.name) for one in summary.questionnaire.headlines}
    return names.get((headline.code, headline.worst), headline.name)


def blank_label(item: Item, headline: Headline) -> str:
    """How people did not answer: "don't know" is among the values, or it is counted with the blanks."""
    codes = {line.code for line in headline.values}
    silent = any(str(code) not in codes for code in item.missing)
    return _("Left blank, don't know or no answer") if silent else _("Left blank")


def commune(unit: Unit) -> str:
    """A unit with its kind, as it stands within a sentence: phường Hà Tu."""
    return _(COMMUNE_KINDS[unit.kind], name=unit.name) if unit.kind in COMMUNE_KINDS else unit.name


def standing(line: UnitLine) -> str:
    """A commune's index against the rest of the province; a dash where that can't be told or must not be seen."""
    return standing_of(line.index)


def standing_of(record: Record) -> str:
    """The same of any figure of a commune."""
    return "–" if record.standing is None else standing_words.side(record.standing)


def mode_label(mode: str) -> str:
    """The way in which people answered."""
    return _(MODES[mode])


def ranks(line: UnitLine) -> str:
    """A rank is a range, 3–21, unless its two ends are one."""
    if line.ranks is None or wording.is_hidden(line.index):
        return "–"
    low, high = line.ranks
    return f"{low}–{high}" if low < high else str(low)


def of_ranks(summary: Summary) -> list[str]:
    """What ranks are among, and how sure they are; nothing where none is told."""
    if not summary.ranked:
        return []
    return [
        _(
            "Ranks are among the %(count)s communes with a figure. For each on its own, the true rank lies within "
            "its range with 95%% confidence; a few of the ranges may miss.",
            count=number(summary.ranked),
        )
    ]


def scored(line: Line) -> Estimate:
    """An item's record as a part of the index: by the rule of means its score lies in 0…1 too."""
    return replace(line.estimate, statistic="index") if line.estimate.statistic == "mean" else line.estimate


def by_name(summary: Summary) -> list[UnitLine]:
    """The communes in Vietnamese order: a table is no ranking."""
    return sorted(summary.units, key=lambda line: order(line.unit.name))


def interval_title(summary: Summary) -> str:
    """The head of the column of limits."""
    return wording.interval_name(("not_a_sample",) if is_open(summary) else ())


def is_open(summary: Summary) -> bool:
    """Whether anybody could answer: then there is no sample and no confidence interval."""
    return summary.wave.kind is WaveKind.OPEN


def lower(text: str) -> str:
    """A name as it stands within a sentence; what begins with several capitals is no word of it: SIPAS."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def within(title: str) -> str:
    """The name of a wave in the middle of a Vietnamese sentence; another language quotes it as it is."""
    return lower(title) if language() == "vi" else title


def upper(text: str) -> str:
    """A name as it stands at the head of a sentence."""
    return text[:1].upper() + text[1:]
