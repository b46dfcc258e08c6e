"""Columns of a CSV or Parquet file, read in chunks by as many threads as there are processors.

PyArrow was the fastest reader measured (docs/statistics.md) and starts quickly. A chunk is parsed as soon as it is
asked for, while the caller works on the one before.
"""

from __future__ import annotations

import csv
import os
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from survey.system.csv_table import NONE, nearest
from translations import N_, Refusal, reason
from translations.unicode import nfc

CHUNK = 1 << 23  # bytes of CSV parsed at a time
PIECE = 1 << 21  # bytes that Arrow holds at once within a chunk: they stay in the cache
FEW = 1 << 16  # bytes from which it is learnt what the columns hold
LONGEST_RECORD = 1 << 26
ROWS = 1 << 18  # rows of Parquet read at a time
LARGEST = 1e100  # of a number, whose square is summed
BLANK = -128  # of a code
LABEL = pa.dictionary(pa.int32(), pa.string())
CHARACTER = pa.binary(1)  # an answer as most files have it, which is read faster than a number
CHARACTERS = [chr(code) for code in range(128)]
# What a column of a CSV file is read as once it holds more than it was taken for.
WIDER = {CHARACTER: pa.int8(), pa.int8(): LABEL, pa.float64(): pa.string()}


@dataclass(frozen=True)
class Column:
    """N values as codes: small integers that are the values themselves, or places in `levels`."""

    codes: NDArray[Any]  # (N,) signed integers
    levels: list[Any] | None  # None: the codes are the values
    blank: int

    def matching(self, wanted: Collection[str]) -> frozenset[int]:
        """The codes of values that read like a wanted one: "4" is 4 and 4.0."""
        if self.levels is CHARACTERS:  # a loop over all of them would be much of the time of a chunk
            return frozenset(ord(one) for one in wanted if len(one) == 1 and one.isascii())
        if self.levels is None:
            return frozenset(int(one) for one in wanted if one.lstrip("-").isdigit() and abs(int(one)) < -BLANK)
        return frozenset(place for place, level in enumerate(self.levels) if canonical(level) in wanted)


@dataclass(frozen=True)
class Chunk:
    """Some rows of a file; `first` is the record number of the first one, the header of a CSV being 1."""

    first: int
    rows: int
    table: pa.Table

    def labels(self, name: str) -> tuple[list[Any], NDArray[np.int64]]:
        """Levels as they stand in the file (NFC), and the code of each row, −1 for a blank."""
        return _encoded(self.table.column(name), name)

    def numbers(self, name: str) -> NDArray[np.float64]:
        """(N,) numbers, NaN for a blank. Refusal: a value that is no finite number."""
        column = self.table.column(name)
        if not pa.types.is_float64(column.type):
            if pa.types.is_dictionary(column.type):
                column = column.cast(column.type.value_type)
            if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
                return self._read_numbers(name, column)
            try:
                column = column.cast(pa.float64())
            except pa.ArrowException:
                raise Refusal("Column %(column)s contains no numbers.", column=name) from None
        whole = _one(column)
        values, valid = _buffer(whole, np.dtype(np.float64))
        for row in np.flatnonzero(~(np.abs(values) <= LARGEST) & valid).tolist():
            raise self._strange(name, row, float(values[row]))
        return values if valid.all() else np.where(valid, values, np.nan)

    def _strange(self, name: str, row: int, value: float) -> Refusal:
        if not np.isfinite(value):
            return _no_number(name, self.first + row, str(value))
        return Refusal(
            "Row %(row)s, column %(column)s: %(value)s is too large to compute with. Correct it.",
            row=self.first + row,
            column=name,
            value=f"{value:g}",
        )

    def _read_numbers(self, name: str, column: Any) -> NDArray[np.float64]:
        values = np.full(self.rows, np.nan)
        for row, text in enumerate(column.to_pylist()):
            if text not in (None, ""):
                try:
                    values[row] = float(text)
                except ValueError:
                    values[row] = np.nan
                if not np.isfinite(values[row]):
                    raise _no_number(name, self.first + row, text)
        return values

    def codes(self, name: str) -> Column:
        """The values of an item, in as few bytes as they need."""
        column = self.table.column(name)
        if column.type == CHARACTER:
            characters, valid = _buffer(_one(column), np.dtype(np.int8))
            return Column(characters * valid.view(np.int8), CHARACTERS, 0)
        if pa.types.is_integer(column.type):
            whole = _whole(column)
            if whole is not None:
                return Column(whole, None, BLANK)
        levels, codes = _encoded(column, name)
        small = np.int8 if len(levels) < -BLANK else np.int32
        return Column(np.ascontiguousarray(codes, dtype=small), levels, -1)


