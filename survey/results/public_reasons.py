"""Reasons that everybody reads: who writes one that seems to name a person is asked once whether it may stand."""

from __future__ import annotations

import re
from itertools import takewhile

from survey.remarks.paraphrases import NUMBER
from translations import Refusal
from translations.formats import nfc

# Words before a name, and how many words with a capital have to follow: some family names begin places, too.
WORDS = {
    1: "ông Ông bà Bà anh Anh chị Chị cô chú bác Bác Mr Mrs Ms Nguyễn Trần Lê Phạm Huỳnh Phan Vũ Võ Đặng Bùi Đỗ "
    "Ngô Dương Đinh Trịnh Đoàn Đào Vương Tạ",
    2: "Hoàng Hồ Hà Cao Lý Mai Lương Tô Quách Lưu",
}
BEFORE_A_NAME = {word: least for least, words in WORDS.items() for word in words.split()}


class NamesSomebody(Refusal):
    """A reason that seems to name a person, and of which nobody said yet that it may stand."""


def refuse_names(reason: str, sure: bool) -> None:
    """Refuses a reason with a long number or what looks like a name, unless its writer is sure."""
    found = "" if sure else personal(reason)
    if found:
        raise NamesSomebody(
            "Everybody will read this, and “%(found)s” looks like a person or somebody's number. Take it out, "
            "or tick that it may stand (in the command: --sure).",
            found=found,
        )


def personal(text: str) -> str:
    """The first long number or name of a person that a text seems to hold; empty where there is none."""
    text = nfc(text)
    number = NUMBER.search(text)
    if number is not None:
        return number[0].strip()
    for part in re.split(r"[^\w\s]", text):
        words = part.split()
        for place, word in enumerate(words):
            least = BEFORE_A_NAME.get(word, 0)
            named = list(takewhile(str.istitle, words[place + 1 :]))
            if 0 < least <= len(named):
                return " ".join((word, *named))
    return ""
