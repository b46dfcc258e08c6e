"""Files made to break whoever reads them: each is read or refused, in little time and little memory.

Each reader gets sound files with something changed in them, random bytes, and the bombs that are known by name.
The short runs are made every time; `make soak` makes the long ones and prints their figures.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import resource
import struct
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import openpyxl
import pytest

from forms import DocumentError, load
from survey.operations.backups import archive
from survey.paper.scan_images import pictures
from survey.results import commune_boundaries
from survey.storage.database import Database
from survey.system.csv_table import Faults
from survey.system.xlsx_table import opened
from tests.slowness import slowness
from translations import Refusal

# What a library remarks about a strange file stops nothing, but here it would.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")

SLOWEST = 2.0  # seconds of the processor for a file
ROOM = 700  # MB that a process may grow by: a page of 130 million points and the like are borne
Read = Callable[[bytes], None]
TRICKS = [b"\0", b"\xff\xff\xff\xff", b"../../x", b"<!ENTITY", b"=1+1", b"9" * 40, b"-1", b"1e999", b"[" * 3000]
TRICKS += [b"]]>", b"</", b'"', b"\n", b"{", b"\x80\x80", b"null", b"NaN", b"&a;", b"\xed\xa0\x80", b"-0", b"s"]


def changed(chance: random.Random, data: bytes) -> bytes:
    """The file with one to six places of it other than they were."""
    found = bytearray(data)
    for _ in range(chance.randrange(1, 7)):
        place = chance.randrange(len(found) + 1)
        kind = chance.randrange(5)
        if kind == 0 and found:
            found[place % len(found)] = chance.randrange(256)
        elif kind == 1:
            found[place:place] = chance.choice(TRICKS)
        elif kind == 2:
            del found[place : place + chance.randrange(1, 200)]
        elif kind == 3:
            start = chance.randrange(len(found) + 1)
            found[place:place] = found[start : start + chance.randrange(1, 200)]
        else:
            found[place : place + 4] = chance.choice(TRICKS)[:4]
    return bytes(found)


def repacked(chance: random.Random, data: bytes) -> bytes:
    """The ZIP file with something in one of its parts changed, sound as a ZIP; now and then under another name."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        hit = chance.choice(old.namelist())
        for name in old.namelist():
            other = chance.choice(["../" + name, "/" + name, name.upper(), name]) if name == hit else name
            new.writestr(other, changed(chance, old.read(name)) if name == hit else old.read(name))
    return made.getvalue()


def run(read: Read, sound: list[bytes], count: int, *, packed: bool = False) -> None:
    """Reads so many hostile files; fails at any that is neither read nor refused, or takes too long."""
    chance = random.Random(2026)
    refused, longest = 0, 0.0
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(count):
        data = chance.choice(sound)
        kind = chance.random()
        if packed and kind < 0.7:
            data = repacked(chance, data)
        elif kind < 0.95:
            data = changed(chance, data)
        else:
            data = data[: chance.randrange(8)] + chance.randbytes(chance.randrange(1, 2_000))
        began = time.process_time()
        try:
            read(data)
        except Refusal:
            refused += 1
        except Exception as fault:
            fault.add_note(f"the file: {data[:3000]!r}")
            raise
        longest = max(longest, time.process_time() - began)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    sys.stdout.write(f"{count} files, {refused} refused, longest {longest:.2f} s, {grown:.0f} MB more\n")
    assert longest < SLOWEST * slowness()
    assert grown < ROOM


def often(short: int, long: int) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("count", [short, pytest.param(long, marks=pytest.mark.soak)])


@pytest.fixture
def table(tmp_path: Path) -> Read:
    """Reads a table to its end, as an import does, and tells what is wrong with it."""

    def read(data: bytes) -> None:
        (tmp_path / "bang").write_bytes(data)
        faults = Faults()
        for _row in opened(tmp_path / "bang", ("a", "b", "c"), ("a",), faults):
            pass
        faults.refuse(tmp_path / "bang")

    return read


def workbook() -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (["a", "b", "c"], ["=1+1", 2.5, "Thôn Đá Bạc"], [True, "=HYPERLINK(1)", None]):
        book.active.append(row)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


STRINGS = b"""<Override PartName="/xl/sharedStrings.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>"""


def with_part(name: str, content: bytes) -> bytes:
    """A workbook in which one part is this one; it has a table of strings, as Excel's own have."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook())) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            found = old.read(part).replace(b"</Types>", STRINGS)
            new.writestr(part, content if part == name else found)
        if name not in old.namelist():
            new.writestr(name, content)
    return made.getvalue()


@often(300, 8_000)
def test_a_workbook_is_read_or_refused(table: Read, count: int) -> None:
    run(table, [workbook()], count, packed=True)


@often(500, 20_000)
def test_a_csv_file_is_read_or_refused(table: Read, count: int) -> None:
    run(table, [b'a,b,c\n1,"hai\n""ba""",=1+1\n\n4,5,6\n'], count)


