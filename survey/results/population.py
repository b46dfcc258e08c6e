"""What pages call the people that a wave asks, and where they are: one place for citizens and one for leaders."""

from __future__ import annotations

from dataclasses import dataclass

from translations import gettext as _


@dataclass(frozen=True)
class Words:
    """The words of a population.

    unit, units      what a response is about           unit_of_rows, unit_in_file  the same, where a file is read
    stratum, psu     of the sample                      scored, content  heads of a table of the index
    see              who sees releases
    anew, kept       of two waves, how the later one's people were found; None: nothing is said
    """

    unit: str
    units: str
    unit_of_rows: str
    unit_in_file: str
    stratum: str
    psu: str
    scored: str
    content: str
    see: str
    anew: str | None
    kept: str | None


def citizens() -> Words:
    """Those of people in the villages of communes."""
    return Words(
        unit=_("Commune or ward"),
        units=_("Communes"),
        unit_of_rows=_("Commune of all rows"),
        unit_in_file=_("Commune: code or name"),
        stratum=_("Stratum"),
        psu=_("Village"),
        scored=_("Satisfied"),
        content=_("Satisfied with"),
        see=_(
            "Communes see only the newest approved release; so do programs with a token of Home Affairs, which "
            "get a marked draft until there is one. Reports made before a release are drafts."
        ),
        anew=_("villages drawn again"),
        kept=_("the same villages"),
    )


def leaders() -> Words:
    """Those of leaders in their groups."""
    return Words(
        unit=_("Rated unit"),
        units=_("Rated units"),
        unit_of_rows=_("Rated unit of all rows"),
        unit_in_file=_("Rated unit: code or name; blank: the province"),
        stratum=_("Group"),
        psu=_("Label of the person within the group"),
        scored=_("Share of the maximum"),
        content=_("Content"),
        see=_(
            "Programs with a token of Home Affairs get only the newest approved release, until there is one a "
            "marked draft. Reports made before a release are drafts."
        ),
        anew=None,
        kept=None,
    )


def words(asks_leaders: bool) -> Words:
    """Those of the population that a questionnaire asks, in the language of the moment."""
    return leaders() if asks_leaders else citizens()
