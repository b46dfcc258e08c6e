"""Rules of good questions, as hints: what one might look at again. They accuse nobody; the
binding one, of what breaks the promise of every form, is followed or answered with a reason before publishing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from forms.items import Item, Text
from forms.questionnaire import Page, Questionnaire
from translations import N_, gettext

# Words that are written apart: English words, Vietnamese syllables.
LONGEST_QUESTION = 25
# The mean of a text's sentences. Formulas for Vietnamese (Nguyen and Henkin 1982, 1985) join the length of
# sentences with the share of difficult words, which takes a list of words; what can be counted without one is the
# length. Governments ask for at most 25 words in English; a Vietnamese word has about one and a half syllables.
LONGEST_SENTENCE = {"vi": 38, "en": 25}

# A rule: what it says of the words that it saw, and one repair.
RULES: Mapping[str, tuple[str, str]] = {
    "two_things": (
        N_("“%(seen)s” may join two things that people judge differently."),
        N_("Ask each thing in a question of its own."),
    ),
    "long": (
        N_("The question has %(seen)s words; from 25 on, many people lose its beginning."),
        N_("Move examples and explanations into the hint."),
    ),
    "negation": (
        N_("“%(seen)s” denies something: whoever reads fast answers the opposite."),
        N_("Say it without the negation."),
    ),
    "no_way_out": (
        N_("“%(seen)s” takes for granted what may not have happened to everybody."),
        N_("Offer a choice for those whom it does not concern, or ask under a condition."),
    ),
    "no_other": (
        N_("None of the %(seen)s choices fits whoever has something else in mind."),
        N_("Add “Other” or “None of these”."),
    ),
    "unbalanced": (
        N_("The scale has more levels on one side: %(seen)s."),
        N_("Give the levels below and above the middle the same number."),
    ),
    "unequal": (
        N_("Within one page the scale changes: %(seen)s."),
        N_("Use one scale within a page, or begin another page."),
    ),
    "no_opening": (
        N_("The question is sensitive and comes without a word of opening."),
        N_("Say beside it why it is asked and what protects the person (`reason`), or lead in with the page."),
    ),
    "asks_who": (
        N_("“%(seen)s” asks who the person is, but every form promises to ask no name and no number."),
        N_("Take it out: answers must not lead to a person."),
    ),
    "not_marked": (
        N_("“%(seen)s” is a thing that people may be afraid to tell, and the question isn't marked as sensitive."),
        N_("Tick “Sensitive”: a promise stands above it then, and the answer isn't shown again."),
    ),
    "reading": (
        N_("Its sentences have %(seen)s words on average, which is hard to read."),
        N_("Make two sentences of each long one."),
    ),
}

BINDING = frozenset({"asks_who"})  # rules that are followed, or answered with a reason, before publishing

# At the beginning of a question: it sets time or view, and the comma after it joins nothing.
OPENING = re.compile(
    r"^(trong|khi|nếu|nhìn chung|theo|ngoài|với|tính|kể từ|từ|ở|tại|so với|in|when|if|all in all|overall|during|"
    r"over|at|for|thinking|compared|as far|apart)\b[^,?]*,"
)
# Pairs that are read as one thing.
PAIRS = re.compile(
    r"phí, lệ phí|khám, chữa bệnh|khám bệnh, chữa bệnh|trật tự, an toàn|an ninh, trật tự|phản ánh, kiến nghị|"
    r"góp ý, phản ánh|cán bộ, công chức|hồ sơ, thủ tục|tiền, quà|xã, phường|tỉnh, xã|thôn, tổ dân phố|"
    r"order and safety|economic and social"
)
# What joins: in a question that is judged, in a row of a table (whose commas often name one thing), in a fact.
JUDGED = {
    "vi": re.compile(r"\b(?:và|hoặc|cũng như|đồng thời)\b|,"),
    "en": re.compile(r"\b(?:and|or|as well as)\b"),
}
ROW = {"vi": re.compile(r"\b(?:và|hoặc|cũng như|đồng thời)\b"), "en": re.compile(r"\bas well as\b")}
FACT = {"vi": re.compile(r"\b(?:và|cũng như|đồng thời)\b"), "en": re.compile(r"\b(?:and|as well as)\b")}
# Where "không" and "not" deny nothing: at the end of a question, and within other words.
ASKING = {
    "vi": re.compile(r"\b(?:hay |hoặc )?(?:không|chưa)(?=\s*(?:[?.,;(]|$))|không (?:gian|khí|quân)|hàng không"),
    "en": re.compile(r"\bor not\b|\bno\. ?\d"),
}
DENYING = {
    "vi": re.compile(r"\b(?:không|chưa|chẳng|đừng)(?: \w+)?"),
    "en": re.compile(r"\b(?:not|never|no|none|nobody|nothing|neither|nor|without|\w+n['’]t)\b(?: \w+)?"),
}
# What speaks of something that happened to the person.
HAPPENED = {
    "vi": re.compile(r"\b(?:nhận được|lần gần đây|lần gần nhất|khi (?:ông/bà )?(?:đến|làm|gặp|gửi|nộp))\b"),
    "en": re.compile(r"\b(?:you (?:received|got|had(?! to))|when you|your last|your most recent)\b"),
}
NEGATIVE = re.compile(
    r"^(rất |hoàn toàn |very |completely |strongly |totally |somewhat |rather |khá )?"
    r"(không|kém|tệ|xấu|chưa|dis|un|not |poor|bad)"
)
NEUTRAL = re.compile(r"^(bình thường|trung bình|trung lập|tạm được|không có ý kiến|neutral|neither|average|fair$)")
OTHER = re.compile(r"\b(khác|không|chưa|other|another|else|none|not|no|never|don['’]t)\b")
# What makes a person known, where something is typed; and before it, what says to write no such thing.
WHO = {
    "vi": re.compile(
        r"\bhọ(?: và|,)? tên\b|\bdanh tính\b|"
        r"\bsố (?:điện thoại|di động|đt|căn cước|cccd|cmnd|định danh|hộ chiếu|nhà)\b|"
        r"\b(?:sđt|cccd|cmnd|căn cước|chứng minh (?:nhân dân|thư)|e-?mail|thư điện tử|zalo|địa chỉ)\b|"
        r"\bđiện thoại liên (?:hệ|lạc)\b|\bthông tin (?:liên (?:hệ|lạc)|cá nhân)\b|"
        r"\btên (?:của )?(?:tôi|ông|bà|anh|chị|em|bạn|mình|quý vị|chủ hộ|người (?:trả lời|được hỏi|điền))\b|"
        r"\b(?:ông/bà|anh/chị|bạn|quý vị) tên (?:là )?gì|^(?:tên|điện thoại)\W*$"
    ),
    "en": re.compile(
        r"\b(?:your|full|first|last|family|respondent['’]s) names?\b|\bnames? of (?:the respondent|your)|"
        r"\b(?:phone|telephone|mobile|passport|identity|id|cccd)(?: card)? (?:number|no)\b|"
        r"\b(?:your|home|house|postal|street|e-?mail) address\b|\be-?mail\b|"
        r"\bcontact (?:details|information)\b|\b(?:identity|id) card\b|"
        r"^(?:names?|address|(?:tele)?phone)\W*$"
    ),
}
NOT_WRITTEN = re.compile(
    r"\b(?:(?:không|đừng|chớ)(?: cần| phải| nên)? (?:ghi|hỏi|nêu|viết|để lại|điền|kèm)|"
    r"(?:write|give|state|leave) no|"
    r"(?:do not|don['’]t|never|need not) (?:write|give|state|leave|tell|enter|add))\b[^.?!:;]*$"
)
# What people fear to tell: money and gifts outside the rules, harassment.
FEARED = {
    "vi": re.compile(
        r"\b(?:hối lộ|lót tay|chung chi|phong bì|vòi vĩnh|sách nhiễu|nhũng nhiễu|hạch sách|phiền hà|quấy rối|"
        r"tham nhũng|tiêu cực|gây khó(?: khăn| dễ)|(?:tiền|quà|phí|chi)[^.?!]{0,30} (?:ngoài|trái) quy định)\b|"
        r"\b(?:đòi|vòi|gợi ý|biếu|đưa)(?: \w+){0,3} (?:tiền|quà|bồi dưỡng)\b"
    ),
    "en": re.compile(
        r"\bbrib\w*|\bharass\w*|\bcorrupt\w*|\bkickback\w*|\bextort\w*|"
        r"\b(?:unofficial|informal) (?:payment|fee)s?\b|"
        r"\b(?:money|gifts?|pay\w*|fees?)\b[^.?!]{0,30} (?:outside|beyond|against) the (?:rules|regulations)\b"
    ),
}
SENTENCE = re.compile(r"[.!?;:]+(?:\s+|$)|\n\s*\n")


@dataclass(frozen=True)
class Hint:
    """One thing to look at again.

    code      the item; "" where it is about a text of the whole document
    place     the way to it in the document, as in a DocumentError: `pages/C9/items/tt_phi/label/vi`
    language  of the text that it is about; "" where it is about no text
    rule      one of RULES
    seen      the words or the number that it saw
    """

    code: str
    place: str
    language: str
    rule: str
    seen: str

    def __str__(self) -> str:
        return gettext(RULES[self.rule][0], seen=self.seen)

    @property
    def is_binding(self) -> bool:
        """Whether it must be followed, or answered with a reason, before the questionnaire is published."""
        return self.rule in BINDING

    @property
    def repair(self) -> str:
        return gettext(RULES[self.rule][1])


def of(questionnaire: Questionnaire) -> tuple[Hint, ...]:
    """The hints of a questionnaire, in the order of its document."""
    hints = [hint for name in ("purpose", "consent") for hint in _reading("", name, getattr(questionnaire, name))]
    hints += _scales(questionnaire)
    for page in questionnaire.pages:
        hints += _page(page)
    return tuple(hints)


def _scales(questionnaire: Questionnaire) -> Iterator[Hint]:
    """Of each scale once, at the first item on it."""
    first = {item.scale: item for item in reversed([*questionnaire.items.values()]) if item.scale}
    for name, item in first.items():
        for language in ("vi", "en"):
            if seen := _lopsided(item, language):
                yield Hint(item.code, f"scales/{name}", language, "unbalanced", seen)
                break


def _lopsided(item: Item, language: str) -> str:
    """How many levels stand on each side; "" if as many, or if the scale has one side alone ("not … very")."""
    below, middle, above = sides([getattr(item.choices[level], language) for level in item.valid])
    has_two_sides = middle or below > 1
    return f"{below} – {above}" if has_two_sides and below != above else ""


def sides(words: Sequence[str]) -> tuple[int, int, int]:
    """How many levels of a scale stand below its middle, in it and above, by their words."""
    small = [word.casefold() for word in words]
    middle = sum(bool(NEUTRAL.match(word)) for word in small)
    below = sum(bool(NEGATIVE.match(word)) and not NEUTRAL.match(word) for word in small)
    return below, middle, len(small) - below - middle


def _page(page: Page) -> Iterator[Hint]:
    place = f"pages/{page.code}"
    if page.intro is not None:
        yield from _reading("", f"{place}/intro", page.intro)
    levels: Item | None = None
    for number, item in enumerate(page.items):
        here = f"{place}/items/{item.code}"
        yield from _item(item, here, page, number)
        if item.kind.is_scale:
            if levels and len(item.valid) != len(levels.valid):
                yield Hint(item.code, here, "", "unequal", f"{len(levels.valid)} → {len(item.valid)}")
            levels = item


def _item(item: Item, place: str, page: Page, number: int) -> Iterator[Hint]:
    for rule, look in LOOKS.items():
        for language, label in _texts(item.label):
            if seen := look(item, page, language, label):
                yield Hint(item.code, f"{place}/label/{language}", language, rule, seen)
                break  # the other language says the same
    for name in ("hint", "reason"):
        if (text := getattr(item, name)) is not None:
            yield from _reading(item.code, f"{place}/{name}", text)
    if item.kind.several and not _has_other(item):
        yield Hint(item.code, f"{place}/choices", "", "no_other", str(len(item.choices)))
    opened = item.reason or item.hint or item.show_if or page.intro
    if item.sensitive and not opened and number == 0:
        yield Hint(item.code, place, "", "no_opening", "")


def _texts(text: Text) -> Iterator[tuple[str, str]]:
    """The languages of a text whose words are known here."""
    for language in ("vi", "en"):
        yield language, getattr(text, language).replace("\N{NO-BREAK SPACE}", " ")


def _two_things(item: Item, page: Page, language: str, text: str) -> str:
    """What joins two things. Several choices and one's own words may be about several things."""
    if item.kind.several or item.kind.is_text:
        return ""
    looked = PAIRS.sub("", OPENING.sub("", text.casefold()))
    is_judged = item.kind.is_scale and len(item.valid) > 2
    joining = FACT if not is_judged else ROW if page.together else JUDGED
    found = joining[language].search(looked)
    return _around(looked, found) if found else ""


