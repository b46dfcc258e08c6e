"""The keying screen: one page with a field for each item, for a form with a printed number or without.

`keying.js` asks one item after the other; without the script the form is typed from top to bottom.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from forms import Condition, Item, Page, quality
from survey.fieldwork import keying
from survey.fieldwork.accounting import REASONS
from survey.fieldwork.keying import Keyed
from survey.fieldwork.sheet_locks import Printed
from survey.sampling.outcome_words import ON_THE_SHEET, REPLACED
from survey.storage.models import Village
from survey.waves.waves import Place
from translations import gettext as _
from translations import ngettext

LONGEST = 40  # characters of a field that holds no text
MANY = 10  # untyped fields: a form with more is not saved by pressing a key once more, as in keying.js
ALL = "nhieu"  # what says of however many that they are blank on the paper


@dataclass(frozen=True)
class Screen:
    """A form on the keyer's screen.

    texts    what was typed, by item code
    printed  the sheet, where the form has a number: its head is typed too, and each field saved as it is left
    instead  how many other forms of the village say that they are of a replacement household, and how many such
             households were drawn there; None where no households were drawn
    """

    place: Place
    village: Village | None
    texts: Mapping[str, str]
    printed: Printed | None = None
    instead: tuple[int, int] | None = None

    @property
    def parts(self) -> tuple[Page, ...]:
        questionnaire = self.place.questionnaire
        return keying.parts(questionnaire) if self.printed else questionnaire.paper

    @property
    def items(self) -> list[Item]:
        """What is typed, in the order of the paper."""
        return [item for part in self.parts for item in part.items]

    @cached_property
    def keyed(self) -> Keyed:
        return keying.keyed(self.place.questionnaire, self.texts, keying.head() if self.printed else ())

    @property
    def unfinished(self) -> bool:
        """Enter in any field sends the form: one that is half typed must not be stored by accident."""
        said = request.form.getlist("de_trong")
        return bool(self.keyed.untyped) and (ALL not in said if self.many else not said)

    @property
    def many(self) -> bool:
        """Whether so much is untyped that it can hardly be meant."""
        return len(self.keyed.untyped) > MANY

    @property
    def rules(self) -> list[tuple[str, Condition]]:
        """What is said of answers of a printed form that hardly go together, and when."""
        if self.printed is None:
            return []
        rules = [(str(rule.says), rule.when) for rule in quality.of(self.place.questionnaire).contradictions]
        if self.instead is not None and self.instead[0] >= self.instead[1]:
            noted, drawn = self.instead
            says = _(
                "Item B: replacement households drawn in this village: %(drawn)s; forms that say they are of one "
                "already: %(noted)s. Compare the paper; tell your supervisor if it does say so.",
                drawn=drawn,
                noted=noted,
            )
            rules.append((says, Condition("item", REPLACED, tuple(range(1, len(ON_THE_SHEET) + 1)))))
        return rules

    def receipt(self) -> str:
        """What is said of a form that was stored: how much of it is answered, and its warnings."""
        keyed = self.keyed
        numbered = [item.code for item in self.items if keying.number(item)]
        answered = sum(code in keyed.answers or code in keyed.head for code in numbered)
        line = _("%(answered)d of %(asked)d questions answered", answered=answered, asked=len(numbered))
        odd = sum(when.holds({**keyed.answers, **keyed.head}) for _says, when in self.rules)
        count = len(keyed.two) + len(keyed.unasked) + len(keyed.beyond) + odd
        warnings = ngettext("%(num)d warning", "%(num)d warnings", count) if count else _("no warning")
        return f"{line}, {warnings}."

    def page(
        self, status: int = 200, at: str | None = None, is_preview: bool = False, **notices: Any
    ) -> ResponseReturnValue:
        """The page; with another status than 200 it says what must be corrected.

        at          the code of the item to begin at; None: the first that nothing is typed for
        is_preview  whether it is drawn for who looks at a questionnaire: no wave and no place to go to
        """
        keyed, items = self.keyed, self.items
        problems = {problem.code: str(problem) for problem in keyed.problems} if status != 200 else {}
        wrong = [item for item in items if item.code in problems]
        wave, printed = self.place.wave, self.printed
        return render_template(
            "keying/screen.html",
            printed=printed,
            place=self.place,
            wave=wave,
            village=self.village,
            parts=self.parts,
            items=items,
            typed={item.code: self.texts.get(item.code, "") for item in items},
            keyed=keyed,
            many=self.many,
            problems=problems,
            first=[*wrong, *keyed.untyped, *items][0].code,
            at=at,
            rules=json.dumps([[says, when.document] for says, when in self.rules]),
            instead=self.instead,
            reasons=[(code, _(name)) for code, name in REASONS.items()],
            save=url_for(".save", wave=wave.code, serial=printed.sheet.serial) if printed else "",
            keying=keying,
            is_preview=is_preview,
            **notices,
        ), status


def posted(items: Iterable[Item]) -> dict[str, str]:
    """What came of the fields of a form; of a longer text, one character too many is left: it is refused by it."""
    return {
        item.code: ";".join(request.form.getlist(item.code))[: item.max_length + 1 if item.max_length else LONGEST]
        for item in items
        if item.code in request.form
    }
