"""Questionnaires: documents that become frozen objects, forms, and the check of answers."""

from forms.answers import Checked, Problem, check, posted, read, shown
from forms.document import DocumentError, Places
from forms.form import QuestionnaireForm
from forms.items import KINDS, Condition, Item, Text
from forms.parsing import load, parse, shipped
from forms.questionnaire import Area, Factor, Headline, Index, Page, Questionnaire, Rule

__all__ = [
    "KINDS",
    "Area",
    "Checked",
    "Condition",
    "DocumentError",
    "Factor",
    "Headline",
    "Index",
    "Item",
    "Page",
    "Places",
    "Problem",
    "Questionnaire",
    "QuestionnaireForm",
    "Rule",
    "Text",
    "check",
    "load",
    "parse",
    "posted",
    "read",
    "shipped",
    "shown",
]
