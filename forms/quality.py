"""Checks of the answers after they are in, as data: contradictions, and what a re-interview asks again."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from forms.document import DocumentError, Part
from forms.grammar import CODE, condition, one_of, rows_of, text
from forms.items import Item
from forms.questionnaire import Contradiction, Quality, Questionnaire
from forms.supplement import supplement

NOT_SAID = Quality()


def of(questionnaire: Questionnaire) -> Quality:
    """What its document says; for a version published without, what the platform has for exactly that version. It
    changes nothing that a person is asked, so a version may get it after it was published."""
    if questionnaire.quality is not None:
        return questionnaire.quality
    return _supplement(questionnaire) or NOT_SAID


@cache
def _supplement(questionnaire: Questionnaire) -> Quality | None:
    part = supplement(questionnaire, "quality")
    return None if part is None else quality(part, questionnaire.items)


def quality(part: Part, items: Mapping[str, Item]) -> Quality:
    """The part `quality` of a document."""
    parts = part.table("", "contradictions again")
    contradictions: dict[str, Contradiction] = {}
    for row in rows_of(parts, "contradictions"):
        own = row.table("code when says")
        code = own["code"].code(CODE)
        if code in contradictions:
            raise DocumentError("Take out the second %(key)s: it stands once.", own["code"], key=code)
        when = condition(own["when"], items)
        # Whoever reviews a response is shown what contradicts, and could work out the answer from it.
        if hidden := sorted(code for code in when.items if items[code].sensitive):
            raise DocumentError(
                "Take out %(code)s: a sensitive answer is never shown by person.", own["when"], code=hidden[0]
            )
        contradictions[code] = Contradiction(code, when, text(own["says"]))
    again: list[str] = []
    for row in rows_of(parts, "again"):
        item = items[one_of(row, items)]
        if item.sensitive or not item.kind.is_single_choice:
            raise DocumentError(
                "Take out %(code)s: asked again are only items with one answer that are not sensitive.",
                row,
                code=item.code,
            )
        if item.code in again:
            raise DocumentError("Take out the second %(key)s: it stands once.", row, key=item.code)
        again.append(item.code)
    return Quality(tuple(contradictions.values()), tuple(again))
