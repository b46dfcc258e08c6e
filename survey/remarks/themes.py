"""What remarks can be about: a short list for each wave, Home Affairs' to extend and to close.

The wording of a theme never changes, so that what was coded by it last week means the same today. A theme that a
coding, a paraphrase or a release names is closed instead of removed: nobody can tick it any more, and its counts
stay.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms import Text
from survey.storage import audit
from survey.storage.models import Coding, Paraphrase, Release, Theme, Wave
from translations import N_, Conflict, NotFound, Refusal, gettext, speaking
from translations.formats import nfc

# The list that a wave begins with, in the order of the keys that tick them.
DEFAULTS = {
    "thai_do": N_("Attitude of officials"),
    "thoi_gian": N_("Waiting and deadlines"),
    "nhieu_lan": N_("Sent back and forth, papers asked for again"),
    "chi_phi": N_("Money outside the rules"),
    "co_so": N_("Building, seats, equipment"),
    "truc_tuyen": N_("Online services"),
    "dat_dai": N_("Land"),
    "khen": N_("Praise"),
    "khac": N_("Something else"),
    "khong_ro": N_("Nothing said that can be told apart"),
}
MOST = 20
LONGEST = 80


def list_all(session: Session, wave: str) -> list[Theme]:
    """The themes of a wave in their order, closed ones too; an untouched list is the one that it begins with."""
    kept = session.scalars(select(Theme).where(Theme.wave == wave).order_by(Theme.place)).all()
    return list(kept) or _first(wave)


def kept(session: Session, wave: str) -> list[Theme]:
    """`list_all`, as rows: for whoever writes something that names a theme. Locks the wave's list."""
    session.execute(select(Wave.code).where(Wave.code == wave).with_for_update())
    if session.scalars(select(Theme.code).where(Theme.wave == wave).limit(1)).first() is None:
        session.add_all(_first(wave))
        session.flush()
    return list_all(session, wave)


def name(theme: Theme) -> Text:
    """What a theme is called, in the language of the moment when it is printed."""
    return Text(theme.vi, theme.en)


def add(session: Session, wave: str, vi: str, en: str) -> Theme:
    """Adds a theme at the end of the list; refused where its name stands there already or the list is full."""
    vi, en = (" ".join(nfc(text).split()) for text in (vi, en))
    if not vi or not en or max(len(vi), len(en)) > LONGEST:
        raise Refusal("Give the theme a name of at most %(most)d letters in both languages.", most=LONGEST)
    there = kept(session, wave)
    if any(vi.casefold() == one.vi.casefold() or en.casefold() == one.en.casefold() for one in there):
        raise Conflict("There is such a theme already. Open it again if it is closed.")
    if len(there) >= MOST:
        raise Conflict("The list has %(most)d themes: more than that nobody can keep in mind.", most=MOST)
    place = max(one.place for one in there) + 1
    made = Theme(wave=wave, code=f"them_{place}", place=place, vi=vi, en=en, closed=False)
    audit.annotate(theme=made.code)
    session.add(made)
    session.flush()
    return made


def close(session: Session, wave: str, code: str, closed: bool = True) -> Theme:
    """Closes a theme, or opens it again; the last open one stays open."""
    there = kept(session, wave)
    found = _one(there, code)
    if closed and not any(not one.closed and one is not found for one in there):
        raise Conflict("This is the last open theme. Add another one before you close it.")
    audit.annotate(theme=code, act="close" if closed else "open")
    found.closed = closed
    return found


def remove(session: Session, wave: str, code: str) -> None:
    """Takes a theme out of the list that nothing names yet; refused otherwise."""
    there = kept(session, wave)
    found = _one(there, code)
    if code in used(session, wave):
        raise Conflict("This theme is in use. Close it: then nobody can choose it any more.")
    if not any(not one.closed and one is not found for one in there):
        raise Conflict("This is the last open theme. Add another one before you remove it.")
    audit.annotate(theme=code, act="remove")
    session.delete(found)
    session.flush()


def used(session: Session, wave: str) -> set[str]:
    """The codes of the themes that a coding, a paraphrase or a release names."""
    codings = session.scalars(select(Coding.themes).where(Coding.wave == wave).distinct())
    told = session.scalars(select(Paraphrase.theme).where(Paraphrase.wave == wave).distinct())
    frozen = session.scalars(select(Release.remarks).where(Release.wave == wave)).all()
    shown = [kept["themes"] for kept in frozen if kept]
    return {code for codes in (*codings, *shown) for code in codes} | set(told)


def _one(there: list[Theme], code: str) -> Theme:
    found = next((one for one in there if one.code == code), None)
    if found is None:
        raise NotFound("There is no such theme in this wave. Look at its list.")
    return found


def _first(wave: str) -> list[Theme]:
    named: dict[str, list[str]] = {}
    for language in ("vi", "en"):
        with speaking(language):
            named[language] = [gettext(message) for message in DEFAULTS.values()]
    return [
        Theme(wave=wave, code=code, place=place, vi=vi, en=en, closed=False)
        for place, (code, vi, en) in enumerate(zip(DEFAULTS, named["vi"], named["en"], strict=True), start=1)
    ]
