"""The words of a commune against the rest, of any two sides, of two waves."""

from __future__ import annotations

from analysis.contrast import Group
from translations import N_

STANDINGS: dict[Group, str] = {
    "above": N_("above the rest"),
    "signs_above": N_("signs of being above the rest"),
    "not_apart": N_("no clear difference from the rest"),
    "signs_below": N_("signs of being below the rest"),
    "below": N_("below the rest"),
}
SIDES: dict[Group, str] = {
    "above": N_("higher"),
    "signs_above": N_("signs of being higher"),
    "not_apart": N_("no clear difference"),
    "signs_below": N_("signs of being lower"),
    "below": N_("lower"),
}
CHANGES: dict[Group, str] = {
    "above": N_("up"),
    "signs_above": N_("signs of a rise"),
    "not_apart": N_("not enough to conclude"),
    "signs_below": N_("signs of a fall"),
    "below": N_("down"),
}
