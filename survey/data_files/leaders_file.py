"""A table of what leaders answered."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from forms import Questionnaire
from survey.data_files.response_file import COLUMNS, File
from survey.data_files.waiting_lines import Line
from survey.sampling import leader_groups
from survey.storage.models import Wave
from survey.system.csv_table import Nearest, Rows
from survey.waves import file_words, units
from translations import N_, Lazy

PERSON = re.compile(r"[A-Za-z]?[0-9]{1,5}|[A-Za-z]")


class LeadersFile(File):
    """A table of what leaders answered: `stratum` is the group, `psu` a label of the person in it, `unit` what the
    person rates; the province where that is blank."""

    REQUIRED = ("stratum",)
    ABOUT = COLUMNS

    def __init__(
        self, session: Session, wave: Wave, questionnaire: Questionnaire, table: Rows, replaced: int | None = None
    ) -> None:
        super().__init__(session, wave, questionnaire, table, replaced)
        self.province = units.province(session)
        self.units = file_words.UnitCodes((*self.units.units.values(), self.province))
        self.groups = leader_groups.groups(session, wave.code)
        self.near_groups = Nearest(self.groups)
        self.in_sample, self.weighs = True, self.has("weight")
        self.new: dict[tuple[str, str], int] = {}  # persons, and the first row of each

    def _unit(self, text: str) -> str:
        return super()._unit(text) if text else self.province.code

    def _home(self, values: dict[str, str], unit: str) -> dict[str, str | None]:
        stratum = self._label("stratum", values["stratum"])
        if stratum is not None and stratum not in self.groups:
            near = self.near_groups.to(stratum)
            message = N_("The frame of this wave has no group %(group)s. The nearest is %(near)s.")
            self.fault(
                "stratum",
                message if near else N_("The frame of this wave has no group %(group)s."),
                group=stratum,
                near=near,
            )
        return {"psu": None, "stratum": stratum, "person": self._person(values)}

    def _person(self, values: dict[str, str]) -> str | None:
        """The person's label, kept for good: a number, that can be no name and no telephone."""
        person = values.get("psu", "")
        if not person or person == values.get("response_id"):  # so a file of ours names who has no label
            return None
        if PERSON.fullmatch(person.removeprefix(values["stratum"] + "-")) is None:
            self.fault("psu", "Number the persons of a group: 1, 2 … or A1. The label is kept: never a name.")
        return person

    def _count(self, fresh: list[Line]) -> None:
        for line in fresh:
            person = str(line.stratum), line.person or str(line.id)
            self.new[person] = min(line.row, self.new.get(person, line.row))

    def check_counts(self, session: Session, lines: Mapping[str, Sequence[int]], stored: bool = False) -> None:
        there = leader_groups.persons(session, self.wave.code, () if stored else self.replaced)
        for stratum, group in self.groups.items():
            had = there.get(stratum, set())
            rows = sorted(row for (own, who), row in self.new.items() if own == stratum and who not in had)
            if len(had) + len(rows) > group.people:
                message = Lazy(
                    "The group %(group)s has %(people)s persons: this would be one more. Take rows out, or "
                    "give all answers of a person the same label in the column psu.",
                    group=stratum,
                    people=group.people,
                )
                for row in rows[max(group.people - len(had), 0) :]:
                    self.fault_at(row, "psu" if self.has("psu") else "stratum", message)
        self.new = {}

    def _moved(self, line: Line, before: Row[Any]) -> str | None:
        if line.stratum != before.stratum:
            return "stratum"
        return "psu" if self.has("psu") and line.person != before.person else None
