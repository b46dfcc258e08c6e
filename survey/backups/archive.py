"""A backup: a ZIP file with the rows of every table as of one moment, the recordings and the boundaries."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import secrets
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from io import TextIOWrapper
from pathlib import Path

from alembic.migration import MigrationContext
from sqlalchemy import Connection, Table, inspect

from survey import settings
from survey.backups import rows
from survey.database import Database, knows, upgrade
from survey.waves import today
from translations import Conflict, Refusal

FORMAT = 1
MANIFEST = "backup.json"
LARGEST_MANIFEST = 20_000_000  # bytes
LONGEST_LINE = 64_000_000  # characters of a row: the largest holds an issued report
FILES = re.compile(r"recordings/[0-9a-f]{64}/[A-Za-z0-9._-]{1,100}|boundaries\.geojson|templates/report\.docx")

# What zipfile and json raise over a file that is damaged, or made to mislead.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    RuntimeError,  # a part that is locked, packed in an unknown way, or nested without end
)

Progress = Callable[[str, int, int], None]  # a table, its rows so far, its rows in all


@dataclass(frozen=True)
class Contents:
    """What a backup holds.

    day         on which it was made, in Việt Nam
    revision    the form of the tables (a migration of ours)
    tables      name -> (rows, digest over them in any order)
    files       recordings, boundaries, the report's template: path in the data folder -> SHA-256
    """

    day: str
    revision: str
    tables: dict[str, tuple[int, str]]
    files: dict[str, str]


def write(database: Database, path: Path, progress: Progress) -> Contents:
    """Writes a backup of one moment while the platform goes on; the file appears whole or not at all.

    Refused where there is a file of this name: a backup is never written over.
    """
    if path.exists():
        raise Conflict("There is a file %(file)s already. Give the backup another name.", file=path)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        with (
            os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
            database.reading() as session,
        ):
            connection = session.connection()
            revision = MigrationContext.configure(connection).get_current_revision()
            if revision is None:
                raise Refusal("There is nothing to back up yet. Run: hailong init")
            contents = Contents(
                day=today().isoformat(),
                revision=revision,
                tables=_write_tables(connection, archive, progress),
                files=_write_files(archive),
            )
            archive.writestr(MANIFEST, json.dumps({"format": FORMAT, **asdict(contents)}, indent=1))
            archive.close()
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)
    return contents


def check(path: Path) -> Contents:
    """Reads a backup from end to end; refused where anything in it is not as it was written."""
    with _read(path) as archive:
        contents = _contents(archive)
        names = set(archive.namelist())
        awaited = {f"tables/{name}.jsonl" for name in contents.tables} | {MANIFEST, *contents.files}
        if names != awaited or not all(map(FILES.fullmatch, contents.files)):
            raise _damaged(path)
        for name, (count, digest) in contents.tables.items():
            found = rows.Digest()
            for line in _lines(archive, name):
                found.add(line)
            if (found.rows, str(found)) != (count, digest):
                raise _damaged(path)
        for name, sha in contents.files.items():
            with archive.open(name) as member:
                if hashlib.file_digest(member, "sha256").hexdigest() != sha:  # type: ignore[arg-type]
                    raise _damaged(path)
    if not knows(contents.revision):
        raise Refusal("The backup was made by a newer version of Hài Lòng. Install that version first.")
    return contents


def must_be_empty(database: Database, folder: Path) -> None:
    """Refused where the data folder or the database holds anything: nothing is ever restored over."""
    if any(folder.iterdir()):
        raise Conflict(
            "The folder %(folder)s is not empty. Name an empty or new one: HAILONG_DATA=…", folder=folder
        )
    if inspect(database.engine).get_table_names():
        raise Conflict("The database is not empty. Name a new one: HAILONG_DATABASE_URL=…")


def restore(database: Database, path: Path, contents: Contents, progress: Progress) -> None:
    """Puts everything of a checked backup into an empty database and data folder.

    The rows are read back and compared before they are kept: all of them, or none. A backup of an older form of
    the tables is restored into that form; whoever brings it to the newest puts the keys back first, because a
    migration may seal something.
    """
    with zipfile.ZipFile(path) as archive:
        try:
            with database.adding() as connection:
                upgrade(connection, contents.revision)
                for table in rows.tables(connection):
                    if table.name in contents.tables:
                        _restore_table(connection, archive, table, contents, progress)
                rows.go_on_counting(connection)
        except BaseException:
            _leave_nothing(database)
            raise
        folder = settings.data_folder()
        for name in contents.files:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(archive.read(name))


def _restore_table(
    connection: Connection, archive: zipfile.ZipFile, table: Table, contents: Contents, progress: Progress
) -> None:
    count, digest = contents.tables[table.name]
    rows.insert_lines(connection, table, _told(_lines(archive, table.name), table.name, count, progress))
    there = rows.Digest()
    for line in rows.lines(connection, table):
        there.add(line)
    if (there.rows, str(there)) != (count, digest):
        raise RuntimeError(f"{table.name} came out of the database other than it went in")


def _leave_nothing(database: Database) -> None:
    """Removes the file that a restoring which failed has begun, so that it can be tried again."""
    if database.is_sqlite:
        database.engine.dispose()
        for end in ("", "-wal", "-shm"):
            Path(f"{database.engine.url.database}{end}").unlink(missing_ok=True)


def _write_tables(
    connection: Connection, archive: zipfile.ZipFile, progress: Progress
) -> dict[str, tuple[int, str]]:
    told = {}
    for table in rows.tables(connection):
        digest, count = rows.Digest(), rows.count(connection, table)
        with archive.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as member:
            for line in _told(rows.lines(connection, table), table.name, count, progress):
                digest.add(line)
                member.write(line.encode() + b"\n")
        told[table.name] = (digest.rows, str(digest))
    return told


def _write_files(archive: zipfile.ZipFile) -> dict[str, str]:
    folder, told = settings.data_folder(), {}
    others = [folder / "boundaries.geojson", folder / "templates" / "report.docx"]
    for path in sorted([*(folder / "recordings").glob("*/*"), *others]):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and FILES.fullmatch(name):
            content = path.read_bytes()
            told[name] = hashlib.sha256(content).hexdigest()
            archive.writestr(name, content, zipfile.ZIP_STORED)
    return told


def _told(found: Iterator[str], table: str, count: int, progress: Progress) -> Iterator[str]:
    """The lines, with word of them on the way."""
    for number, line in enumerate(found, 1):
        if number % rows.AT_ONCE == 0 or number == count:
            progress(table, number, count)
        yield line


@contextmanager
def _read(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except FileNotFoundError:
        raise Refusal("There is no file %(file)s.", file=path) from None
    except DAMAGE:
        raise _damaged(path) from None
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        raise _damaged(path) from None  # a part of it would stand before its beginning


def _contents(archive: zipfile.ZipFile) -> Contents:
    if archive.getinfo(MANIFEST).file_size > LARGEST_MANIFEST:
        raise ValueError("no manifest is this large")
    told = json.loads(archive.read(MANIFEST))
    if told.pop("format") != FORMAT:
        raise ValueError("another format")
    return Contents(**{**told, "tables": {name: tuple(pair) for name, pair in told["tables"].items()}})


def _lines(archive: zipfile.ZipFile, table: str) -> Iterator[str]:
    with archive.open(f"tables/{table}.jsonl") as member:
        text = TextIOWrapper(member, "utf-8", newline="\n")
        while line := text.readline(LONGEST_LINE):
            if len(line) == LONGEST_LINE:
                raise ValueError("no row is this long")
            yield line.rstrip("\n")


def _damaged(path: Path) -> Refusal:
    return Refusal("%(file)s is no whole backup: it is damaged, or another kind of file. Take another.", file=path)
