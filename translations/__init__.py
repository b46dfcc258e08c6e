"""What a person reads: the language of the moment, the catalogue, and refusals that say what to do next.

Code is written in English and looked up here; `vi/LC_MESSAGES/messages.po` holds every Vietnamese word the
software says. English needs no catalogue: the message is its own key.
"""

from __future__ import annotations

import errno
import gettext as catalogues
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = {"vi": "Tiếng Việt", "en": "English"}
FOLDER = Path(__file__).parent

_language: ContextVar[str] = ContextVar("language", default="vi")
_texts: ContextVar[str] = ContextVar("texts", default="")  # a further language of a questionnaire, "" without one


def language() -> str:
    """The language in which a person is being answered now: `vi` unless `speak` or `speaking` said otherwise."""
    return _language.get()


def speak(code: str) -> None:
    """Sets the language for the rest of this request or command; an unknown one becomes Vietnamese."""
    _language.set(code if code in LANGUAGES else "vi")


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """The language inside the block, put back after it: a report may be in another one than the page."""
    token = _language.set(code if code in LANGUAGES else "vi")
    try:
        yield
    finally:
        _language.reset(token)


def text_language() -> str:
    """The language of a questionnaire's texts: that of the moment, unless `texts_in` said a further one."""
    return _texts.get() or language()


@contextmanager
def texts_in(code: str) -> Iterator[None]:
    """Inside the block a questionnaire's texts are in a further language of it, the software's words as before; a
    code of `LANGUAGES` changes nothing, for the software itself speaks it."""
    token = _texts.set("" if code in LANGUAGES else code)
    try:
        yield
    finally:
        _texts.reset(token)


@cache
def catalogue(code: str) -> catalogues.NullTranslations:
    """The compiled catalogue of a language; English has none. `make setup` compiles it."""
    if code == "en":
        return catalogues.NullTranslations()
    return catalogues.translation("messages", FOLDER, languages=[code])


def gettext(message: str, /, **values: Any) -> str:
    """The message in the language of the moment, with `%(name)s` filled in from `values` when there are any."""
    text = catalogue(language()).gettext(message)
    return text % values if values else text


def ngettext(one: str, many: str, num: int, /, **values: Any) -> str:
    """Like `gettext` for a message that depends on a count; the count itself is `%(num)s`."""
    return catalogue(language()).ngettext(one, many, num) % {"num": num, **values}


def N_(message: str) -> str:  # noqa: N802 (gettext's own name for it)
    """Marks a text that is looked up later, in the language of that moment."""
    return message


# What an operating system says of a file most often, and in English.
REASONS = {
    errno.ENOENT: N_("there is no such file or folder"),
    errno.EEXIST: N_("something else has this name already"),
    errno.EISDIR: N_("it is a folder"),
    errno.ENOTDIR: N_("a part of its path is no folder"),
    errno.EACCES: N_("this account may not do that there"),
    errno.EROFS: N_("nothing can be written there"),
    errno.ENOSPC: N_("the disk is full"),
}


def reason(error: OSError) -> str:
    """Why the operating system refused, in the language of the moment; what is rare stays in its own words."""
    known = REASONS.get(error.errno or 0)
    return gettext(known) if known else error.strerror or str(error)


class Lazy:
    """A text that is looked up when it is printed: for names that are defined before the language is known."""

    def __init__(self, message: str, **values: Any) -> None:
        self.message, self.values = message, values

    def __str__(self) -> str:
        return gettext(self.message, **self.values)

    def __mod__(self, values: dict[str, Any]) -> str:
        """WTForms fills its own names into a validator's message: `%(max)d`."""
        return gettext(self.message, **{**self.values, **values})

    def __repr__(self) -> str:
        return f"Lazy({self.message!r})"


class Refusal(Exception):
    """What a person asked for can't be done; the message says, in their language, what to do next.

    `message` is an English catalogue key with `%(name)s` places for `values`. `status` is what HTTP says of it;
    `listed_by` the command that shows somebody at a terminal what there is instead, `option` that by which they
    say that it is meant.
    """

    status = 400
    listed_by = ""
    option = ""

    def __init__(self, message: str, /, **values: Any) -> None:
        super().__init__(message)
        self.message, self.values = message, values

    def __str__(self) -> str:
        return gettext(self.message, **self.values)


class NotFound(Refusal):
    """There is no such thing at this name or address."""

    status = 404


class Denied(Refusal):
    """The person is not signed in, or their role does not reach that far."""

    status = 403


class Conflict(Refusal):
    """What is there already says otherwise."""

    status = 409


class Gone(Refusal):
    """It was there once and is closed now."""

    status = 410


lazy: Callable[..., Lazy] = Lazy
_ = gettext
