"""The press: one large print at a time, in parts that are set one after the other."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import IO

import pypdfium2

from survey.pdf import pdfium
from translations import Conflict

PATIENCE = 30.0  # seconds for which one waits for another's print
_press = threading.Lock()  # each print holds some hundred megabytes


def print_into(file: IO[bytes], parts: Iterable[bytes]) -> None:
    """Writes PDFs into a file as one, one at a time in memory; refused if somebody else prints for too long."""
    if not _press.acquire(timeout=PATIENCE):
        raise Conflict("Something else is being printed just now. Try again in a minute.")
    try:
        with pdfium.lock:
            whole = pypdfium2.PdfDocument.new()
        try:
            for pdf in parts:
                with pdfium.lock, pypdfium2.PdfDocument(pdf) as part:
                    whole.import_pages(part)
            with pdfium.lock:
                whole.save(file)
        finally:
            with pdfium.lock:
                whole.close()
    finally:
        _press.release()
