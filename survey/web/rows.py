"""A file of a wave's rows, as an answer: for the page and for programs alike."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Response, send_file

from survey.data_files import codebook, exporting
from survey.results import releases
from survey.storage import audit
from survey.waves import waves
from survey.web.current import database
from translations import Conflict, NotFound

CONTENT = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "sav": "application/x-spss-sav",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def refuse_running(wave: str, release: int | None) -> None:
    """Refuses the present rows of a wave that still takes forms: two files would differ by single people, and who
    was seen answering in between could be read."""
    with database().reading() as session:
        row = waves.find(session, wave)
        if release is None and not waves.is_complete(row):
            raise Conflict(
                "%(wave)s still takes forms, and two files of present rows would differ by single people. Take "
                "the rows of a release, or come again when nothing is taken any more.",
                wave=row.title,
            )


def file(wave: str, kind: str, release: int | None) -> Response:
    """The rows in one of the formats, or their codebook (xlsx).

    The file lies whole on the disk before the first byte goes out, and is gone from there once it is open: who
    reads slowly holds neither the database nor memory.
    """
    refuse_running(wave, release)
    if kind not in CONTENT:
        raise NotFound("There is no file of rows in the format %(format)s. Choose one on the page.", format=kind)
    audit.annotate(release=release or "present")
    name = f"phieu-{wave}{f'-ban-{release}' if release else ''}.{kind}"
    with TemporaryDirectory(prefix="hailong-") as folder:
        path = Path(folder) / name
        if kind == "xlsx":
            with database().reading() as session:
                row = waves.find(session, wave)
                frozen = None if release is None else releases.find(session, wave, release)
                path.write_bytes(codebook.xlsx(codebook.of(session, row, frozen)))
        else:
            exporting.rows(database(), wave, path, kind, release)
        name = f"bang-ma-{name}" if kind == "xlsx" else name
        answer = send_file(path.open("rb"), CONTENT[kind], as_attachment=True, download_name=name)
        answer.content_length = path.stat().st_size
    answer.headers["Cache-Control"] = "no-store"
    return answer
