"""A backup: a ZIP file with the rows of every table as of one moment, the recordings and the maps.

It is encrypted by a passphrase (`age_format.py`) unless it was asked for plain; beside it lie the keys.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import io
import json
import os
import re
import secrets
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, Table

from survey.operations import installation
from survey.operations.backups import age_format, keys, rows
from survey.storage import key_rotation, schema
from survey.storage.database import CUT_LOG, Database
from survey.storage.schema import is_unreleased, knows, upgrade
from survey.system import settings
from survey.system.dates import today
from survey.system.version import version
from translations import Conflict, Refusal

FORMAT = 1
LEAST = 12  # characters of a passphrase
DRAFT, DRAFTS = ".hailong-backup-{}.part", ".hailong-backup-*.part"
MANIFEST = "backup.json"
LARGEST_MANIFEST = 20_000_000  # bytes
LONGEST_LINE = 64_000_000  # characters of a row: the largest holds an issued report
MAPS = ("boundaries.geojson", "tiles.csv")
FILES = re.compile(
    r"recordings/([0-9a-f]{64}|nhap/[0-9]{1,9})/([A-Za-z0-9_-]{1,60}/){0,3}[A-Za-z0-9._-]{1,100}|"
    r"boundaries\.geojson|tiles\.csv|templates/report\.docx"
)

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

    version     of Hài Lòng, which made it
    day         on which it was made, in Việt Nam
    revision    the form of the tables (a migration of ours)
    tables      name -> (rows, digest over them in any order)
    files       recordings, boundaries, tiles, the report's template: path in the data folder -> SHA-256
    """

    version: str
    day: str
    revision: str
    tables: dict[str, tuple[int, str]]
    files: dict[str, str]


def write(database: Database, path: Path, progress: Progress, passphrase: str | None = None) -> Contents:
    """Writes a backup of one moment while the platform goes on, and with a passphrase the keys beside it; they
    appear whole or not at all.

    passphrase  opens both; without one FILE can be read by whoever finds it, and the keys are left out

    Refused where there is a file of either name, since a backup is never written over, where there is no such
    folder, and where the passphrase is too short. One that is cut off by force leaves what nobody can read, or
    without a passphrase nobody but the account that ran it, and the next one in the folder removes it.
    """
    beside = keys.beside(path)
    for place in (path, beside):
        if place.exists():
            raise Conflict("There is a file %(file)s already. Give the backup another name.", file=place)
    if not path.parent.is_dir():
        raise Refusal("There is no folder %(folder)s. Make it, or name another.", folder=path.parent)
    if passphrase is not None and len(passphrase) < LEAST:
        raise Refusal("Choose a passphrase of at least %(least)d characters.", least=LEAST)
    _remove_drafts(path.parent)
    with _draft(path) as file, database.reading() as session:
        connection = session.connection()
        with (
            nullcontext(file) if passphrase is None else age_format.Writer(file, passphrase) as plain,
            zipfile.ZipFile(plain, "w", zipfile.ZIP_DEFLATED) as archive,  # type: ignore[arg-type]
        ):
            contents = Contents(
                version=version(),
                day=today().isoformat(),
                revision=schema.form(connection) or "",
                tables=_write_tables(connection, archive, progress),
                files=_write_files(archive),
            )
            archive.writestr(MANIFEST, json.dumps({"format": FORMAT, **asdict(contents)}, indent=1))
        if passphrase is not None:
            with _draft(beside) as file:  # it appears first: no backup is without its keys
                keys.write(file, passphrase)
    return contents


