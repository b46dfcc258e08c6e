"""Where in a document something must be corrected, in the words of its pages."""

from __future__ import annotations

from collections.abc import Mapping

from forms.faults import Fault
from translations import LANGUAGES, N_
from translations import gettext as _

FEW_CHOICES = "Add a choice: at least %(fewest)s are needed."  # as `forms.grammar` says it
LACKS = ("Add %(key)s: it is needed here.", "Write `key: value` lines here.")  # as `forms.document` says it
ONE_LANGUAGE = "Write this text in %(language)s too: each text has vi and en."  # as `forms.grammar` says it
IN_TOO = {
    "vi": N_("Write it in Vietnamese too: people read it in either language."),
    "en": N_("Write it in English too: people read it in either language."),
}
NAMES = {
    "title": N_("Title"),
    "purpose": N_("Purpose"),
    "consent": N_("What is said before consent"),
    "languages": N_("Languages"),
    "scales": N_("Scale"),
    "missing": N_("Ways out, which count as no answer"),
    "pages": N_("Part"),
    "intro": N_("Text before the questions"),
    "code": N_("Code"),
    "label": N_("Question"),
    "short": N_("Short name"),
    "hint": N_("Hint"),
    "reason": N_("Why it is asked"),
    "kind": N_("Answered by"),
    "scale": N_("Scale"),
    "choices": N_("Choice"),
    "show_if": N_("Asked when"),
    "minimum": N_("From"),
    "maximum": N_("To"),
    "max_length": N_("At most so many characters"),
    "audio": N_("Recordings"),
    "groups": N_("Group"),
    "size": N_("How many people it has"),
    "index": N_("Satisfaction index"),
}


def place(fault: Fault, further: Mapping[str, str]) -> str:
    """The way to a fault: “Part 2, Title, Tiếng Việt”; within a question from there on, “Choice 3, English”.

    further  what the document's further languages call themselves
    """
    called = {**LANGUAGES, **further}
    steps = fault.steps
    inside = steps[4:] if steps[2:3] == ("items",) else steps or (str(fault.error.values.get("key", "")),)
    words: list[str] = []
    for step in inside:
        if isinstance(step, int) and words:
            words[-1] += f" {step + 1}"
        elif step in called:
            words.append(called[str(step)])
        elif step in NAMES:
            words.append(_(NAMES[str(step)]))
        elif words and str(step).isdecimal():
            words[-1] += f" {step}"
        else:
            words.append(str(step))
    return ", ".join(words)


def reason(fault: Fault) -> str:
    """What is to be done at a fault: a part that is missing by its name on the page, and no lines of a file."""
    key, steps = str(fault.error.values.get("key", "")), fault.steps
    if fault.error.message in LACKS and "choices" in (key, steps[-1] if steps else ""):
        return _(FEW_CHOICES, fewest=2)
    if fault.error.message == ONE_LANGUAGE:
        return _(IN_TOO[str(fault.error.values["language"])])
    if key in NAMES:
        name = _(NAMES[key])
        return _(fault.error.message, **{**fault.error.values, "key": f"“{name}”"})
    return fault.reason
