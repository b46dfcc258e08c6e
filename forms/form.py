"""A questionnaire as a web form: it draws the items and reads what was posted; `check` decides.

WTForms draws the fields and validates nothing here, so every message is one of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from wtforms.form import BaseForm

from forms.answers import check, read
from forms.items import KINDS
from forms.questionnaire import Questionnaire


class Posted(Protocol):
    """The fields of a request: Werkzeug's MultiDict, or anything that gives all values of a name."""

    def getlist(self, name: str) -> list[str]: ...


class QuestionnaireForm(BaseForm):
    """One field for each item, under its code, in the language of the moment; each field knows its `item`.

    formdata   the posted fields; those that are no item are left to the page
    answers    an answers document to begin with, when nothing is posted
    """

    def __init__(
        self,
        questionnaire: Questionnaire,
        formdata: Posted | None = None,
        answers: Mapping[str, Any] | None = None,
    ) -> None:
        items = questionnaire.items.values()
        super().__init__([(item.code, KINDS[item.kind](item)) for item in items])
        self.questionnaire = questionnaire
        if formdata is not None:
            given = {item.code: read(item, formdata.getlist(item.code)) for item in items}
        else:
            given = dict(answers or {})
        self.checked = check(questionnaire, given)
        for item in items:
            self[item.code].item = item
        self.process(data={code: value for code, value in given.items() if code in questionnaire.items})

    @property
    def answers(self) -> dict[str, Any]:
        """What was answered and holds, by item code; an item left blank has no key."""
        return self.checked.answers

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether all answers hold; what to correct hangs on the fields, the rest on the form."""
        self.form_errors: list[str] = []
        for field in self:
            field.errors = []
        for problem in self.checked.problems:
            errors = self[problem.code].errors if problem.code in self else self.form_errors
            errors.append(str(problem))
        return not self.checked.problems
