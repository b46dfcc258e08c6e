"""A questionnaire in a file from elsewhere: XLSForm, or a document in YAML, whole or not yet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forms import document
from survey.data_files.xlsform import importing
from survey.data_files.xlsform.importing import Imported
from translations import Refusal, reason


@dataclass(frozen=True)
class FromFile:
    """The document of a file, and of a workbook what was taken over and what not."""

    document: dict[str, Any]
    workbook: Imported | None = None


def read(path: Path) -> FromFile:
    """The document of a file: YAML by its name, anything else as a workbook."""
    if path.suffix.casefold() in (".yaml", ".yml"):
        written: Any = document.read(path)[0]
        if not isinstance(written, dict):
            raise Refusal("Write `key: value` lines here.")
        return FromFile(document.plain(document.Part(written)))
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Refusal(
            "%(file)s can't be read (%(reason)s). Name another file.", file=path, reason=reason(error)
        ) from None
    imported = importing.read(content, path.name)
    return FromFile(imported.document, imported)
