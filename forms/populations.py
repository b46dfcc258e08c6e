"""Whom a questionnaire may ask: a closed list, each population with what follows from it."""

from __future__ import annotations

from dataclasses import dataclass

from translations import N_


@dataclass(frozen=True, slots=True)
class Population:
    """Whom a questionnaire asks. Only `POPULATIONS` knows the names; nobody else compares them.

    name           as a document writes it
    label          as a list of populations explains it, to be translated
    people         what pages and reports call them within a sentence, to be translated
    survey         which survey of a year it may be, survey or leaders; empty: no measure of a year comes from it
    in_field       they are asked in communes, by sheets and interviewers too, whose patterns are looked at
    in_households  they are drawn as households, of which an adult answers
    in_groups      they belong to groups of known size, all of whom are asked: no villages, no draw, and variances
                   with the finite population correction
    rates_units    the unit of a response is whom its person rates, not where that person is: no commune has pages,
                   links or a notice
    by_code        they answer with a letter's code or in a file, and nobody else can
    gives_points   their index is a share of a scorecard's points, called as the document says, and no satisfaction
    are_officials  of none it is promised that officials can't see the form, or asked whether one helped
    are_served     they came for a service: what they are asked is how they were served
    are_few        so few and known that no row of theirs is given out
    """

    name: str
    label: str
    people: str
    survey: str = "survey"
    are_few: bool = False
    are_served: bool = False
    are_officials: bool = False
    by_code: bool = False
    gives_points: bool = False
    rates_units: bool = False
    in_field: bool = True
    in_households: bool = True
    in_groups: bool = False

    def __str__(self) -> str:
        return self.name


CITIZENS = Population(
    "citizens",
    N_("Citizens: people of the villages of communes, or people at a place of service"),
    N_("people"),
)
SERVED = Population(
    "served",
    N_("People served: those who came for a procedure or a public service"),
    N_("people served"),
    are_served=True,
)
LEADERS = Population(
    "leaders",
    N_("Leaders and managers, by groups of which it is known how many people each has"),
    N_("leaders"),
    survey="leaders",
    in_groups=True,
    in_field=False,
    in_households=False,
    rates_units=True,
    gives_points=True,
    by_code=True,
    are_officials=True,
    are_few=True,
)
BUSINESSES = Population(
    "businesses", N_("Businesses and household businesses"), N_("businesses"), survey="", in_households=False
)
POPULATIONS = {one.name: one for one in (CITIZENS, SERVED, BUSINESSES, LEADERS)}
