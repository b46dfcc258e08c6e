"""The letters that bring invitations: a page for each code, or a table for a mail merge."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import IO, Any

from analysis.disclosure import FEWEST
from forms import Questionnaire
from survey.fieldwork.invitations import Letter
from survey.pdf import joining, typesetting
from survey.storage.models import Unit, Wave
from survey.system import addresses, dates
from survey.system.csv_table import Writer
from survey.waves import units, waves
from translations import gettext as _
from translations import speaking
from translations.formats import day

COLUMNS = ("psu", "village", "unit", "commune", "code", "address")
COLUMNS_OF_GROUPS = ("stratum", "name", "code", "address")
AT_ONCE = 50  # letters that are set together: each takes half a megabyte until it is


@dataclass(frozen=True)
class Words:
    """What all letters of a wave say in one language; `picture` is for a screen reader."""

    title: str
    purpose: str
    who: str
    how: str
    picture: str
    until: str
    secret: str
    ask: str
    asker: str
    warning: str


def write(
    letters: Sequence[Letter],
    wave: Wave,
    asked: Questionnaire,
    base: str,
    contact: str,
    province: Unit,
    file: IO[bytes],
) -> None:
    """Writes the letters as PDF, A5, a page each, in Vietnamese with the most needful in English.

    base      what stands before the path of every address, as `addresses.outside` gives it
    contact   who answers questions and gives another code: an office and its telephone number
    province whose people's committee asks

    Refused where nobody is named, the typeface lacks a sign of a name, or somebody else's print takes too long.
    """
    contact = waves.whom_to_ask(contact)
    shared = {
        "words": {spoken: asdict(_words(wave, asked, contact, province, spoken)) for spoken in ("vi", "en")},
        "address": addresses.typing_a_code(base),
        "mark": typesetting.drawing("mark.html", "#0b4a54"),
    }
    parts = (letters[at : at + AT_ONCE] for at in range(0, len(letters), AT_ONCE))
    joining.print_into(file, (_pdf(part, shared, base, asked) for part in parts))


def _pdf(letters: Sequence[Letter], shared: dict[str, Any], base: str, asked: Questionnaire) -> bytes:
    with speaking("vi"):
        pages = [
            {
                "to": _addressed(letter, asked),
                "code": letter.code,
                "picture": addresses.picture(addresses.invitation(base, letter.code)),
            }
            for letter in letters
        ]
    return typesetting.pdf("letter/letter.typ", {**shared, "letters": pages}, dates.today())


def _addressed(letter: Letter, asked: Questionnaire) -> str:
    if not letter.unit:
        return _("To a member of the group: %(group)s", group=letter.name)
    where = {"village": letter.name, "commune": letter.commune}
    if asked.population.in_households:
        return _("To a household in %(village)s, %(commune)s", **where)
    return _("To %(who)s in %(village)s, %(commune)s", who=_(asked.population.people), **where)


def table(letters: Iterable[Letter], base: str) -> bytes:
    """The letters as CSV for a mail merge, in `COLUMNS`, of groups in theirs; `address` is what a letter's QR code
    holds."""
    text = io.StringIO(newline="")
    rows = Writer(text, "\n")
    letters = list(letters)
    of_villages = any(letter.unit for letter in letters)
    rows.writerow(COLUMNS if of_villages else COLUMNS_OF_GROUPS)
    for letter in letters:
        address = addresses.invitation(base, letter.code)
        where = (letter.unit, letter.commune) if of_villages else ()
        rows.writerow((letter.place, letter.name, *where, letter.code, address))
    # With a mark at its start, or Word and Excel would misread Vietnamese names.
    return text.getvalue().encode("utf-8-sig")


def _words(wave: Wave, asked: Questionnaire, contact: str, province: Unit, spoken: str) -> Words:
    with speaking(spoken):
        return Words(
            title=str(asked.title) if asked.population.in_groups else _("Invitation to a survey"),
            purpose=str(asked.purpose),
            who=_("Everybody of this group gets a letter like this one, without a name. Please answer yourself.")
            if asked.population.in_groups
            else _(
                "Your household was chosen at random. Please let the adult (18 or older) with the next "
                "birthday answer."
            )
            if asked.population.in_households
            else _("You were chosen at random. Please let whoever deals with public offices for you answer."),
            how=_("Scan the picture with a phone, or open this address and type the code:"),
            picture=_("QR code that opens the form of this letter"),
            until=_("The code opens one form, until %(day)s.", day=day(wave.closes)),
            secret=_(
                "No name is asked. The code says only to which group you belong and is not kept with your "
                "answers. Results are shown only where at least %(fewest)s persons answered. You may leave "
                "questions out, and you need not answer at all.",
                fewest=FEWEST,
            )
            if asked.population.in_groups
            else _(
                "No name is asked. The code says only in which village you live and is not kept with your "
                "answers. You may leave questions out, and you need not answer at all."
            )
            if asked.population.in_households
            else _(
                "No name is asked. The code says only in which village you are and is not kept with your "
                "answers. You may leave questions out, and you need not answer at all."
            ),
            ask=_("Questions, or if the code doesn't work: %(contact)s", contact=contact),
            asker=_("Asked by the People's Committee of %(province)s", province=units.named(province)),
            warning=_("For testing: do not send this.") if wave.simulated else "",
        )
