"""Reasons that everybody reads: who writes one that seems to name a person is asked once whether it may stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from survey.remarks.paraphrases import NUMBER
from translations import Refusal
from translations.formats import nfc
from translations.unicode import fold

# What is read as a name: these words before one with a capital; a family name, also without its tones, before one;
# of those that begin places too, before two; and any word with a capital before a middle name and another.
TITLES, FAMILIES, OF_PLACES_TOO = (
    frozenset(words.split())
    for words in (
        "ông Ông bà Bà anh Anh chị Chị cô chú bác Bác Mr Mrs Ms",
        "nguyen tran le pham huynh phan vu vo dang bui do ngo duong dinh trinh doan dao vuong ta",
        "hoang ho ha cao ly mai luong to quach luu",
    )
)
MIDDLES = frozenset(("Văn", "Thị"))
ADDRESS = re.compile(r"\S+@\S+")


class NamesSomebody(Refusal):
    """A reason that seems to name a person, and of which nobody said yet that it may stand."""

    option = "--sure"


def refuse_names(reason: str, sure: bool) -> None:
    """Refuses a reason with a long number or what looks like a name, unless its writer is sure."""
    found = [] if sure else personal(reason)
    if found:
        raise NamesSomebody(
            "Everybody will read this, and this looks like a person or somebody's number: %(found)s. Take it out, "
            "or say that it may stand.",
            found="; ".join(found),
        )


def personal(text: str) -> list[str]:
    """The long numbers, addresses and names of persons that a text seems to hold."""
    text = nfc(text)
    found = [one[0].strip() for pattern in (NUMBER, ADDRESS) for one in pattern.finditer(text)]
    return found + [name for part in re.split(r"[^\w\s]", text) for name in _names(part.split())]


def _names(words: Sequence[str]) -> Iterator[str]:
    place = 0
    while place < len(words):
        after = list(takewhile(_is_capital, words[place + 1 :]))
        if 0 < _least(words[place], after) <= len(after):
            yield " ".join((words[place], *after))
            place += len(after)
        place += 1


def _least(word: str, after: Sequence[str]) -> int:
    """How many words with a capital have to follow a word that begins a name; 0 for any other."""
    if word in TITLES or (_is_capital(word) and fold(word) in FAMILIES):
        return 1
    begins = fold(word) in OF_PLACES_TOO or (bool(after) and after[0].title() in MIDDLES)
    return 2 if begins and _is_capital(word) else 0


def _is_capital(word: str) -> bool:
    return word[0].isupper()
