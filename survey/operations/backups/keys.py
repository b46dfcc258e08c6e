"""The keys of an installation in a file of their own, which only a passphrase opens."""

from __future__ import annotations

import io
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from survey.operations.backups import age_format
from survey.system import settings
from translations import Conflict, Refusal

FROM_ENVIRONMENT = "HAILONG_BACKUP_PASSPHRASE"
TEXTS = "texts.key"
BEGIN = b"{"  # of what is in a file of keys


def beside(path: Path) -> Path:
    """Where the keys of a backup lie."""
    return path.with_name(path.name + ".keys")


def gathered() -> dict[str, str]:
    """File name -> content of each key of the installation. The secret key is among them wherever it comes from:
    what the system's store holds opens on that machine alone."""
    folder = settings.data_folder()
    contents = {path.relative_to(folder).as_posix(): path.read_text("ascii") for path in _files(folder)}
    if given := settings.given_secret("HAILONG_SECRET_KEY"):
        contents["secret.key"] = given
    texts = settings.text_key_file()
    if texts.exists():
        contents[TEXTS] = texts.read_text("ascii")
    return contents


def write(file: IO[bytes], passphrase: str) -> None:
    """Puts the keys into a file, encrypted."""
    with age_format.Writer(file, passphrase) as plain:
        plain.write(json.dumps(gathered()).encode())


def opened(path: Path, passphrase: str) -> dict[str, str]:
    """File name -> content; refused where it is no file of keys, or the passphrase is another one."""
    try:
        with path.open("rb") as file:
            plain = io.BufferedReader(age_format.Reader(file, passphrase))
            if not plain.peek(1).startswith(BEGIN):  # it may be a backup, and large
                raise age_format.DamagedError
            contents: dict[str, str] = json.load(plain)
    except age_format.WrongPassphraseError:
        raise Refusal(
            "The passphrase does not open %(file)s. Type the passphrase that was used on the day of the backup.",
            file=path,
        ) from None
    except ValueError:
        raise Refusal(
            "%(file)s is no file of keys, or is damaged. Take the one that was written with the backup.", file=path
        ) from None
    return contents


def must_not_be_there(contents: dict[str, str]) -> None:
    """Refused where another master key of texts stands in the place of the one that comes back."""
    place = settings.text_key_file()
    if TEXTS in contents and place.exists() and place.read_text("ascii") != contents[TEXTS]:
        raise Conflict("Another key stands at %(file)s. Name a new place: HAILONG_TEXT_KEY=…", file=place)


def put_back(folder: Path, contents: Mapping[str, str]) -> list[Path]:
    """Writes the key files into an empty data folder, readable by its owner alone; gives those that it made."""
    paths = []
    for name, content in contents.items():
        path = settings.text_key_file() if name == TEXTS else folder / name
        if path.exists():  # the same one, which lay outside and was not lost
            continue
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
        paths.append(path)
    return paths


def _files(folder: Path) -> list[Path]:
    return [path for path in (folder / "secret.key", *sorted((folder / "sealing").glob("*.key"))) if path.exists()]
