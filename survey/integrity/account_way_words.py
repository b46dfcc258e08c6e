"""How the way of a wave's forms reads: who was drawn, what came, what is not counted, how the draw is repeated."""

from __future__ import annotations

from collections.abc import Iterator

from forms import Questionnaire
from survey.integrity.account import Account
from survey.integrity.account_way import Paper
from survey.integrity.account_words import FEWEST, Stage, Told, few, parts, small
from survey.storage.models import Wave, WaveKind
from translations import N_
from translations import gettext as _
from translations.formats import day, number, percent

LEFT_OUT = {
    "aside": N_("%(count)s set aside as whole lots"),
    "rejected": N_("%(count)s rejected in the review"),
    "held": N_("%(count)s held for a decision"),
    "declined": N_("%(count)s held, then declined"),
    "outside": N_("%(count)s not by the sample"),
    "later": N_("%(count)s that came later, or wait until more come"),
    "other": N_("%(count)s for other reasons"),
}
MODES = {
    "paper": N_("%(count)s on paper"),
    "interviewer": N_("%(count)s asked by an interviewer"),
    "phone": N_("%(count)s online"),
    "kiosk": N_("%(count)s at a kiosk"),
    "other": N_("%(count)s in other ways"),
}


def way(account: Account, at: Stage, wave: Wave, asked: Questionnaire) -> list[Told]:
    """The way of the forms, from the draw to those counted; while the wave runs only what was known before."""
    told = [_drawn(account, wave, asked)]
    if at in (Stage.OVER, Stage.RELEASED):
        told += _counted(account)
    if account.paper is not None:
        told.append(_sheets(account.paper))
    return told


def _drawn(account: Account, wave: Wave, asked: Questionnaire) -> Told:
    if asked.population.in_groups:
        return Told(_("Leaders"), _("were asked, each group as a whole: nobody was drawn."))
    if wave.kind is WaveKind.OPEN:
        return Told(_("Not by a sample"), _("Whoever wished could answer: an open link can't be made proof."))
    if account.drawing is None:
        return Told(
            _("Drawn elsewhere"),
            _("The sample was not drawn by this platform: how, only the papers of the draw say."),
        )
    drawing = account.drawing
    return Told(
        _("%(count)s households", count=few(drawing.households)),
        _(
            "were drawn by the computer in %(villages)s villages: nobody chose whom to ask.",
            villages=few(drawing.villages),
        ),
    )


def _counted(account: Account) -> Iterator[Told]:
    exact = not 0 < small(account.left_out) < FEWEST
    came = _("%(count)s forms came", count=number(account.received))
    yield Told(came if exact and account.received >= FEWEST else _("Forms that came"), _rate(account))
    out = _("%(count)s not counted", count=number(account.received - account.counted))
    if account.left_out:
        yield Told(out if exact else _("Not counted"), _sentence(parts(account.left_out, LEFT_OUT)))
    counted = _("%(count)s forms counted", count=few(account.counted))
    yield Told(_capital(counted), _sentence(parts(_joined(account.modes), MODES)))


def _rate(account: Account) -> str:
    if account.answered is None or not account.answered[1]:
        return _("All that were sent, whether they count or not.")
    full, either, households = account.answered
    told = {"share": percent(full, 1), "households": few(households)}
    if either == full:
        return _("Response rate: %(share)s of %(households)s households answered in full (AAPOR RR1).", **told)
    return _(
        "Response rate: %(share)s of %(households)s households answered in full (AAPOR RR1), %(either)s with "
        "those that answered in part (RR2).",
        either=percent(either, 1),
        **told,
    )


def _joined(counts: dict[str, int]) -> dict[str, int]:
    """The parts of a sum that is told: what is under 5 goes together with the next larger part."""
    if not 0 < small(counts) < FEWEST or len(counts) == 1:
        return counts
    least = min((name for name in counts if counts[name] >= FEWEST), key=counts.__getitem__, default="")
    other = small(counts) + counts.get(least, 0)
    return {name: count for name, count in counts.items() if count >= FEWEST and name != least} | {"other": other}


def _sheets(paper: Paper) -> Told:

    if paper.missing == 0:
        text = _("Every one of them was counted back.")
    elif paper.missing < FEWEST:
        text = _("Fewer than 5 of them are missing; all others were counted back.")
    else:
        back = paper.issued - paper.missing
        text = _(
            "%(back)s were counted back, %(missing)s are missing.", back=few(back), missing=number(paper.missing)
        )
    if paper.void:
        text += " " + _("Void: %(count)s.", count=few(paper.void))
    return Told(_("%(count)s numbered sheets", count=few(paper.issued)), text)


def draw(account: Account, at: Stage, wave: Wave) -> list[Told]:
    """Seed and digests of the draw, and how it is repeated. While the wave runs they would tell insiders whom to
    see: the digests of the days cover them."""
    drawing = account.drawing
    if drawing is None:
        return []
    if at not in (Stage.OVER, Stage.RELEASED):
        return [
            Told(
                _("Told afterwards"),
                _(
                    "The draw of %(day)s is in the digests below, so it can't be changed any more. Its seed is "
                    "told once the wave is over: before, somebody could work out from it who will be asked.",
                    day=day(drawing.made),
                ),
            )
        ]
    again = _(
        "With the list of villages, which the Department of Home Affairs shows: install the program, load the "
        "list, run hailong sample draw with this seed and the plan. Or have the Department run, while you watch: "
        "hailong sample show --wave %(wave)s. It draws again and says whether it is the same.",
        wave=wave.code,
    )
    return [
        Told(_("Drawn on"), day(drawing.made)),
        Told(_("Seed"), drawing.seed),
        Told(_("Digest of the list of villages (SHA-256)"), drawing.frame),
        Told(_("Digest of the draw (SHA-256)"), drawing.digest),
        Told(_("To draw again"), again),
    ]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _sentence(text: str) -> str:
    return f"{_capital(text)}." if text else ""