# Each is as deep, as wide or as far away as a reader lets it be.
ENTITIES = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
BOMB = f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY l0 "ha">{ENTITIES}]><a>&l11;</a>'.encode()
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'


@pytest.mark.parametrize(
    "content", [BOMB, OUTSIDE, b"<a>" * 100_000, b"", b"<worksheet><sheetData><row><c t='s'>"]
)
@pytest.mark.parametrize(
    "part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml", "[Content_Types].xml"]
)
def test_a_bomb_of_xml_is_refused(table: Read, part: str, content: bytes) -> None:
    began = time.process_time()
    with pytest.raises(Refusal) as refused:
        table(with_part(part, content))
    assert "root:" not in str(refused.value)
    assert time.process_time() - began < SLOWEST * slowness()


SHEET = b"<worksheet xmlns=%b><sheetData>%%b</sheetData></worksheet>" % (
    b'"http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
)
HEADER = b"<row r='1'><c r='A1' t='inlineStr'><is><t>a</t></is></c></row>"


@pytest.mark.parametrize(
    "rows",
    [
        lambda: (b"<row>" + b"<c><v>1</v></c>" * 900 + b"</row>") * 3_000,
        lambda: (b"<row>" + b"<c/>" * 16_000 + b"</row>") * 200,
        lambda: b"<row r='2'><c t='inlineStr'><is>" + b"<r><t>a</t></r>" * 500_000 + b"</is></c></row>",
        lambda: b"<row r='2'><c t='inlineStr'><is><t>" + b"a" * 100_000_000 + b"</t></is></c></row>",
    ],
    ids=["cells", "blank cells", "pieces of a text", "one text"],
)
def test_a_small_workbook_that_makes_much_work_is_refused_before_it_is_read(
    table: Read, rows: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openpyxl, "load_workbook", None)
    with pytest.raises(Refusal):
        table(with_part("xl/worksheets/sheet1.xml", SHEET % (HEADER + rows())))


@pytest.mark.parametrize("row", [199_999, 10**12])
def test_rows_that_are_far_away_cost_little(table: Read, row: int) -> None:
    far = b"<row r='%d'><c r='A1'><v>1</v></c></row>" % row
    began = time.process_time()
    with suppress(Refusal):
        table(with_part("xl/worksheets/sheet1.xml", SHEET % (HEADER + far)))
    assert time.process_time() - began < SLOWEST * slowness()


def test_a_full_table_is_no_bomb(table: Read) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(["a", "b", "c"])
    for _row in range(20_000):
        sheet.append([1, 1, 1])
    made = io.BytesIO()
    book.save(made)
    table(made.getvalue())


def test_a_workbook_that_says_less_than_it_unpacks_to_is_refused(table: Read) -> None:
    data = with_part("xl/worksheets/sheet1.xml", b"<worksheet>" + b" " * 300_000_000)
    huge, small = struct.pack("<I", 300_000_011), struct.pack("<I", 1_000)
    assert huge in data
    with pytest.raises(Refusal):
        table(data.replace(huge, small))


@often(100, 3_000)
def test_a_scan_is_read_or_refused(count: int) -> None:
    grey = np.tile(np.arange(0, 250, dtype=np.uint8), (60, 1))
    sound = [cv2.imencode(kind, grey)[1].tobytes() for kind in (".png", ".jpg", ".tiff")]
    sound += [cv2.imencodemulti(".tiff", [grey, grey])[1].tobytes(), small_pdf()]

    def read(data: bytes) -> None:
        for page in pictures(data):
            assert isinstance(page, Refusal | np.ndarray)

    run(read, sound, count)


def small_pdf(box: str = "0 0 60 80") -> bytes:
    return (
        "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        f"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[{box}]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    ).encode()


@pytest.mark.parametrize("box", ["0 0 0 0", "0 0 1 1000000", "0 0 1e30 1e30", "0 0 -5 -5", "a b c d"])
def test_a_pdf_with_a_strange_page_gives_a_picture_or_a_reason(box: str) -> None:
    for page in pictures(small_pdf(box)):
        assert isinstance(page, Refusal) or page.size < 10_000_000