def _one(column: Any) -> Any:
    """A column's chunks as one array."""
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _buffer(array: Any, kind: np.dtype[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """The values of an Arrow array as they lie in memory, and which are there: no copy, no compute library."""
    bitmap, data = array.buffers()[:2]
    rows, skipped = len(array), array.offset
    values = np.frombuffer(data, kind, rows, skipped * kind.itemsize) if rows else np.zeros(0, kind)
    if not array.null_count:
        return values, np.ones(rows, bool)
    bits = np.unpackbits(np.frombuffer(bitmap, np.uint8), bitorder="little")
    return values, bits[skipped : skipped + rows].view(bool)


def _whole(column: Any) -> NDArray[np.int8] | None:
    """Integers of −127 … 127 with BLANK for the missing; None if they are larger."""
    if not pa.types.is_int8(column.type):
        try:
            column = column.cast(pa.int8())
        except pa.ArrowInvalid:
            return None
    values, valid = _buffer(_one(column), np.dtype(np.int8))
    if ((values == BLANK) & valid).any():
        return None
    blank = valid.view(np.uint8) - np.uint8(1)  # all bits where there is nothing
    codes = values.view(np.uint8) & ~blank
    codes |= blank & np.uint8(-BLANK)
    return codes.view(np.int8)


def _encoded(column: Any, name: str) -> tuple[list[Any], NDArray[np.int64]]:
    if not pa.types.is_dictionary(column.type):
        try:
            column = column.dictionary_encode()
        except pa.ArrowNotImplementedError:  # of a Parquet file
            raise Refusal("Column %(column)s contains lists or tables. Choose another.", column=name) from None
    if column.num_chunks != 1:
        column = column.unify_dictionaries()
    joined = _one(column)
    levels = [_nfc(level) for level in joined.dictionary.to_pylist()]
    places, valid = _buffer(joined.indices, np.dtype(joined.indices.type.to_pandas_dtype()))
    codes = np.where(valid, places, -1).astype(np.int64)
    distinct = list(dict.fromkeys(level for level in levels if not _is_blank(level)))
    if len(distinct) < len(levels):
        rank = {level: place for place, level in enumerate(distinct)}
        codes = np.array([-1 if _is_blank(level) else rank[level] for level in levels] + [-1])[codes]
    return distinct, codes


def _nfc(level: Any) -> Any:
    return nfc(level) if isinstance(level, str) else level


def _is_blank(level: Any) -> bool:
    return level is None or level == "" or level != level


@lru_cache(maxsize=1 << 16, typed=True)  # the same few values come in every chunk
def canonical(value: Any) -> str:
    """How a value is compared: numbers by what they are worth, texts in NFC."""
    text = nfc(str(value)).strip()
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number.is_integer() else repr(number)


def _no_number(name: str, row: int, text: str) -> Refusal:
    return Refusal(
        "Row %(row)s, column %(column)s: “%(value)s” is not a number. Correct it.",
        row=row,
        column=name,
        value=text,
    )


class DataFile:
    """A CSV or Parquet file: its columns, and its rows in chunks."""

    def __init__(self, path: str) -> None:
        self.path = path
        with _open(path) as stream:
            start = stream.read(4)
        self.parquet = start == b"PAR1"
        if start.startswith((b"PK\3\4", b"\x1f\x8b")):
            raise Refusal("%(file)s is a workbook or is compressed. Save it as a CSV file in UTF-8.", file=path)
        if self.parquet:
            self.columns: list[str] = _parquet(path).schema_arrow.names
        else:
            self.columns, self._body, self._first = _header(path)
        for name in self.columns:
            if self.columns.count(name) > 1:
                raise Refusal("Column %(column)s stands twice in %(file)s. Rename one.", column=name, file=path)

    def require(self, names: Sequence[str]) -> None:
        """Refuses a column that the file doesn't have, with the nearest one it has."""
        for name in names:
            if name not in self.columns:
                raise self._missing(name)

    def _missing(self, name: str) -> Refusal:
        if len(self.columns) == 1 and (";" in self.columns[0] or "\t" in self.columns[0]):
            return Refusal(
                "%(file)s separates its columns by semicolons or tabs. Save it with commas between them.",
                file=self.path,
            )
        about = {"file": self.path, "column": name}
        if (near := nearest(name, self.columns, least=0.5)) != NONE:
            return Refusal("%(file)s has no column %(column)s. Did you mean %(near)s?", near=near, **about)
        columns = ", ".join(self.columns[:20])
        return Refusal("%(file)s has no column %(column)s. It has: %(columns)s.", columns=columns, **about)

    def chunks(
        self, labels: Collection[str] = (), numbers: Collection[str] = (), codes: Collection[str] = ()
    ) -> Iterator[Chunk]:
        """The rows, in order; reading begins at once, not when the first chunk is taken."""
        columns = list(dict.fromkeys([*labels, *numbers, *codes]))
        self.require(columns)
        if self.parquet:
            return self._parquet_chunks(columns)
        kinds = dict.fromkeys(codes, CHARACTER) | dict.fromkeys(numbers, pa.float64())
        reader = _Reader(self.columns, kinds | dict.fromkeys(labels, LABEL), self.path)
        return self._csv_chunks(reader)

    def _parquet_chunks(self, columns: list[str]) -> Iterator[Chunk]:
        first = 1
        for batch in _parquet(self.path).iter_batches(ROWS, columns=columns):
            yield Chunk(first, batch.num_rows, pa.Table.from_batches([batch]))
            first += batch.num_rows

    def _csv_chunks(self, reader: _Reader) -> Iterator[Chunk]:
        pool = ThreadPoolExecutor(os.cpu_count() or 1)
        blocks = _blocks(self.path, self._body, CHUNK)
        waiting: deque[Future[Any]] = deque()

        def ahead() -> None:
            while len(waiting) <= (os.cpu_count() or 1) and (block := next(blocks, None)) is not None:
                waiting.append(pool.submit(reader.parse, block))

        if (start := next(_blocks(self.path, self._body, FEW), None)) is not None:
            reader.parse(start)  # a column is found wider in a few rows, not in a chunk by each thread
        ahead()

        def rest() -> Iterator[Chunk]:
            first = self._first
            try:
                while waiting:
                    parsed = waiting.popleft().result()
                    ahead()
                    if isinstance(parsed, _Fault):
                        raise parsed.refusal(self.path, first)
                    yield Chunk(first, parsed.num_rows, parsed)
                    first += parsed.num_rows
            finally:
                pool.shutdown(cancel_futures=True)

        return rest()


@dataclass(frozen=True)
class _Fault:
    """What a block holds wrong, `row` rows after its first."""

    message: str
    row: int
    values: dict[str, Any]

    def refusal(self, path: str, first: int) -> Refusal:
        return Refusal(self.message, file=path, row=first + self.row, **self.values)


@dataclass
class _Reader:
    """Parses blocks of a CSV file; a column that once held more than it was taken for is wider from then on."""

    columns: list[str]
    kinds: dict[str, Any]
    path: str

    def parse(self, block: memoryview) -> pa.Table | _Fault:
        """The block as columns, or what is wrong with it."""
        text = block.obj
        assert isinstance(text, bytes)  # noqa: S101 (as `_blocks` made it)
        if not text.isascii():
            try:
                str(block, "utf-8")
            except UnicodeDecodeError as error:
                at = text.count(b"\n", 0, error.start)
                return _Fault(N_("%(file)s, row %(row)s: a byte is not UTF-8. Save the file as UTF-8."), at, {})
        if (nul := text.find(b"\0", 0, len(block))) >= 0:
            at = text.count(b"\n", 0, nul)
            return _Fault(N_("%(file)s, row %(row)s: a NUL byte. The file is damaged."), at, {})
        quoted = text.find(b'"', 0, len(block)) >= 0
        uneven: list[Any] = []
        size = PIECE
        while True:
            kinds = dict(self.kinds)
            try:
                return self._read(block, kinds, uneven, quoted, size)
            except pa.ArrowInvalid as error:
                if "straddling" in str(error) and size < len(block):  # a record longer than a piece
                    size = len(block) + 1
                    continue
                if uneven:
                    line = uneven[0]
                    return _Fault(
                        N_("%(file)s, row %(row)s has %(cells)s cells, the header %(columns)s. Correct the row."),
                        (line.number or 1) - 1,
                        {"cells": line.actual_columns, "columns": line.expected_columns},
                    )
                if not self._widen(kinds, str(error)):
                    return _Fault(
                        N_("%(file)s is no CSV file from row %(row)s on: %(reason)s"), 0, {"reason": str(error)}
                    )

    def _widen(self, kinds: dict[str, Any], reason: str) -> bool:
        """Reads a column as what is WIDER; which one it is stands in the reason, else it is all that can be."""
        narrow = [name for name, kind in kinds.items() if kind in WIDER]
        place = reason.partition("column #")[2].partition(":")[0]
        if place.isdigit() and self.columns[int(place)] in narrow:
            narrow = [self.columns[int(place)]]
        for name in narrow:
            if self.kinds[name] == kinds[name]:  # another thread may have met it before
                self.kinds[name] = WIDER[kinds[name]]
        return bool(narrow)

    def _read(
        self, block: memoryview, kinds: dict[str, Any], uneven: list[Any], quoted: bool, size: int
    ) -> pa.Table:
        def refuse(row: Any) -> str:
            uneven.append(row)
            return "error"

        return pa.csv.read_csv(
            pa.BufferReader(pa.py_buffer(block)),
            pa.csv.ReadOptions(use_threads=False, block_size=size, column_names=self.columns),
            pa.csv.ParseOptions(
                quote_char='"' if quoted else False,  # faster where there is none to look for
                newlines_in_values=quoted,
                invalid_row_handler=refuse,
            ),
            pa.csv.ConvertOptions(
                include_columns=list(kinds), column_types=kinds, null_values=[""], strings_can_be_null=True
            ),
        )


def _open(path: str) -> IO[bytes]:
    try:
        return Path(path).open("rb")
    except FileNotFoundError:
        raise Refusal("There is no file %(file)s.", file=path) from None
    except IsADirectoryError:
        raise Refusal("%(file)s is a folder. Name a file in it.", file=path) from None
    except PermissionError:
        raise Refusal("You may not read %(file)s. Ask its owner for the right to.", file=path) from None
    except OSError as error:
        raise Refusal("%(file)s can't be read: %(reason)s", file=path, reason=reason(error)) from None


def _parquet(path: str) -> Any:
    module = __import__("pyarrow.parquet", fromlist=["ParquetFile"])  # its import costs what small CSV files save
    try:
        return module.ParquetFile(path)
    except pa.ArrowInvalid:
        raise Refusal("%(file)s is no whole Parquet file. Make it or copy it again.", file=path) from None


def _header(path: str) -> tuple[list[str], int, int]:
    """The columns, where the rows begin, and the record number of the first."""
    with _open(path) as stream:
        start = stream.read(1 << 20)
    body = _cut(start, 0) if b'"' in start.partition(b"\n")[0] else start.find(b"\n") + 1 or len(start)
    try:
        line = start[:body].decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refusal(
            "%(file)s, row %(row)s: a byte is not UTF-8. Save the file as UTF-8.", file=path, row=1
        ) from None
    if not line.strip():
        raise Refusal("%(file)s is empty.", file=path)
    return [nfc(name.strip()) for name in next(csv.reader([line]))], body, 2


def _cut(text: bytes, start: int) -> int:
    """Where the first record after `start` ends: the first line break outside quotation marks."""
    place = start
    while (place := text.find(b"\n", place) + 1) and text.count(b'"', start, place) % 2:
        pass
    return place or len(text)


def _blocks(path: str, body: int, length: int) -> Iterator[memoryview]:
    """The file in blocks of whole records; what a block cuts off is read again with the next."""
    with _open(path) as stream:
        size = length
        while True:
            stream.seek(body)
            text = stream.read(size)
            if not text or text.isspace():
                return
            last = len(text) < size
            end = len(text) if last else _last_break(text)
            if text.count(b'"') % 2 if last else not end and size >= LONGEST_RECORD:
                raise _open_quotation(path, body + _last_break(text))
            if end:
                yield memoryview(text)[:end]
                body, size = body + end, length
            else:  # a record longer than this
                size *= 2


def _open_quotation(path: str, at: int) -> Refusal:
    """What is wrong with the record that begins `at` this byte, and its line as an editor counts."""
    with _open(path) as stream:
        line = 1 + sum(stream.read(min(CHUNK, at - start)).count(b"\n") for start in range(0, at, CHUNK))
    return Refusal(
        "%(file)s, line %(line)s: a quotation mark is opened and never closed. Close it.", file=path, line=line
    )


def _last_break(text: bytes) -> int:
    """After the last line break outside quotation marks; 0 where there is none. A block begins with a record."""
    end = len(text)
    marks = text.count(b'"') if b'"' in text else 0  # finding is faster than counting
    while (place := text.rfind(b"\n", 0, end)) >= 0:
        marks -= text.count(b'"', place, end)
        if marks % 2 == 0:
            return place + 1
        end = place
    return 0
