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
    "chi_phi": N_("Bribes, gifts or unofficial payments"),
    "co_so": N_("Building, seats, equipment"),
    "truc_tuyen": N_("Online services"),
    "dat_dai": N_("Land"),
    "khen": N_("Praise"),
    "khac": N_("Something else"),
    "khong_ro": N_("Nothing conclusive"),
}
PRAISE = "khen"
MOST = 20
LONGEST = 80


def list_all(session: Session, wave: str) -> list[Theme]:
    """The themes of a wave in their order, closed ones too; an untouched list is the one that it begins with."""
    rows = session.scalars(select(Theme).where(Theme.wave == wave).order_by(Theme.place)).all()
    return list(rows) or _first(wave)


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
        raise Refusal("Give the theme a name of at most %(most)d characters in both languages.", most=LONGEST)
    earlier = kept(session, wave)
    if any(vi.casefold() == one.vi.casefold() or en.casefold() == one.en.casefold() for one in earlier):
        raise Conflict("There is such a theme already. Open it again if it is closed.")
    if len(earlier) >= MOST:
        raise Conflict("The list has %(most)d themes: more than that nobody can keep in mind.", most=MOST)
    place = max(one.place for one in earlier) + 1
    theme = Theme(wave=wave, code=f"them_{place}", place=place, vi=vi, en=en, closed=False)
    audit.annotate(theme=theme.code)
    session.add(theme)
    session.flush()
    return theme


def close(session: Session, wave: str, code: str, closed: bool = True) -> Theme:
    """Closes a theme, or opens it again; the last open one stays open."""
    every = kept(session, wave)
    theme = _one(every, code)
    if closed and not any(not one.closed and one is not theme for one in every):
        raise Conflict("This is the last open theme. Add another one before you close it.")
    audit.annotate(theme=code, act="close" if closed else "open")
    theme.closed = closed
    return theme


def remove(session: Session, wave: str, code: str) -> None:
    """Takes a theme out of the list that nothing names yet; refused otherwise."""
    every = kept(session, wave)
    theme = _one(every, code)
    if code in used(session, wave):
        raise Conflict("This theme is in use. Close it: then nobody can choose it any more.")
    if not any(not one.closed and one is not theme for one in every):
        raise Conflict("This is the last open theme. Add another one before you remove it.")
    audit.annotate(theme=code, act="remove")
    session.delete(theme)
    session.flush()


def used(session: Session, wave: str) -> set[str]:
    """The codes of the themes that a coding, a paraphrase or a release names."""
    codings = session.scalars(select(Coding.themes).where(Coding.wave == wave).distinct())
    paraphrased = session.scalars(select(Paraphrase.theme).where(Paraphrase.wave == wave).distinct())
    frozen = session.scalars(select(Release.remarks).where(Release.wave == wave)).all()
    released = [document["themes"] for document in frozen if document]
    return {code for codes in (*codings, *released) for code in codes} | set(paraphrased)


def _one(every: list[Theme], code: str) -> Theme:
    theme = next((one for one in every if one.code == code), None)
    if theme is None:
        raise NotFound("There is no such theme in this wave. Look at its list.")
    return theme


def _first(wave: str) -> list[Theme]:
    codes_of: dict[str, list[str]] = {}
    for language in ("vi", "en"):
        with speaking(language):
            codes_of[language] = [gettext(message) for message in DEFAULTS.values()]
    return [
        Theme(wave=wave, code=code, place=place, vi=vi, en=en, closed=False)
        for place, (code, vi, en) in enumerate(zip(DEFAULTS, codes_of["vi"], codes_of["en"], strict=True), start=1)
    ]
