"""How a document becomes a questionnaire, or is refused with file, line and reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

from forms.document import DocumentError, Part, Places, canonical, plain, read
from forms.grammar import (
    CHOICE,
    CODE,
    LONGEST,
    OWN,
    choice,
    choices,
    chosen,
    condition,
    maybe,
    one_of,
    rows_of,
    text,
)
from forms.items import Item, Kind, Text
from forms.kinds import KINDS
from forms.populations import CITIZENS, POPULATIONS, Population
from forms.quality import quality
from forms.questionnaire import Area, Factor, Group, Headline, Index, OneTap, Page, Questionnaire, Rule

SHIPPED = Path(__file__).parent / "documents"

FACTOR = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}\.[A-Za-z0-9_]{1,20}")
SOUND = re.compile(r"[A-Za-z0-9_-]{1,60}(/[A-Za-z0-9_-]{1,60}){0,3}\.(ogg|opus|mp3|m4a|wav)")
LANGUAGE = re.compile(r"[a-z]{2,3}")
# Columns of a data file and keys of a sent response: an item of this name could not be distinguished.
RESERVED = {"id", "response_id", "wave", "unit", "mode", "day", "stratum", "psu", "weight", "marks", "index"}
LONGEST_ANSWER = 5000
MOST_ITEMS = 500
MOST_IN_GROUP = 999_999
LIMITS = ("minimum", "maximum")
FIVE = (1, 2, 3, 4, 5)
PICTURES = ("clock", "paper", "speech", "envelope")  # survey/web/templates/kiosk/one_tap.html draws them
NO_BREAK = "\N{NO-BREAK SPACE}"

# What every item must say, and what it may.
NEEDED, ALLOWED = "code kind label", "short hint sensitive reason show_if audio"
USUAL_LENGTH = 200  # of a text whose item says nothing else


def load(path: Path | str) -> Questionnaire:
    """The questionnaire of a YAML file; DocumentError names the file, the line and the reason."""
    document, places = read(Path(path))
    return parse(document, places)


@cache
def shipped() -> tuple[Questionnaire, ...]:
    """The questionnaires that come with the platform."""
    return tuple(load(path) for path in sorted(SHIPPED.glob("*.yaml")))


@cache
def bank_documents() -> tuple[Questionnaire, ...]:
    """Documents whose single questions a draft may take, and that no wave asks as they stand."""
    return tuple(load(path) for path in sorted((SHIPPED / "bank").glob("*.yaml")))


def parse(document: object, where: Places | None = None) -> Questionnaire:
    """The questionnaire of a document, from YAML or from the JSON in which it is stored."""
    root = Part(plain(Part(document, places=where)), places=where)
    known = (
        "population people groups open_rows joined languages scales missing one_tap paper index headlines quality"
    )
    languages = maybe(root.table("code version title purpose consent pages", known), "languages", further) or {}
    root = replace(root, languages=tuple(languages))
    parts = root.table("code version title purpose consent pages", known)
    common = Common(
        join=maybe(parts, "joined", joiner) or str,
        scales=maybe(parts, "scales", scales) or {},
        missing=maybe(parts, "missing", lambda part: choices(part, fewest=1)) or {},
    )
    population = POPULATIONS[maybe(parts, "population", lambda part: one_of(part, POPULATIONS)) or CITIZENS.name]
    open_rows = maybe(parts, "open_rows", Part.flag) or False
    if open_rows and population.are_few:
        raise DocumentError("Take out open_rows: leaders are few, so only figures are shown.", parts["open_rows"])
    items: dict[str, Item] = {}
    pages: dict[str, Page] = {}
    for row in parts["pages"].rows():
        page = page_of(row, common, items, pages)
        pages[page.code] = page
    paper = order_of(parts["paper"], pages) if "paper" in parts else tuple(pages)
    keyed = (item for page in paper for item in pages[page].items if not item.kind.is_text)
    for no, item in enumerate(keyed, 1):
        items[item.code] = replace(item, no=no)
    pages = {
        code: replace(page, items=tuple(items[item.code] for item in page.items)) for code, page in pages.items()
    }
    return Questionnaire(
        code=parts["code"].code(CODE),
        version=parts["version"].whole(1, 9999),
        population=population,
        people=maybe(parts, "people", text),
        groups=groups_of(parts, population),
        title=text(parts["title"]),
        purpose=text(parts["purpose"], common.join),
        consent=text(parts["consent"], common.join),
        open_rows=open_rows,
        pages=tuple(pages.values()),
        paper=tuple(pages[code] for code in paper),
        items=MappingProxyType(items),
        index=maybe(parts, "index", lambda part: index_of(part, items)),
        headlines=tuple(headline(row, items) for row in rows_of(parts, "headlines")),
        quality=maybe(parts, "quality", lambda part: quality(part, items)),
        one_tap=maybe(parts, "one_tap", lambda part: one_tap_of(part, items)),
        written=canonical(root.value),
        join=common.join,
        languages=MappingProxyType(languages),
    )


@dataclass(frozen=True)
class Common:
    """What the items of one document share.

    join     puts no-break spaces into the words that the document names
    scales   name -> levels
    missing  code -> text of the choices that are no answer
    """

    join: Callable[[str], str]
    scales: Mapping[str, Mapping[int, Text]]
    missing: Mapping[int, Text]


def joiner(part: Part) -> Callable[[str], str]:
    """A function that keeps the syllables of the listed words on one line."""
    words = []
    for row in part.rows():
        word = row.string(60)
        if " " not in word:
            raise DocumentError("Write a word of two or more syllables here.", row)
        words.append(re.escape(word))
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(sorted(words, key=len, reverse=True))})(?!\w)", re.IGNORECASE)
    return lambda text: pattern.sub(lambda word: word[0].replace(" ", NO_BREAK), text)


def further(part: Part) -> dict[str, str]:
    """The languages of a document beside vi and en: their codes, and what they call themselves."""
    languages = {}
    for code, name in part.entries().items():
        if not LANGUAGE.fullmatch(code) or code in OWN:
            raise DocumentError("Write a code of two or three letters here, such as tyz: neither vi nor en.", name)
        languages[code] = name.string(60)
    return languages


def groups_of(parts: Mapping[str, Part], population: Population) -> tuple[Group, ...]:
    """The groups of a population that is in groups, each with how many people it has."""
    groups: dict[str, Group] = {}
    for row in rows_of(parts, "groups"):
        if not population.in_groups:
            raise DocumentError("Take out groups: only leaders are asked by groups.", parts["groups"])
        one = row.table("code name size")
        code = one["code"].code(CODE)
        if code in groups:
            raise DocumentError("Give this group another code: %(code)s is taken.", one["code"], code=code)
        groups[code] = Group(code, text(one["name"]), one["size"].whole(1, MOST_IN_GROUP))
    return tuple(groups.values())


def scales(part: Part) -> Mapping[str, Mapping[int, Text]]:
    return {name: choices(levels) for name, levels in part.entries().items()}


def page_of(part: Part, common: Common, items: dict[str, Item], before: Collection[str]) -> Page:
    """A page; its items are added to those that stand before it."""
    parts = part.table("code title items", "intro together")
    code = parts["code"].code(CODE)
    if code in before:
        raise DocumentError("Give this page another code: %(code)s is taken.", parts["code"], code=code)
    for row in parts["items"].rows():
        item = item_of(row, code, common, items)
        if len(items) == MOST_ITEMS:
            raise DocumentError("Shorten the questionnaire: it may have %(most)s items.", row, most=MOST_ITEMS)
        items[item.code] = item
    own = tuple(item for item in items.values() if item.page == code)
    together = "together" in parts and parts["together"].flag()
    if together and len({(item.kind, tuple(item.choices)) for item in own if not item.kind.is_text}) != 1:
        raise DocumentError("Put only items of one scale together on a screen.", parts["together"])
    intro = text(parts["intro"], common.join) if "intro" in parts else None
    return Page(code, text(parts["title"]), intro, together, own)


def item_of(part: Part, page: str, common: Common, before: Mapping[str, Item]) -> Item:
    kind = kind_of(part)
    parts = part.table(f"{NEEDED} {kind.needs}", f"{ALLOWED} {kind.allows}")
    code = parts["code"].code(CODE)
    if code.casefold() in {other.casefold() for other in before}:
        raise DocumentError("Give this item another code: %(code)s is taken.", parts["code"], code=code)
    if code.casefold() in RESERVED:
        raise DocumentError(
            "Give this item another code: data files have a column %(code)s of their own.",
            parts["code"],
            code=code,
        )
    offered, missing = offer(parts, common)
    minimum, maximum = (maybe(parts, limit, lambda part: part.number(-1e12, 1e12)) for limit in LIMITS)
    if minimum is not None and maximum is not None and minimum >= maximum:
        raise DocumentError("Write a maximum above the minimum.", parts["maximum"])
    return Item(
        code=code,
        kind=kind,
        page=page,
        label=text(parts["label"], common.join),
        short=text(parts.get("short", parts["label"])),
        hint=maybe(parts, "hint", lambda part: text(part, common.join)),
        choices=offered,
        missing=missing,
        scale=parts["scale"].string(LONGEST) if "scale" in parts else None,
        sensitive="sensitive" in parts and parts["sensitive"].flag(),
        reason=maybe(parts, "reason", lambda part: text(part, common.join)),
        show_if=maybe(parts, "show_if", lambda part: condition(part, before)),
        beside=maybe(parts, "beside", lambda part: beside(part, page, before)),
        audio=MappingProxyType(maybe(parts, "audio", audio) or {}),
        minimum=minimum,
        maximum=maximum,
        max_length=maybe(parts, "max_length", lambda part: part.whole(1, LONGEST_ANSWER))
        or (USUAL_LENGTH if kind.is_text else None),
    )


def audio(part: Part) -> dict[str, str]:
    """The recordings of a question, by language; those of a file must lie beside it."""
    known = (*OWN, *part.languages)
    files = {}
    for code, recording in part.table("", " ".join(known)).items():
        name = recording.string(LONGEST)
        if not SOUND.fullmatch(name):
            raise DocumentError(
                "Name a sound file beside the document by a-z, digits, - and _: audio/question_1.ogg.", recording
            )
        folder = part.places.folder if part.places else None
        if folder and not (folder / name).is_file():
            raise DocumentError("Put the recording %(file)s beside the document.", recording, file=name)
        files[code] = name
    return files


def kind_of(part: Part) -> Kind:
    parts = part.entries()
    if "kind" not in parts:
        raise DocumentError("Add kind: it is one of %(kinds)s.", part, kinds=", ".join(KINDS))
    name = parts["kind"].value
    if not isinstance(name, str) or name not in KINDS:
        raise DocumentError("Write one of %(kinds)s here.", parts["kind"], kinds=", ".join(KINDS))
    return KINDS[name]


def offer(parts: Mapping[str, Part], common: Common) -> tuple[Mapping[int, Text], frozenset[int]]:
    """What an item offers, in the order of the codes (JSON keeps no other), and which of it is no answer."""
    offered: dict[int, Text] = {}
    if "scale" in parts:
        offered.update(common.scales[one_of(parts["scale"], common.scales)])
    if "choices" in parts:
        offered.update(choices(parts["choices"]))
    missing = set()
    for row in rows_of(parts, "missing"):
        code = row.whole(0, 9999)
        if code not in common.missing:
            raise DocumentError("Write %(code)s and its text under `missing` at the top too.", row, code=code)
        if code in offered:
            raise DocumentError("Take out %(code)s here: it is there already.", row, code=code)
        offered[code] = common.missing[code]
        missing.add(code)
    return MappingProxyType(dict(sorted(offered.items()))), frozenset(missing)


def beside(part: Part, page: str, before: Mapping[str, Item]) -> str:
    item = chosen(part, before)
    if item.page != page:
        raise DocumentError("Name an item of the same page: the text stands beside it.", part)
    return item.code


def order_of(part: Part, pages: Mapping[str, Page]) -> tuple[str, ...]:
    """The codes of all pages, in the order of the paper form."""
    order: list[str] = []
    for row in part.rows():
        code = one_of(row, pages)
        if code in order:
            raise DocumentError("Take out the second %(key)s: it stands once.", row, key=code)
        order.append(code)
    if left := [code for code in pages if code not in order]:
        raise DocumentError("Add %(pages)s: the paper form has every page.", part, pages=", ".join(left))
    return tuple(order)


def one_tap_of(part: Part, items: Mapping[str, Item]) -> OneTap:
    """The first two items of a document, which a kiosk asks by faces and by pictures."""
    parts = part.table("answer why pictures")
    first, second = (*items.values(), None, None)[:2]
    if first is None or parts["answer"].value != first.code or first.valid != FIVE or not first.kind.is_scale:
        raise DocumentError("Name the first item here: it has a scale of five levels.", parts["answer"])
    if second is None or parts["why"].value != second.code or not second.kind.is_single_choice or second.show_if:
        raise DocumentError("Name the second item here: one of its choices is the reason.", parts["why"])
    pictures = {}
    for key, picture in parts["pictures"].entries().items():
        if not CHOICE.fullmatch(key) or int(key) not in second.choices:
            raise DocumentError("Write a choice of %(item)s before the colon.", picture, item=second.code)
        pictures[int(key)] = one_of(picture, PICTURES)
    if left := [str(code) for code in second.choices if code not in pictures]:
        raise DocumentError("Add a picture for %(choices)s.", parts["pictures"], choices=", ".join(left))
    return OneTap(first.code, second.code, MappingProxyType(pictures))


def index_of(part: Part, items: Mapping[str, Item]) -> Index:
    parts = part.table("title rule rules areas")
    seen: set[str] = set()
    areas = tuple(area_of(row, items, seen) for row in parts["areas"].rows())
    scored = [items[code] for area in areas for factor in area.factors for code in factor.items]
    rules: dict[str, Rule] = {}
    for row in parts["rules"].rows():
        rule = rule_of(row, scored)
        if rule.name in rules:
            raise DocumentError("Give this rule another name: %(name)s is taken.", row, name=rule.name)
        rules[rule.name] = rule
    return Index(
        title=text(parts["title"]), rule=one_of(parts["rule"], rules), rules=MappingProxyType(rules), areas=areas
    )


def area_of(part: Part, items: Mapping[str, Item], seen: set[str]) -> Area:
    """An area and its factors; codes and items are added to those seen, since each may be in an index once."""
    parts = part.table("code label factors")
    code = parts["code"].code(CODE)
    once(parts["code"], f"index:{code}", seen)
    factors = tuple(factor_of(row, code, items, seen) for row in parts["factors"].rows())
    return Area(code, text(parts["label"]), factors)


def factor_of(part: Part, area: str, items: Mapping[str, Item], seen: set[str]) -> Factor:
    """A factor of an area."""
    parts = part.table("code label items")
    name = parts["code"].string(LONGEST)
    if not FACTOR.fullmatch(name) or not name.startswith(f"{area}."):
        raise DocumentError(
            "Write the code of the area, a dot and a letter: %(example)s.", parts["code"], example=f"{area}.A"
        )
    once(parts["code"], f"index:{name}", seen)
    scored = []
    for entry in parts["items"].rows():
        item = items[one_of(entry, items)]
        if not item.kind.is_scale:
            raise DocumentError(
                "Take out %(code)s: only items on a scale can be in the index.", entry, code=item.code
            )
        scored.append(once(entry, item.code, seen))
    return Factor(name, text(parts["label"]), tuple(scored))


def once(part: Part, name: str, seen: set[str]) -> str:
    if name in seen:
        raise DocumentError("Take out %(code)s here: it stands in the index already.", part, code=name)
    seen.add(name)
    return name


def rule_of(part: Part, scored: Sequence[Item]) -> Rule:
    """A rule of the index: the worth of levels, in one table if all items have the same ones, or by scale."""
    parts = part.table("name label scores")
    scales: dict[str, Item] = {}  # the first item of each
    for item in scored:
        scales.setdefault(str(item.scale), item)
    in_one = any(CHOICE.fullmatch(key) for key in parts["scores"].entries())
    tables = (one_table if in_one else tables_by_scale)(parts["scores"], scales)
    scores = {item.code: tables[str(item.scale)] for item in scored}
    return Rule(parts["name"].code(CODE), text(parts["label"]), MappingProxyType(scores))


def one_table(part: Part, scales: Mapping[str, Item]) -> dict[str, Mapping[int, float]]:
    """The same scores for each scale."""
    first, *others = scales.values()
    if other := next((item for item in others if item.valid != first.valid), None):
        raise DocumentError(
            "Write the scores by scale, `%(scale)s: {level: score}`: %(one)s and %(other)s have other levels.",
            part,
            scale=str(first.scale),
            one=first.code,
            other=other.code,
        )
    return dict.fromkeys(scales, scores_of(part, first))


def tables_by_scale(part: Part, scales: Mapping[str, Item]) -> dict[str, Mapping[int, float]]:
    tables = {}
    for name, entry in part.entries().items():
        if name not in scales:
            raise DocumentError(
                "Take out %(scale)s: no item of the index is on this scale. They are on: %(scales)s.",
                entry,
                scale=name[:40],
                scales=", ".join(scales),
            )
        tables[name] = scores_of(entry, scales[name])
    for name, item in scales.items():
        if name not in tables:
            raise DocumentError(
                "Add scores for the scale %(scale)s: %(item)s is on it.", part, scale=name, item=item.code
            )
    return tables


def scores_of(part: Part, item: Item) -> Mapping[int, float]:
    """The worth of each level of an item."""
    scores = {}
    for key, score in part.entries().items():
        if not CHOICE.fullmatch(key):
            raise DocumentError("Write the levels of the scale before the colons.", score)
        scores[int(key)] = score.number(0, 1)
    if lacking := [str(level) for level in item.valid if level not in scores]:
        raise DocumentError(
            "Add a score for %(levels)s: %(item)s has this level.",
            part,
            levels=", ".join(lacking),
            item=item.code,
        )
    for level in scores:
        if level not in item.valid:
            raise DocumentError(
                "Take out %(level)s: %(item)s has no such level.", part, level=level, item=item.code
            )
    return MappingProxyType(dict(sorted(scores.items())))


def headline(part: Part, items: Mapping[str, Item]) -> Headline:
    parts = part.table("item value none name")
    item = items[one_of(parts["item"], items)]
    value, none = (choice(parts[key], item, item.valid) for key in ("value", "none"))
    return Headline(item.code, value, none, text(parts["name"]))
