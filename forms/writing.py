"""A document as YAML, as somebody would write it: what `load` reads again, with the same digest."""

from __future__ import annotations

from typing import Any

import yaml

from forms.grammar import CHOICE

# In which order the keys of any mapping are written; what is not here comes after, by its name.
ORDER = """
    code version population people groups item value none name size kind scale title label short hint reason
    purpose consent intro together open_rows languages joined scales choices missing sensitive show_if beside audio
    minimum maximum max_length one_tap answer why pictures pages items paper index rule rules areas factors scores
    headlines quality contradictions again when says all any not vi en
"""
PLACE = {key: place for place, key in enumerate(ORDER.split())}


def written(document: dict[str, Any]) -> str:
    """The text of a document, whole or not yet."""
    return str(
        yaml.safe_dump(_ordered(document), allow_unicode=True, sort_keys=False, width=115, default_flow_style=None)
    )


def _ordered(value: Any) -> Any:
    if isinstance(value, list):
        return [_ordered(one) for one in value]
    if not isinstance(value, dict):
        return value
    keys = sorted(value, key=_place)
    return {int(key) if CHOICE.fullmatch(str(key)) else key: _ordered(value[key]) for key in keys}


def _place(key: Any) -> tuple[int, int, str]:
    """Codes by their number, then the known keys, then the others."""
    name = str(key)
    if CHOICE.fullmatch(name):
        return 0, int(name), ""
    return 1, PLACE.get(name, len(PLACE)), name
