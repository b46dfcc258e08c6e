"""Files that staff send: how large they may be, that they do no harm, and where they lie while they are read."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

from flask import request
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from survey.system import settings, virus_scanner
from survey.web.current import database
from survey.web.staff.blueprint import pages
from survey.web.staff.form import StaffForm
from translations import NotFound, Refusal
from translations import gettext as _
from translations.formats import nfc

Done = TypeVar("Done")


@pages.before_request
def harmless() -> None:
    """Has each file that is sent looked at, where the server has a scanner, before any page reads it."""
    scanner = settings.clamd()
    if scanner is None or request.method != "POST" or not current_user.is_authenticated:
        return
    for _field, sent in request.files.items(multi=True):
        harm = virus_scanner.harm(scanner, sent.stream)
        sent.stream.seek(0)
        if harm is not None:
            logging.getLogger("hailong").warning("harmful file refused at %s", request.endpoint)
            raise Refusal(
                "The file %(file)s was refused: the virus scanner found %(harm)s in it. Delete it, and "
                "have the computer that it comes from checked.",
                file=name(sent),
                harm=harm,
            )


@contextmanager
def stored_upload(sent: FileStorage) -> Iterator[Path]:
    """The file in a folder that nobody else may read, under its own name; gone at the end of the block."""
    with tempfile.TemporaryDirectory(prefix="hailong-") as folder:
        yield saved(sent, Path(folder))


def load_upload(form: StaffForm, load: Callable[[Session, Path], Done]) -> Done | None:
    """What `load` made of the file of a form, in one transaction; None where the form has a fault now."""
    if form.validate_on_submit() and not form.file.data:
        form.file.errors = [_("Choose a file.")]
    if form.errors:
        return None
    try:
        with stored_upload(form.file.data) as path, database().writing() as session:
            return load(session, path)
    except NotFound:
        raise
    except Refusal as refusal:
        form.file.errors = str(refusal).splitlines()
        return None


def saved(sent: FileStorage, folder: Path) -> Path:
    """The file in a folder, under its own name."""
    path = folder / name(sent)
    with closing(sent):  # a large one lies in a file of its own meanwhile
        sent.save(path)
    return path


def name(sent: FileStorage) -> str:
    """The name of a file that was sent, fit to be told and to be a file's name here."""
    last = nfc(sent.filename or "").replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable())[-80:].strip(". ") or "tep"
