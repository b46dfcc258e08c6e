"""What is looked at after the answers are in, as data: contradictions, and what phúc tra asks again."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from forms.document import DocumentError, Part, plain, read
from forms.grammar import CODE, condition, one_of, rows_of, text
from forms.items import Item
from forms.questionnaire import Contradiction, Quality, Questionnaire

BESIDE = Path(__file__).parent / "documents" / "quality"
NOT_SAID = Quality()


def of(questionnaire: Questionnaire) -> Quality:
    """What its document says; for a version that was published without, what the platform brings for it.

    It changes nothing that a person is asked, so a version may get it after it was published; it is found by the
    digest, for exactly that version.
    """
    if questionnaire.quality is not None:
        return questionnaire.quality
    return _beside(questionnaire) or NOT_SAID


@cache
def _beside(questionnaire: Questionnaire) -> Quality | None:
    path = BESIDE / f"{questionnaire.name}.yaml"
    if not path.is_file():
        return None
    written, places = read(path)
    root = Part(written, places=places)
    parts = Part(plain(root), places=places).table("digest quality")
    if parts["digest"].string(64) != questionnaire.digest:
        return None
    return quality(parts["quality"], questionnaire.items)


def quality(part: Part, items: Mapping[str, Item]) -> Quality:
    """The part `quality` of a document."""
    parts = part.table("", "contradictions again")
    found: dict[str, Contradiction] = {}
    for row in rows_of(parts, "contradictions"):
        own = row.table("code when says")
        code = own["code"].code(CODE)
        if code in found:
            raise DocumentError("Take out the second %(key)s: it stands once.", own["code"], key=code)
        when = condition(own["when"], items)
        # Whoever reviews a form is told what doesn't fit, and would read the answer from it.
        if hidden := sorted(code for code in when.items if items[code].sensitive):
            raise DocumentError(
                "Take out %(code)s: a sensitive answer is never shown by person.", own["when"], code=hidden[0]
            )
        found[code] = Contradiction(code, when, text(own["says"]))
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
    return Quality(tuple(found.values()), tuple(again))