def test_a_png_gets_no_room_for_what_a_chunk_says_of_itself() -> None:
    data = cv2.imencode(".png", np.zeros((8, 8), np.uint8))[1].tobytes()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    place = data.index(b"IDAT") - 4
    for wrong in (b"\xff\0\0\0", b"\x7f\xff\xff\xff"):
        with pytest.raises(Refusal):
            list(pictures(data[:place] + wrong + data[place + 4 :]))
    header = data[8:33].replace(b"\0\0\0\x08\0\0\0\x08", b"\0\1\0\0\0\1\0\0")
    with pytest.raises(Refusal):
        list(pictures(data[:33] + header + data[33:]))
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 100


def tiff_that_repeats_itself() -> bytes:
    """Directories that lie over one another, each with as many entries as can be: few bytes, endless work.

    An entry has twelve bytes, and the last two of each are the number of entries of a directory that begins there.
    """
    entries = [struct.pack("<HHIHH", 256 + number % 2, 3, 1, 1, 65_535) for number in range(65_535)]
    # The place after the last entry says where the next directory begins: twelve bytes further.
    entries += [struct.pack("<IIHH", 8 + 12 * number, 1, 1, 65_535) for number in range(1, 2_000)]
    return b"II*\0\x08\0\0\0" + struct.pack("<H", 65_535) + b"".join(entries)


@pytest.mark.parametrize(
    "made",
    [
        lambda: b"\xff\xd8" + b"\xff" * 19_000_000,
        lambda: b"\xff\xd8" + b"\x01\0\0" * 6_000_000,
        lambda: b"II*\0\x08\0\0\0" + struct.pack("<H", 0xFFFF) * 9_000_000,
        tiff_that_repeats_itself,
        lambda: (
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 11_000, 11_000) + zlib.compress(b"\0" * 10**7)
        ),
    ],
    ids=["filling", "markers", "entries", "directories", "png"],
)
def test_a_scan_that_makes_much_work_is_refused_early(made: Callable[[], bytes]) -> None:
    data = made()
    began = time.process_time()
    with suppress(Refusal):
        assert all(isinstance(page, Refusal | np.ndarray) for page in pictures(data))
    assert time.process_time() - began < SLOWEST * slowness()


@often(300, 10_000)
def test_boundaries_are_read_or_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))
    ring = [[107.0, 20.9], [107.1, 20.9], [107.1, 21.0], [107.0, 20.9]]
    feature = {
        "type": "Feature",
        "properties": {"code": "06652"},
        "geometry": {"type": "MultiPolygon", "coordinates": [[ring]]},
    }
    sound = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()

    def read(data: bytes) -> None:
        (tmp_path / "x.geojson").write_bytes(data)
        commune_boundaries.load(tmp_path / "x.geojson", [])

    run(read, [sound, sound.replace(b"Multi", b"")], count)
    with pytest.raises(Refusal):
        read(b"[" * 1_000_000)
    with pytest.raises(Refusal):
        read(sound.replace(b"107.0", b"9" * 4_000))


@often(200, 10_000)
def test_a_questionnaire_is_read_or_refused(tmp_path: Path, count: int) -> None:
    sound = Path("forms/documents/noi_phuc_vu.yaml").read_bytes()

    def read(data: bytes) -> None:
        (tmp_path / "x.yaml").write_bytes(data)
        load(tmp_path / "x.yaml")

    run(read, [sound], count)
    for bomb in (b"[" * 900_000, b"? " * 400_000, b"{" * 900_000, b"- " * 400_000, b"a: >\n" + b" \n" * 400_000):
        with pytest.raises(DocumentError):
            read(bomb)


@often(150, 4_000)
def test_a_backup_is_read_or_refused(province: Database, tmp_path: Path, count: int) -> None:
    archive.write(province, tmp_path / "sound", lambda *_told: None)

    def read(data: bytes) -> None:
        (tmp_path / "x").write_bytes(data)
        archive.check(tmp_path / "x")

    run(read, [(tmp_path / "sound").read_bytes()], count, packed=True)
    assert not (tmp_path.parent / "x").exists()


def test_a_backup_that_unpacks_without_end_is_refused(province: Database, tmp_path: Path) -> None:
    archive.write(province, tmp_path / "sound", lambda *_told: None)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with (
        zipfile.ZipFile(tmp_path / "sound") as old,
        zipfile.ZipFile(tmp_path / "x", "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            if name == "tables/wave.jsonl":
                with new.open(name, "w") as part:
                    for _megabyte in range(600):
                        part.write(b" " * 1_000_000)
            else:
                new.writestr(name, old.read(name))
    with pytest.raises(Refusal):
        archive.check(tmp_path / "x")
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 300


def test_gzip_is_nothing_that_is_read(table: Read) -> None:
    with pytest.raises(Refusal):
        table(gzip.compress(b"a,b\n1,2\n"))
