"""Writing a file so that it is whole or not there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from translations import Refusal, reason


@contextmanager
def atomic_write(path: Path) -> Iterator[IO[bytes]]:
    """A file that is there, whole, after the block; where the block raised, what was at its name stays. It is
    readable by its owner alone, for it may hold answers. A pipe or a terminal is written as it is."""
    is_kept = not path.exists() or path.is_file()
    file: IO[bytes]
    try:
        if is_kept:
            number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            file = os.fdopen(number, "wb")
        else:
            file = path.open("wb")
    except OSError as error:
        raise Refusal(
            "%(file)s can't be written (%(reason)s). Name another file after --out.",
            file=path,
            reason=reason(error),
        ) from error
    try:
        with file:
            yield file
        if is_kept:
            os.replace(name, path)
    except BaseException:
        if is_kept:
            os.unlink(name)
        raise
