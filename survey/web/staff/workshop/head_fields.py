"""The fields of what a draft says as a whole: titles, texts before the questions, its parts, its scales."""

from __future__ import annotations

from forms.grammar import OWN
from survey.web.staff.workshop.item_fields import Form, clean, text
from survey.workshop import edits


def change(document: edits.Document, form: Form) -> str:
    """Changes a document as the fields say; gives no code, for it is about no question."""
    for name in ("title", "purpose", "consent"):
        document[name] = text(form, name, document.get(name))
    if code := clean(form.get("code", ""))[:40]:
        document["code"] = code
    for number, page in enumerate(edits.pages(document)):
        _page(page, number, form)
    for name, levels in (document.get("scales") or {}).items():
        if isinstance(levels, dict):
            for level in [key for key in levels if f"scale.{name}.{key}.vi" in form]:
                levels[level] = text(form, f"scale.{name}.{level}", levels[level])
    _new_scale(document, form)
    for code, words in (document.get("missing") or {}).items():
        document["missing"][code] = text(form, f"missing.{code}", words)
    return ""


def _page(page: edits.Document, number: int, form: Form) -> None:
    if f"page.{number}.title.vi" not in form:
        return
    page["title"] = text(form, f"page.{number}.title", page.get("title"))
    page["intro"] = text(form, f"page.{number}.intro", page.get("intro"))
    if not any(page["intro"].values()):
        del page["intro"]
    page["together"] = f"page.{number}.together" in form
    if not page["together"]:
        del page["together"]


def _new_scale(document: edits.Document, form: Form) -> None:
    """A scale whose levels were typed, a line each, from the lowest; each language in a field of its own."""
    lines = {
        code: [one for one in clean(form.get(f"new_scale.{code}", "")).splitlines() if one.strip()] for code in OWN
    }
    if not lines["vi"]:
        return
    taken = document.setdefault("scales", {})
    name = next(name for number in range(1, 1000) if (name := f"thang_{number}") not in taken)
    english = lines["en"] + [""] * len(lines["vi"])
    taken[name] = {
        str(level): {"vi": vi.strip(), "en": english[level - 1].strip()} for level, vi in enumerate(lines["vi"], 1)
    }
