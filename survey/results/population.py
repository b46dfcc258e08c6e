"""What pages call what a wave asks people about, and where they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from forms import Population
from translations import gettext as _


@dataclass(frozen=True)
class Words:
    """The words of a population.

    unit, units      what a response is about           unit_of_rows, unit_in_file  the same, where a file is read
    stratum, psu     of the sample
    see              who sees releases
    anew, kept       of two waves, how the later one's people were found; None: nothing is said
    """

    unit: str
    units: str
    unit_of_rows: str
    unit_in_file: str
    stratum: str
    psu: str
    see: str
    anew: str | None
    kept: str | None


def words(asked: Population) -> Words:
    """Those of a population, in the language of the moment."""
    return Words(**_units(asked), **_sample(asked))


def _units(asked: Population) -> dict[str, str]:
    if asked.rates_units:
        return {
            "unit": _("Rated unit"),
            "units": _("Rated units"),
            "unit_of_rows": _("Rated unit of all rows"),
            "unit_in_file": _("Rated unit: code or name; blank: the province"),
            "see": _(
                "Programs get only the newest approved release; until there is one, a marked draft if they may "
                "read rows. Reports made before a release are drafts."
            ),
        }
    return {
        "unit": _("Commune or ward"),
        "units": _("Communes"),
        "unit_of_rows": _("Commune of all rows"),
        "unit_in_file": _("Commune: code or name"),
        "see": _(
            "Communes and programs see only the newest approved release; until there is one, programs that may "
            "read rows get a marked draft. Reports made before a release are drafts."
        ),
    }


def _sample(asked: Population) -> dict[str, Any]:
    if asked.in_groups:
        psu = _("Label of the person within the group")
        return {"stratum": _("Group"), "psu": psu, "anew": None, "kept": None}
    return {
        "stratum": _("Stratum"),
        "psu": _("Village"),
        "anew": _("villages drawn again"),
        "kept": _("the same villages"),
    }
