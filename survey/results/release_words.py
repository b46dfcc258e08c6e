"""What is said of a release beside its figures, and of a wave whose figures nobody is shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from survey.responses.respondents import Respondents
from survey.storage.models import Release, Wave
from translations import formats, ngettext
from translations import gettext as _


def waiting(communes: int) -> str:
    """Of how many communes a release holds nothing yet; empty where of none."""
    if not communes:
        return ""
    return ngettext(
        "Forms of %(num)s place are not counted in it: too few have come, so they wait for a later release.",
        "Forms of %(num)s places are not counted in it: too few have come, so they wait for a later release.",
        communes,
    )


def correction(release: Release) -> str:
    """What stands before the figures of a release that was withdrawn, or that lets few changed forms be seen;
    empty for any other."""
    if release.withdrawn is not None:
        return _(
            "Release %(number)s was withdrawn on %(day)s: %(reason)s",
            number=release.number,
            day=formats.day(release.withdrawn),
            reason=formats.ended(release.withdrawal),
        )
    if not release.correction:
        return ""
    return _(
        "These figures correct a few forms of those released before. The Department of Home Affairs declared: "
        "%(reason)s",
        reason=formats.ended(release.correction),
    )


def goes_out(people: Respondents, headlines: Sequence[str]) -> Iterator[str]:
    """What everybody is shown of a release besides its first sentence.

    headlines  the names of its headline figures, the first one first
    """
    asked = people.questionnaire
    if len(headlines) > 1:
        yield _("Headline figures: %(names)s.", names="; ".join(headlines[1:]))
    count = sum(item.kind.is_estimated for item in asked.items.values())
    yield ngettext(
        "%(num)s question, with each of its answers.", "%(num)s questions, each with its answers.", count
    )
    places = len(set(people.unit.codes.tolist()))
    yield ngettext("The same figures of %(num)s place.", "The same figures of each of %(num)s places.", places)
    yield _("All of it in files (CSV, JSON), and for the programs that read them.")


def unshown(withdrawn: Release | None) -> str:
    """Why nobody is shown the figures of a wave, after its name: it was withdrawn, and why, or is not released."""
    if withdrawn is None:
        return _("is not released")
    reason = (withdrawn.withdrawal or "").rstrip(".")
    return _("was withdrawn on %(day)s: %(reason)s", day=formats.day(withdrawn.withdrawn), reason=reason)


def untold(former: Wave, withdrawn: Release | None) -> str:
    """Why nothing is said of change beside a wave whose figures nobody is shown."""
    return _(
        "Nothing is said of change: %(wave)s, the wave before, %(why)s.", wave=former.title, why=unshown(withdrawn)
    )


def part_alone(whole: str) -> str:
    """That the figures are not those of all: `whole`, those that they are of."""
    return _("The figures speak only for %(whole)s, and say nothing of the others.", whole=whole)
