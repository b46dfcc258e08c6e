"""The choice lists of a workbook, and what they become: numbered choices, scales, choices that are no answer."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import chain

from forms import hints
from forms.grammar import CHOICE
from survey.data_files.xlsform.languages import Languages
from survey.data_files.xlsform.remarks import Remarks, told_of_formulas
from survey.data_files.xlsform.sheets import Row, Sheet
from translations import N_

Texts = dict[str, str]

NO_ANSWER = re.compile(
    r"^(\W*)(tôi )?(không biết|không nhớ|không rõ|không (muốn )?trả lời|từ chối|không áp dụng|không có ý kiến|"
    r"do(n['’]t| not) know|don['’]t remember|refused?|decline|no (answer|response|opinion)|"
    r"prefer not|not applicable|n/a$|unsure)",
    re.IGNORECASE,
)
FEWEST_LEVELS, MOST_LEVELS = 3, 11
OTHER = {"vi": "Khác", "en": "Other"}


@dataclass
class ChoiceList:
    """A list: names -> codes, texts by code, and which codes are no answer. `first`: its first row."""

    name: str
    first: Row
    codes: dict[str, int] = field(default_factory=dict)
    texts: dict[int, Texts] = field(default_factory=dict)
    missing: set[int] = field(default_factory=set)

    @property
    def levels(self) -> dict[int, Texts]:
        return {code: texts for code, texts in self.texts.items() if code not in self.missing}

    @property
    def is_graded(self) -> bool:
        """Whether its words are those of a scale with two sides."""
        if not FEWEST_LEVELS <= len(self.levels) <= MOST_LEVELS:
            return False
        for language in ("vi", "en"):
            words = [texts.get(language, "") for texts in self.levels.values()]
            below, middle, above = hints.sides(words)
            if above and (below > 1 or (below and middle)):
                return True
        return False


@dataclass
class Choices:
    """All lists, and what their questions have in common: scales by their levels, texts of what is no answer."""

    lists: dict[str, ChoiceList]
    scales: dict[str, dict[int, Texts]] = field(default_factory=dict)
    missing: dict[int, Texts] = field(default_factory=dict)

    def scale(self, chosen: ChoiceList) -> str:
        """The name of the scale with these levels: that of the first list that has them."""
        for name, levels in self.scales.items():
            if levels == chosen.levels:
                return name
        base, _, missing = chosen.name.partition("__")
        of_a_scale = {*missing.split("_")} == {str(code) for code in chosen.missing} and base not in self.scales
        name = base if of_a_scale else chosen.name
        self.scales[name] = chosen.levels
        return name


def read(sheet: Sheet | None, languages: Languages, remarks: Remarks, doubles: bool) -> Choices:
    """The lists of the sheet `choices`. `doubles`: whether the settings allow a name twice in a list."""
    rows: dict[str, list[Row]] = {}
    for row in sheet.rows if sheet else []:
        name = row.get("list_name")
        told_of_formulas(row, remarks)
        if not name:
            if not row.get("name"):
                remarks.add(row, "list_name", N_("left out: the row names no list and no choice."))
            else:
                raise row.fault(
                    "list_name",
                    N_("write the name of the list in each row: of merged cells only the first is read."),
                )
            continue
        rows.setdefault(name, []).append(row)
    choices = Choices({})
    for name, own in rows.items():
        choices.lists[name] = _list(name, own, languages, remarks, doubles, choices.missing)
    return choices


def _list(
    name: str, rows: list[Row], languages: Languages, remarks: Remarks, doubles: bool, common: dict[int, Texts]
) -> ChoiceList:
    chosen = ChoiceList(name, rows[0])
    own: dict[str, Row] = {}
    for row in rows:
        choice = row.get("name")
        if not choice:
            raise row.fault("name", N_("write a name for this choice."))
        if choice in own and not doubles:
            raise row.fault(
                "name", N_("write another name: the list %(list)s has %(name)s already."), list=name, name=choice
            )
        own.setdefault(choice, row)
    texts = {choice: remarks.texts(row, languages.texts(row, "label"), "label") for choice, row in own.items()}
    blank = {choice for choice, row in own.items() if _is_no_answer(row, texts[choice])}
    as_numbers = all(CHOICE.fullmatch(choice) for choice in own if choice not in blank)
    if not as_numbers:
        remarks.add(rows[0], "name", N_("the choices of the list are numbered from 1: codes are numbers."))
    for number, choice in enumerate((choice for choice in own if choice not in blank), start=1):
        code = int(choice) if as_numbers else number
        chosen.codes[choice] = code
        chosen.texts[code] = texts[choice]
    for choice in (choice for choice in own if choice in blank):
        code = _free(choice, texts[choice], chosen.texts, common)
        chosen.codes[choice] = code
        chosen.texts[code] = common[code] = texts[choice]
        chosen.missing.add(code)
    for choice, row in own.items():
        if not texts[choice]:
            remarks.add(row, "label", N_("the choice has no words; its name stands in their place."))
            chosen.texts[chosen.codes[choice]].update({"vi": choice, "en": choice})
    return chosen


def _is_no_answer(row: Row, texts: Texts) -> bool:
    return row.get("missing") == "true" or any(NO_ANSWER.match(text) for text in texts.values())


def _free(choice: str, texts: Texts, taken: Collection[int], common: Mapping[int, Texts]) -> int:
    """A code for what is no answer: its own where it can be, else the highest free one below 100."""
    own = choice.lstrip("-")
    wanted = [int(own)] if CHOICE.fullmatch(own) else []
    wanted += [code for code, known in common.items() if known == texts]
    for code in chain(wanted, range(99, 0, -1)):
        if code not in taken and common.get(code, texts) == texts:
            return code
    most: int = max(100, *taken, *common)
    return most + 1


def with_other(chosen: ChoiceList) -> tuple[ChoiceList, int]:
    """The same list with "Other" as its last choice (`or_other`), and its code."""
    code = max(chosen.levels, default=0) + 1
    while code in chosen.texts:
        code += 1
    texts = dict(sorted({**chosen.texts, code: dict(OTHER)}.items()))
    return ChoiceList(chosen.name, chosen.first, {**chosen.codes, "other": code}, texts, chosen.missing), code
