"""The keys of an installation in a file of their own, which only a passphrase opens (age, filippo.io/age/v1)."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pyrage

from survey import settings
from translations import Conflict, Refusal

FROM_ENVIRONMENT = "HAILONG_BACKUP_PASSPHRASE"
LEAST = 12  # characters
TEXTS = "texts.key"


def beside(path: Path) -> Path:
    """Where the keys of a backup lie."""
    return path.with_name(path.name + ".keys")


def gathered() -> dict[str, str]:
    """File name -> content of each key of the installation.

    The secret key is among them wherever it comes from: what the system's store holds opens on that machine alone.
    """
    folder = settings.data_folder()
    found = {path.relative_to(folder).as_posix(): path.read_text("ascii") for path in _files(folder)}
    if given := settings.given_secret("HAILONG_SECRET_KEY"):
        found["secret.key"] = given
    texts = settings.text_key_file()
    if texts.exists():
        found[TEXTS] = texts.read_text("ascii")
    return found


def sealed(passphrase: str) -> bytes:
    """The keys, encrypted; refused where the passphrase is too short to guard them."""
    if len(passphrase) < LEAST:
        raise Refusal("Choose a passphrase of at least %(least)d characters.", least=LEAST)
    return bytes(pyrage.passphrase.encrypt(json.dumps(gathered()).encode(), passphrase))


def opened(content: bytes, passphrase: str) -> dict[str, str]:
    """File name -> content; refused where the passphrase is another one."""
    try:
        found: dict[str, str] = json.loads(pyrage.passphrase.decrypt(content, passphrase))
    except pyrage.DecryptError:
        raise Refusal(
            "The passphrase does not open the file of keys. Type the one of the day of the backup."
        ) from None
    return found


def must_not_be_there(found: dict[str, str]) -> None:
    """Refused where another master key of texts stands in the place of the one that comes back."""
    place = settings.text_key_file()
    if TEXTS in found and place.exists() and place.read_text("ascii") != found[TEXTS]:
        raise Conflict("Another key stands at %(file)s. Name a new place: HAILONG_TEXT_KEY=…", file=place)


def put_back(folder: Path, found: dict[str, str]) -> None:
    """Writes the key files into an empty data folder, readable by its owner alone."""
    for name, content in found.items():
        path = settings.text_key_file() if name == TEXTS else folder / name
        if path.exists():  # the same one, which lay outside and was not lost
            continue
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(content)


def _files(folder: Path) -> list[Path]:
    return [path for path in (folder / "secret.key", *sorted((folder / "sealing").glob("*.key"))) if path.exists()]