def _around(text: str, found: re.Match[str]) -> str:
    """What was found, with two words on each side."""
    before, after = text[: found.start()].split()[-2:], text[found.end() :].split()[:2]
    return " ".join([*before, found[0], *after]).replace(" ,", ",").rstrip("?.")


def _long(_item: Item, _page: Page, _language: str, text: str) -> str:
    words = len(text.split())
    return str(words) if words > LONGEST_QUESTION else ""


def _negation(_item: Item, _page: Page, language: str, text: str) -> str:
    found = DENYING[language].search(ASKING[language].sub("", text.casefold()))
    return found[0] if found else ""


def _no_way_out(item: Item, page: Page, language: str, text: str) -> str:
    offered = item.missing or item.show_if or item.hint or page.intro or _has_other(item)
    if offered or not item.kind.is_single_choice:
        return ""
    found = HAPPENED[language].search(text.casefold())
    return found[0] if found else ""


def _asks_who(item: Item, _page: Page, language: str, text: str) -> str:
    """Whoever ticks a choice or a level gives no name; whoever types may."""
    if not (item.kind.is_text or item.kind.is_number):
        return ""
    beside = getattr(item.hint, language).casefold() if item.hint else ""
    for asked in (text.casefold(), beside):
        for found in WHO[language].finditer(asked):
            if not NOT_WRITTEN.search(asked[: found.start()]):
                return found[0]
    return ""


def _not_marked(item: Item, _page: Page, language: str, text: str) -> str:
    found = None if item.sensitive else FEARED[language].search(text.casefold())
    return found[0] if found else ""


def _has_other(item: Item) -> bool:
    """Whether a choice is there for those whom the others do not fit; a level of a scale is none."""
    return not item.kind.is_scale and any(OTHER.search(text.vi.casefold()) for text in item.choices.values())


LOOKS: Mapping[str, Callable[[Item, Page, str, str], str]] = {
    "two_things": _two_things,
    "long": _long,
    "negation": _negation,
    "no_way_out": _no_way_out,
    "asks_who": _asks_who,
    "not_marked": _not_marked,
}


def _reading(code: str, place: str, text: Text) -> Iterator[Hint]:
    for language, words in _texts(text):
        lengths = [len(sentence.split()) for sentence in SENTENCE.split(words) if sentence.split()]
        mean = round(sum(lengths) / max(1, len(lengths)))
        if mean > LONGEST_SENTENCE[language]:
            yield Hint(code, f"{place}/{language}", language, "reading", str(mean))
