"""Recordings of the questions of a draft: beside it until it comes to an end, then under its version's digest."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms import Questionnaire
from forms.grammar import OWN
from forms.parsing import SOUND
from survey.storage.models import Draft, DraftStep
from survey.system import settings
from survey.system.atomic_file import atomic_write
from survey.waves import recordings
from survey.workshop import edits
from translations import NotFound, Refusal

LARGEST = 2_000_000  # bytes of one: two minutes of speech
LARGEST_ALL = 60_000_000  # of a draft: a kiosk keeps hardly more
NAMED = re.compile(r"(?P<code>[A-Za-z][A-Za-z0-9_]{0,39})[._-](?P<language>[a-z]{2,3})\.[A-Za-z0-9]{2,5}")
# What a file begins with, by the ending under which it is kept: what a browser is told that it is.
BEGINS = {
    "ogg": re.compile(rb"OggS\0", re.DOTALL),
    "mp3": re.compile(rb"ID3[\x02-\x04]|\xff[\xfb\xfa\xf3\xf2\xe3\xe2]"),
    "m4a": re.compile(rb"\0\0\0.ftyp(M4A|mp4|iso|dash)", re.DOTALL),
    "wav": re.compile(rb"RIFF....WAVEfmt ", re.DOTALL),
}


def kind(content: bytes) -> str:
    """The ending that the bytes of a recording ask for, whatever the file was called."""
    found = next((end for end, begin in BEGINS.items() if begin.match(content)), None)
    if found is None:
        raise Refusal("Send a recording in Ogg, MP3, M4A or WAV: this file is none of them.")
    return found


def keep(
    session: Session, draft: Draft, written: dict[str, Any], code: str, language: str, content: bytes
) -> None:
    """Puts a recording of a question into a document; the one before comes again with a step back."""
    place = edits.find(written, code)
    if place is None:
        raise NotFound("This question is not in the draft any more. Choose another one in its list.")
    if language not in languages(written):
        raise Refusal("Add the language to the draft first.")
    if len(content) > LARGEST:
        raise Refusal("Send a shorter recording: at most %(most)d MB.", most=LARGEST // 1_000_000)
    digest = hashlib.sha256(content).hexdigest()
    name = f"{re.sub('[^A-Za-z0-9_-]', '_', code)}_{language}_{digest[:12]}.{kind(content)}"
    path = folder(draft.id) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    _make_room(session, draft, len(content))
    if not path.exists():
        with atomic_write(path) as file:
            file.write(content)
    audio = place[1].get("audio")
    place[1]["audio"] = {**(audio if isinstance(audio, dict) else {}), language: name}


def leave_out(written: dict[str, Any], code: str, language: str) -> None:
    """Takes the recording of a question in a language out of a document."""
    place = edits.find(written, code)
    audio = place[1].get("audio") if place else None
    if place is None or not isinstance(audio, dict):
        return
    audio.pop(language, None)
    if not audio:
        del place[1]["audio"]


def languages(written: dict[str, Any]) -> list[str]:
    """The codes of the languages that a document has."""
    further = written.get("languages")
    return [*OWN, *(further if isinstance(further, dict) else ())]


def named(file: str, written: dict[str, Any]) -> tuple[str, str] | None:
    """The question and the language that a file's name says: `C5.vi.mp3`, `C5_vi.mp3`; None if it says none."""
    match = NAMED.fullmatch(file)
    if match is None or edits.find(written, match["code"]) is None or match["language"] not in languages(written):
        return None
    return match["code"], match["language"]


def find(draft: Draft, written: dict[str, Any], code: str, language: str) -> Path:
    """The file in which a question of a draft is read aloud in a language."""
    place = edits.find(written, code)
    audio = place[1].get("audio") if place else None
    name = audio.get(language) if isinstance(audio, dict) else None
    path = _path(draft, name) if isinstance(name, str) else None
    if path is None:
        raise NotFound("There is no recording of this question.")
    return path


def missing(draft: Draft, written: dict[str, Any]) -> list[tuple[str, str]]:
    """The recordings that a document names and that nobody sent: question and language."""
    return [
        (str(item.get("code")), language)
        for _page, item in edits.items(written)
        if isinstance(item.get("audio"), dict)
        for language, name in item["audio"].items()
        if not isinstance(name, str) or _path(draft, name) is None
    ]


def bring(draft: Draft, written: dict[str, Any], source: Questionnaire, codes: Iterable[str]) -> None:
    """Takes the recordings of questions along that came out of a version."""
    for code in codes:
        place, item = edits.find(written, code), source.items.get(code)
        heard = {
            language: name
            for language, name in (item.audio.items() if item else ())
            if language in languages(written) and (recordings.folder(source) / name).is_file()
        }
        if place is None or not heard:
            continue
        for name in heard.values():
            copy = folder(draft.id) / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(recordings.folder(source) / name, copy)
        place[1]["audio"] = heard


def publish(draft: Draft, questionnaire: Questionnaire) -> None:
    """Puts the recordings of a draft under the digest of the version that it becomes."""
    if gone := missing(draft, questionnaire.document):
        raise silent(gone)
    for item in questionnaire.items.values():
        for name in item.audio.values():
            path, copy = _path(draft, name), recordings.folder(questionnaire) / name
            if path is not None and not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)


def silent(gone: list[tuple[str, str]]) -> Refusal:
    """Why a draft can't go on whose recordings are not all there."""
    return Refusal(
        "Send the recordings that the questionnaire names, or take them out: %(codes)s.",
        codes=", ".join(f"{code} ({language})" for code, language in gone[:10]),
    )


def forget(draft: int) -> None:
    """Removes what was sent for a draft that came to an end."""
    shutil.rmtree(folder(draft), ignore_errors=True)


def folder(draft: int) -> Path:
    """Where the recordings of a draft lie."""
    return settings.data_folder() / "recordings" / "nhap" / str(draft)


def _path(draft: Draft, name: str) -> Path | None:
    """The file of a name that a document gives: the draft's own, or that of the version that it began as."""
    if not SOUND.fullmatch(name):
        return None
    places = [folder(draft.id)]
    places += [settings.data_folder() / "recordings" / draft.base] if draft.base else []
    return next((place / name for place in places if (place / name).is_file()), None)


def _make_room(session: Session, draft: Draft, size: int) -> None:
    """Removes recordings that no step names any more, once there are so many; refuses what is too much."""
    files = [path for path in folder(draft.id).rglob("*") if path.is_file()]
    total = sum(path.stat().st_size for path in files) + size
    if total <= LARGEST_ALL:
        return
    steps = session.scalars(select(DraftStep.document).where(DraftStep.draft == draft.id))
    used = {
        name
        for step in steps
        for _page, item in edits.items(step)
        if isinstance(item.get("audio"), dict)
        for name in item["audio"].values()
    }
    for path in files:
        if path.relative_to(folder(draft.id)).as_posix() not in used:
            total -= path.stat().st_size
            path.unlink()
    if total > LARGEST_ALL:
        raise Refusal(
            "Shorten the recordings: those of a questionnaire may have %(most)d MB together.",
            most=LARGEST_ALL // 1_000_000,
        )
