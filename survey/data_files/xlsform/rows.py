"""The rows of the sheet `survey`, one by one: groups become pages, questions items, notes introductions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any

from forms import kinds
from forms.parsing import RESERVED
from survey.data_files.xlsform import expressions
from survey.data_files.xlsform.choice_lists import ChoiceList, Choices, with_other
from survey.data_files.xlsform.expressions import Asked, UnclearError
from survey.data_files.xlsform.languages import Languages, together
from survey.data_files.xlsform.names import code_of
from survey.data_files.xlsform.remarks import Remarks, told_of_formulas
from survey.data_files.xlsform.sheets import Row
from translations import N_

Item = dict[str, Any]

SETTINGS_READ = {"form_title", "form_id", "version", "default_language", "allow_choice_duplicates", "style"}
READ = {"type", "name", "label", "hint", "audio", "relevant", "constraint", "appearance", "parameters", "disabled"}
UNTOLD = {"constraint_message", "required_message"}  # go with what they belong to
TYPES = {
    "select one": "select_one",
    "select one from": "select_one",
    "select1": "select_one",
    "select multiple": "select_multiple",
    "select multiple from": "select_multiple",
    "select all that apply": "select_multiple",
    "select all that apply from": "select_multiple",
    "int": "integer",
    "string": "text",
}
SELECT = re.compile(
    r"(?P<how>select[_ ](?:one|multiple)(?: from)?|select1|select all that apply(?: from)?)\s+(?P<list>\S+)"
    r"(?P<other>\s+(?:or_other|or specify other))?",
    re.IGNORECASE,
)
GROUP = re.compile(r"(?P<what>begin|end)[_ ](?P<of>group|repeat|loop)\b", re.IGNORECASE)
NUMBERS = ("integer", "decimal", "range")
ABOUT_DEVICES = {
    "start", "end", "today", "deviceid", "username", "phonenumber", "email", "simserial", "subscriberid", "audit",
    "start-geopoint", "background-audio", "background-geopoint",
}  # fmt: skip
USUAL_MOST = 999_999
OTHER_LABEL = {"vi": "Ông/Bà nói rõ hơn được không?", "en": "Which one?"}


@dataclass(frozen=True)
class Reading:
    """What the rows are read with: the lists, the languages, and where remarks go."""

    choices: Choices
    languages: Languages
    remarks: Remarks


@dataclass
class Group:
    """A group that is open: its code, title and conditions; `page`: the page that its questions are on by now."""

    code: str
    title: dict[str, str]
    together: bool
    conditions: list[dict[str, Any]]
    page: dict[str, Any] | None = None


@dataclass
class Walk:
    """The way through the rows.

    opening  the notes before everything else
    rows     how many rows said something; `taken`: how many of them are in the document
    """

    read: Reading
    title: dict[str, str]
    codes: Mapping[str, str]  # of pages, by the names of their groups, where they differ
    pages: list[dict[str, Any]] = field(default_factory=list)
    opening: list[dict[str, str]] = field(default_factory=list)
    rows: int = 0
    taken: int = 0
    _between: dict[str, Any] | None = None  # the newest page of questions that are in no group
    _open: list[tuple[Row, Group]] = field(default_factory=list)
    _repeat: list[Row] = field(default_factory=list)
    _notes: list[tuple[Row, dict[str, str]]] = field(default_factory=list)
    _asked: dict[str, Asked] = field(default_factory=dict)
    _codes: set[str] = field(default_factory=set)
    _places: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _waits: dict[str, tuple[Row, set[str]]] = field(default_factory=dict)

    @property
    def remarks(self) -> Remarks:
        return self.read.remarks

    def row(self, row: Row) -> None:
        kind = row.get("type")
        told_of_formulas(row, self.remarks)
        if not kind:
            if row.get("name") and row.get("label"):
                raise row.fault("type", N_("write a type in each row: of merged cells only the first is read."))
            return
        if row.get("disabled").casefold() in ("yes", "true"):
            return
        self.rows += 1
        if found := GROUP.match(kind):
            self._group(row, found["what"].casefold() == "begin", found["of"].casefold() != "group")
        elif self._repeat:
            self.remarks.add(row, "type", N_("left out: it stands in a part that is repeated."))
        elif kind.casefold() == "note":
            self._note(row)
        else:
            self._question(row, kind)

    def end(self) -> None:
        for row in (*self._repeat[:1], *(row for row, _group in self._open[:1])):
            raise row.fault("type", N_("close this group with end_group: it has no end."))
        self._leave_notes()
        self._refuse_circles()

    # groups

    def _group(self, row: Row, begins: bool, is_repeat: bool) -> None:
        if self._repeat or is_repeat:
            if begins:
                self._repeat.append(row)
                self.remarks.add(row, "type", N_("left out: nothing is asked more than once here."))
            elif not self._repeat:
                raise row.fault("type", N_("take out this end: nothing was begun."))
            else:
                self._repeat.pop()
            return
        if begins:
            self._begin(row)
        elif not self._open:
            raise row.fault("type", N_("take out this end: nothing was begun."))
        else:
            self._leave_notes()
            self._open.pop()
            self.taken += 1

    def _begin(self, row: Row) -> None:
        self.taken += 1
        outer = self._open[-1][1] if self._open else None
        name = row.get("name") or f"page_{len(self.pages) + 1}"
        title = self._texts(row, "label") or (outer.title if outer else self.title)
        conditions = [*(outer.conditions if outer else []), *self._conditions(row)]
        together = bool({"table-list", "list-nolabel"} & set(row.get("appearance").split()))
        self._tell_of_others(row)
        self._open.append((row, Group(self.codes.get(name, name), title, together, conditions)))

    def _page(self) -> dict[str, Any]:
        """The page for the next question: that of the innermost group, or one of its own between groups."""
        group = self._open[-1][1] if self._open else Group("page_1", self.title, False, [])
        last = self.pages[-1] if self.pages else None
        if last is not None and (group.page is last or (not self._open and self._between is last)):
            return last
        taken = {page["code"] for page in self.pages}
        code = group.code if group.code not in taken else code_of(group.code, "page", taken)
        page: dict[str, Any] = {"code": code_of(code, "page", taken), "title": group.title, "items": []}
        if not self._open:
            self._between = page
        if group.together:
            page["together"] = True
        group.page = page
        self.pages.append(page)
        return page

    # notes

    def _note(self, row: Row) -> None:
        texts = self._texts(row, "label")
        self._tell_of_others(row)
        if not texts:
            self.taken += 1
        elif row.get("relevant"):
            self.remarks.add(row, "relevant", N_("left out: a note is shown to all or not at all."))
        elif not self.pages and not self._open:
            self.opening.append(texts)
            self.taken += 1
        else:
            self._notes.append((row, texts))

    def _leave_notes(self) -> None:
        for row, _texts in self._notes:
            self.remarks.add(row, "label", N_("left out: no question follows on this page."))
        self._notes = []

    def _use_notes(self, page: dict[str, Any], item: Item) -> None:
        """Notes before the first question introduce the page; later ones become the hint of the next question."""
        if not self._notes:
            return
        texts = together([texts for _row, texts in self._notes])
        if not page["items"] and "intro" not in page:
            page["intro"] = texts
        elif "hint" not in item:
            item["hint"] = texts
        else:
            self._leave_notes()
            return
        self.taken += len(self._notes)
        self._notes = []

    # questions

    def _question(self, row: Row, kind: str) -> None:
        name = row.get("name")
        select = SELECT.fullmatch(re.sub(r"\s+", " ", kind.strip()))
        typed = TYPES.get(kind.casefold(), kind.casefold())
        if kind.split()[0].casefold() in ABOUT_DEVICES:
            self.remarks.add(row, "type", N_("left out: no time, device or place of a person is kept here."))
            return
        if select is None and typed not in (*NUMBERS, "text"):
            self.remarks.add(
                row, "type", N_("left out: there is no question of the type %(type)s here."), type=kind.split()[0]
            )
            return
        if not name:
            raise row.fault("name", N_("write a name for this question."))
        self._distinct(row, name)
        code = code_of(name, "q", {*self._codes, *RESERVED})
        if code != name:
            self.remarks.add(row, "name", N_("%(name)s is called %(code)s here."), name=name, code=code)
        self._codes.add(code)
        item: Item = {"code": code}
        chosen = self._select(row, item, select) if select else None
        if typed in NUMBERS:
            self._number(row, item, typed)
        elif not select:
            self._text(row, item)
        self._words(row, item)
        self._condition(row, item)
        self._tell_of_others(row)
        page = self._page()
        self._beside(page, item)
        self._use_notes(page, item)
        page["items"].append(item)
        self._asked[name] = Asked(code, chosen.codes if chosen else {})
        self.taken += 1
        if select and select["other"] and chosen:
            self._spelled_out(page, code, chosen.codes["other"])

    def _distinct(self, row: Row, name: str) -> None:
        groups = tuple(group.code for _row, group in self._open)
        if name in self._places and self._places[name] == groups:
            raise row.fault("name", N_("write another name: %(name)s is there already."), name=name)
        self._places.setdefault(name, groups)

    def _select(self, row: Row, item: Item, select: re.Match[str]) -> ChoiceList:
        choices = self.read.choices
        chosen = choices.lists.get(select["list"])
        if chosen is None:
            raise row.fault(
                "type", N_("write the list %(list)s on the sheet choices: it is not there."), list=select["list"]
            )
        if select["other"]:
            chosen, _code = with_other(chosen)
        if re.search("multiple|all", select["how"].casefold()):
            item["kind"] = kinds.MULTIPLE.name
            item["choices"] = self._keyed(chosen.texts)
            return chosen
        if "likert" in row.get("appearance").split() or (chosen.is_graded and not select["other"]):
            item["kind"] = kinds.SCALE.name
            item["scale"] = choices.scale(chosen)
            if not self.remarks.as_written:
                self.remarks.add(row, "type", N_("taken as a scale, by its words: an index can be made of it."))
        else:
            item["kind"] = kinds.SINGLE.name
            item["choices"] = self._keyed(chosen.levels)
        if chosen.missing:
            item["missing"] = sorted(chosen.missing)
        return chosen

    def _keyed(self, texts: Mapping[int, dict[str, str]]) -> dict[str, dict[str, str]]:
        return {str(code): dict(text) for code, text in sorted(texts.items())}

    def _number(self, row: Row, item: Item, typed: str) -> None:
        item["kind"] = kinds.NUMBER.name
        found = expressions.limits(row.get("constraint"), typed == "integer") if row.get("constraint") else None
        limits = found or expressions.Limits()
        if typed == "range":
            parameters = dict(re.findall(r"(\w+)\s*=\s*(-?[\d.]+)", row.get("parameters")))
            limits.minimum = expressions.value(parameters.get("start", "1"))
            limits.maximum = expressions.value(parameters.get("end", "10"))
        if limits.unclear:
            self.remarks.add(row, "constraint", N_("left out: %(why)s"), why=limits.unclear)
        low, high = limits.minimum, limits.maximum
        if low is None or high is None or low >= high:
            low = 0 if low is None or (high is not None and low >= high) else low
            high = max(USUAL_MOST, low + 1) if high is None or high <= low else high
            self.remarks.add(
                row,
                "constraint",
                N_("a number has two limits here: %(low)s and %(high)s stand for them."),
                low=low,
                high=high,
            )
        item["minimum"], item["maximum"] = low, high

    def _text(self, row: Row, item: Item) -> None:
        item["kind"] = kinds.TEXT.name
        if row.get("constraint"):
            limits = expressions.limits(row.get("constraint"), False)
            if limits.length and 1 <= limits.length <= 5000:
                item["max_length"] = limits.length
            if limits.unclear or not limits.length:
                why = limits.unclear or expressions.ONLY_LENGTHS
                self.remarks.add(row, "constraint", N_("left out: %(why)s"), why=why)

    def _words(self, row: Row, item: Item) -> None:
        label = self._texts(row, "label")
        if not label:
            label = {"vi": row.get("name"), "en": row.get("name")}
            self.remarks.add(row, "label", N_("the question has no words; its name stands in their place."))
        item["label"] = label
        if hint := self._texts(row, "hint"):
            item["hint"] = hint
        if audio := self.read.languages.texts(row, "audio"):
            item["audio"] = audio

    def _texts(self, row: Row, name: str) -> dict[str, str]:
        return self.remarks.texts(row, self.read.languages.texts(row, name), name)

    def _conditions(self, row: Row) -> list[dict[str, Any]]:
        """The condition of a row, none where it has none or one that can't be said here."""
        text = row.get("relevant")
        if not text:
            return []
        self._waits[row.get("name")] = (row, expressions.references(text))
        try:
            return [expressions.condition(text, self._asked)]
        except UnclearError as unclear:
            self.remarks.add(row, "relevant", N_("left out, so it is always asked: %(why)s"), why=unclear.why)
            return []

    def _condition(self, row: Row, item: Item) -> None:
        outer = self._open[-1][1].conditions if self._open else []
        if conditions := [*outer, *self._conditions(row)]:
            item["show_if"] = conditions[0] if len(conditions) == 1 else {"all": conditions}

    def _beside(self, page: dict[str, Any], item: Item) -> None:
        """A text that is asked of those who took one choice of the question right before it stands beside it."""
        condition = item.get("show_if", {})
        if not page["items"] or "item" not in condition or item["kind"] != kinds.TEXT.name:
            return
        before = page["items"][-1]
        code = before.get("beside", before["code"])
        if condition["item"] == code and len(condition["any"]) == 1:
            item["beside"] = code

    def _spelled_out(self, page: dict[str, Any], code: str, other: int) -> None:
        """The text that XLSForm adds by itself to a question with `or_other`."""
        own = code_of(f"{code[:34]}_khac", "q", {*self._codes, *RESERVED})
        self._codes.add(own)
        page["items"].append(
            {
                "code": own,
                "kind": kinds.TEXT.name,
                "label": dict(OTHER_LABEL),
                "beside": code,
                "show_if": {"item": code, "any": [other]},
            }
        )

    def _tell_of_others(self, row: Row) -> None:
        """Of the columns that are not read."""
        for column in row.cells:
            if column.name == "required" and row.cells[column].casefold() not in ("no", "false", "false()"):
                self.remarks.add(
                    row,
                    column.head,
                    N_("not taken over: whoever leaves a question out may do so, and it is counted."),
                )
            elif column.name not in READ | UNTOLD | {"required"}:
                self.remarks.add(row, column.head, N_("the column is not read."))

    def _refuse_circles(self) -> None:
        """Conditions that ask for each other."""
        graph = {name: looked & self._waits.keys() for name, (_row, looked) in self._waits.items()}
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as circle:
            names: list[str] = circle.args[1]
            raise self._waits[names[0]][0].fault(
                "relevant", N_("mend this condition: it goes in a circle, %(names)s."), names=" → ".join(names)
            ) from None