@contextmanager
def _draft(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes its name once it is whole and on disk; locked as long as somebody writes it."""
    draft = path.with_name(DRAFT.format(secrets.token_hex(4)))
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            with suppress(OSError):  # a disk of another machine may know no locks
                fcntl.flock(file, fcntl.LOCK_EX)
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)


def _remove_drafts(folder: Path) -> None:
    """Removes what backups that were cut off by force have left; one that is still being written stays."""
    for draft in folder.glob(DRAFTS):
        with draft.open("rb") as file, suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            draft.unlink()


@contextmanager
def opened(path: Path, passphrase: Callable[[], str]) -> Iterator[IO[bytes]]:
    """What is in a backup, to be read from any place of it; refused where it is none, or another passphrase
    opens it.

    passphrase  asked for it where the backup is encrypted
    """
    try:
        with path.open("rb") as file:
            plain: IO[bytes] = (
                io.BufferedReader(age_format.Reader(file, passphrase())) if age_format.begins(file) else file
            )
            if plain.read(1) == keys.BEGIN:
                raise Refusal(
                    "%(file)s contains the keys of a backup. Name the backup itself, without .keys.", file=path
                )
            yield plain
    except FileNotFoundError:
        raise Refusal("There is no file %(file)s.", file=path) from None
    except age_format.WrongPassphraseError:
        raise Refusal(
            "The passphrase does not open %(file)s. Type the passphrase that was used on the day of the backup.",
            file=path,
        ) from None
    except age_format.DamagedError:
        raise _damaged(path) from None


def is_encrypted(path: Path) -> bool:
    """Whether a passphrase opens it; its keys lie beside it then."""
    with path.open("rb") as file:
        return age_format.begins(file)


def check(path: Path, file: IO[bytes] | None = None) -> Contents:
    """Reads a backup from end to end; refused where anything in it is not as it was written.

    file  what `opened` found in it; it may be left out of one that is not encrypted
    """
    with _read(path, file) as archive:
        contents = _contents(archive)
        names = set(archive.namelist())
        awaited = {f"tables/{name}.jsonl" for name in contents.tables} | {MANIFEST, *contents.files}
        if names != awaited or not all(map(FILES.fullmatch, contents.files)):
            raise _damaged(path)
        for name, (count, digest) in contents.tables.items():
            table_digest = rows.Digest()
            for line in _lines(archive, name):
                table_digest.add(line)
            if (table_digest.rows, str(table_digest)) != (count, digest):
                raise _damaged(path)
        for name, sha in contents.files.items():
            with archive.open(name) as member:
                if hashlib.file_digest(member, "sha256").hexdigest() != sha:  # type: ignore[arg-type]
                    raise _damaged(path)
    if is_unreleased(contents.revision):
        raise Refusal(
            "The backup was made before the first release, 0.2.0, and this version can't read it: bring its "
            "responses over with the version that made it (hailong data) and hailong import."
        )
    if not knows(contents.revision):
        raise Refusal("The backup was made by a newer version of Hài Lòng. Install that version first.")
    return contents


def make_room(database: Database, folder: Path) -> bool:
    """Whether a backup can be put back here; what a restoring that was cut off has left is removed before.

    False where that one had come to its end, and everything is there. Refused where the data folder or the
    database holds anything else: nothing is ever restored over.
    """
    files = [] if not folder.is_dir() else [one for one in folder.iterdir() if one.name != "lost+found"]
    empty = installation.is_empty(database)
    if installation.MARK in {one.name for one in files}:
        if not empty:
            (folder / installation.MARK).unlink()
            return False
        _leave_nothing(database, folder)
    elif files:
        raise Conflict(
            "The folder %(folder)s is not empty. Name an empty or new one: HAILONG_DATA=…", folder=folder
        )
    elif not empty:
        raise Conflict("The database is not empty. Name a new one: HAILONG_DATABASE_URL=…")
    return True


def restore(
    database: Database,
    path: Path,
    contents: Contents,
    progress: Progress,
    file: IO[bytes] | None = None,
    secrets: Mapping[str, str] | None = None,
) -> None:
    """Puts everything of a checked backup into an empty database and data folder, and migrates it.

    file   what `opened` found in it; it may be left out of one that is not encrypted
    found  its keys

    The rows are read back and compared before they are committed: all of them, or none. They come last, and a mark
    lies in the folder until then: a restoring that is cut off is known by it. The keys come before the rows,
    because a migration may seal something; refused where they don't open what lies sealed.
    """
    folder = settings.data_folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    mark = folder / installation.MARK
    mark.write_text(f"{path.absolute()}\n")
    key_files: list[Path] = []
    try:
        with zipfile.ZipFile(file or path) as archive:
            key_files = keys.put_back(folder, secrets or {})
            for name in contents.files:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(archive.read(name))

            def put_back(connection: Connection) -> None:
                upgrade(connection, contents.revision)
                for table in rows.tables_of_form(connection):
                    if table.name in contents.tables:
                        _restore_table(connection, archive, table, contents, progress)
                rows.go_on_counting(connection)
                upgrade(connection)
                if keys.TEXTS in (secrets or {}):
                    _fitting(connection, path)

            database.group(put_back)
    except BaseException:
        for key in key_files:
            key.unlink()
        _leave_nothing(database, folder)
        raise
    if database.is_sqlite:
        database.outside(CUT_LOG)  # what a migration sealed lay in it as it was before
    mark.unlink()


def _fitting(connection: Connection, path: Path) -> None:
    """Refused where the keys that came with a backup are those of another one."""
    try:
        key_rotation.check(connection)
    except Refusal:
        raise Refusal(
            "The keys in %(keys)s don't open what is encrypted in %(file)s: they belong to another day. "
            "Put those of the same backup there, or restore it without: --without-keys",
            keys=keys.beside(path),
            file=path,
        ) from None


def _restore_table(
    connection: Connection, archive: zipfile.ZipFile, table: Table, contents: Contents, progress: Progress
) -> None:
    count, digest = contents.tables[table.name]
    rows.insert_lines(connection, table, _with_progress(_lines(archive, table.name), table.name, count, progress))
    restored = rows.Digest()
    for line in rows.lines(connection, table):
        restored.add(line)
    if (restored.rows, str(restored)) != (count, digest):
        raise RuntimeError(f"{table.name} came out of the database other than it went in")


def _leave_nothing(database: Database, folder: Path) -> None:
    """Removes what a restoring that failed or was cut off has put there, so that it can be tried again."""
    if place := installation.file(database):
        database.engine.dispose()
        for end in ("", "-wal", "-shm"):
            place.with_name(f"{place.name}{end}").unlink(missing_ok=True)
    for name in ("recordings", "templates", "sealing"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in (*MAPS, "secret.key", keys.TEXTS, installation.MARK):
        (folder / name).unlink(missing_ok=True)


def _write_tables(
    connection: Connection, archive: zipfile.ZipFile, progress: Progress
) -> dict[str, tuple[int, str]]:
    tables = {}
    for table in rows.tables(connection):
        digest, count = rows.Digest(), rows.count(connection, table)
        with archive.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as member:
            for line in _with_progress(rows.lines(connection, table), table.name, count, progress):
                digest.add(line)
                member.write(line.encode() + b"\n")
        tables[table.name] = (digest.rows, str(digest))
    return tables


def _write_files(archive: zipfile.ZipFile) -> dict[str, str]:
    folder, digests = settings.data_folder(), {}
    others = [*(folder / name for name in MAPS), folder / "templates" / "report.docx"]
    for path in sorted([*(folder / "recordings").rglob("*"), *others]):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and FILES.fullmatch(name):
            content = path.read_bytes()
            digests[name] = hashlib.sha256(content).hexdigest()
            archive.writestr(name, content, zipfile.ZIP_STORED)
    return digests


def _with_progress(lines: Iterator[str], table: str, count: int, progress: Progress) -> Iterator[str]:
    """The lines, with word of them on the way."""
    for number, line in enumerate(lines, 1):
        if number % rows.AT_ONCE == 0 or number == count:
            progress(table, number, count)
        yield line


@contextmanager
def _read(path: Path, file: IO[bytes] | None) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(file or path) as archive:
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
    manifest = json.loads(archive.read(MANIFEST))
    if manifest.pop("format") != FORMAT:
        raise ValueError("another format")
    return Contents(**{**manifest, "tables": {name: tuple(pair) for name, pair in manifest["tables"].items()}})


def _lines(archive: zipfile.ZipFile, table: str) -> Iterator[str]:
    with archive.open(f"tables/{table}.jsonl") as member:
        text = TextIOWrapper(member, "utf-8", newline="\n")
        while line := text.readline(LONGEST_LINE):
            if len(line) == LONGEST_LINE:
                raise ValueError("no row is this long")
            yield line.rstrip("\n")


def _damaged(path: Path) -> Refusal:
    return Refusal("%(file)s is no whole backup: it is damaged, or another kind of file. Take another.", file=path)
