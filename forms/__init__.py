"""Questionnaires: documents that become frozen objects, forms, and the check of answers."""

from forms.answers import Checked, Problem, asked_items, check, posted
from forms.document import DocumentError, Places
from forms.items import Condition, Item, Kind, Text
from forms.kinds import KINDS
from forms.parsing import bank_documents, load, parse, shipped
from forms.populations import POPULATIONS, Population
from forms.questionnaire import Area, Factor, Headline, Index, Page, Questionnaire, Rule

__all__ = [
    "KINDS",
    "POPULATIONS",
    "Area",
    "Checked",
    "Condition",
    "DocumentError",
    "Factor",
    "Headline",
    "Index",
    "Item",
    "Kind",
    "Page",
    "Places",
    "Population",
    "Problem",
    "Questionnaire",
    "Rule",
    "Text",
    "bank_documents",
    "check",
    "load",
    "parse",
    "posted",
    "shipped",
    "asked_items",
]
