"""The forms of the staff's pages: guarded against forgery, their faults told in the language of the moment."""

from __future__ import annotations

import re
from typing import Any
from unicodedata import category

from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired

from translations import N_, Lazy
from translations import gettext as _

AS_TYPED = {"autocapitalize": "none", "spellcheck": "false"}  # a phone must not mend codes and names
NEEDED = [InputRequired(Lazy("Fill in this field."))]
# What WTForms says by itself.
WTFORMS_SAYS = (
    N_("Not a valid choice."),
    N_("Not a valid date value."),
    N_("This field is required."),
    N_("Invalid Choice: could not coerce."),
)


def iso_days(text: str | None) -> str | None:
    """Days as people here write them, 28/10/2026, as files have them, 2026-10-28; the rest as it is."""
    return re.sub(r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b", _iso, text) if text else text


def decimal_point(text: str | None) -> str | None:
    """A number as people here write it, 2,57, as files have it, 2.57."""
    return text.replace(",", ".") if text else text


def _iso(found: re.Match[str]) -> str:
    day, month, year = found.groups()
    return f"{year}-{month:0>2}-{day:0>2}"


def options(*pairs: tuple[str, Any], blank: str = "") -> list[SelectChoice]:
    """What a field offers, value and label each; first nothing, where that is called something."""
    return [SelectChoice(*pair) for pair in ((("", blank), *pairs) if blank else pairs)]


class _Words:
    """What WTForms says, from our catalogue. By number it tells how long a text may be, which it fills in."""

    gettext = staticmethod(_)

    def ngettext(self, _one: str, _many: str, _count: int) -> Lazy:
        return Lazy("Use at most %(max)d characters.")


class StaffForm(FlaskForm):
    """A form whose messages come from our catalogue."""

    class Meta(FlaskForm.Meta):
        def get_translations(self, form: Any) -> Any:
            return _Words()

        def render_field(self, field: Any, render_kw: dict[str, Any]) -> Any:
            """A field names its hint and its fault, which stand above it, for those who don't see them."""
            notes = [f"{field.id}-hint"] if field.description else []
            if field.errors:
                notes.append(f"{field.id}-error")
                render_kw.setdefault("aria-invalid", "true")
            if notes:
                render_kw.setdefault("aria-describedby", " ".join(notes))
            return super().render_field(field, {"autocomplete": "off", **render_kw})

    def validate(self, extra_validators: Any = None) -> bool:
        """No text holds a control character: no document can show one, and no database keeps them all."""
        valid = bool(super().validate(extra_validators))
        for field in self:
            allowed = "\t\r\n" if isinstance(field, TextAreaField) else ""
            text = field.data if isinstance(field.data, str) else ""
            if any(category(character) == "Cc" and character not in allowed for character in text):
                field.errors = [*field.errors, _("Remove the characters that can't be printed.")]
                valid = False
        return valid
