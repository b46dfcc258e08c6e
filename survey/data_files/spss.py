"""SPSS system files (.sav), with labels and missing values; read by SPSS, PSPP, R's haven and Python's pyreadstat.

Written here because the libraries that write the format want pandas or polars at run time. The format: PSPP
developer's guide, "System File Format"; texts are UTF-8, numbers little-endian doubles, the data compressed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from analysis.design import Floats

SYSMIS = -np.finfo(np.float64).max
EPOCH = date(1582, 10, 14)  # dates are seconds since then
LONGEST_NAME, LONGEST_LABEL, LONGEST_VALUE_LABEL = 64, 255, 120  # bytes
LONGEST_TEXT = 32_767  # bytes
SHORT = 8  # bytes: the values of longer texts are named in an extension
STEP = 8192  # rows compressed at once; a multiple of 8, so that each step ends with a whole block
A, F, EDATE = 1, 5, 38  # formats: text, number, dd.mm.yyyy
NOMINAL, ORDINAL, SCALE = 1, 2, 3
# Words that no variable may be called.
RESERVED = frozenset(["ALL", "AND", "BY", "EQ", "GE", "GT", "LE", "LT", "NE", "NOT", "OR", "TO", "WITH"])


@dataclass(frozen=True)
class Variable:
    """A column of the file.

    type     "number", "date" or "text"
    labels   value -> text, of a number or a text
    missing  at most three values that are no answer
    decimals of a number
    """

    name: str
    label: str
    type: str = "number"
    labels: Mapping[Any, str] = field(default_factory=dict)
    missing: tuple[int, ...] = ()
    decimals: int = 0
    measure: int = NOMINAL


def write(
    file: IO[bytes], variables: Sequence[Variable], columns: Sequence[Sequence[Any]], title: str = ""
) -> None:
    """Writes a file of N rows.

    columns  for each variable N values: numbers, dates or texts; None for a blank
    """
    rows = len(columns[0]) if columns else 0
    pairs = zip(variables, columns, strict=True)
    parts = [_Part(variable, number, column) for number, (variable, column) in enumerate(pairs)]
    elements = sum(part.elements for part in parts)
    file.write(
        struct.pack(
            "<4s60siiiiid9s8s64s3x",
            b"$FL2",
            b"@(#) SPSS DATA FILE hailong".ljust(60),
            2,
            elements,
            1,  # bytecode-compressed
            0,  # no weight variable: standard errors need the design too
            rows,
            100.0,
            b"01 Jan 00",  # when it was made tells nothing, and would make no two files alike
            b"00:00:00",
            _cut(title, 64).ljust(64),
        )
    )
    for part in parts:
        part.describe(file)
    first = 1
    for part in parts:
        part.name_values(file, first)
        first += part.elements
    _extensions(file, parts)
    file.write(struct.pack("<ii", 999, 0))
    for begin in range(0, rows, STEP):
        block = [part.cells(begin, min(begin + STEP, rows)) for part in parts]
        file.write(_compressed(np.hstack(block)))


class _Part:
    """A variable with its data: E elements of 8 bytes in a row; a text of over 255 bytes has several segments."""

    def __init__(self, variable: Variable, number: int, column: Sequence[Any]) -> None:
        self.variable = variable
        self.short = f"V{number + 1:05}"
        self.texts: list[bytes] = []
        self.numbers: Floats = np.empty(0)
        self.width = 0
        if variable.type == "text":
            self.texts = [_cut("" if value is None else str(value), LONGEST_TEXT) for value in column]
            self.width = max((len(text) for text in self.texts), default=0) or 1
        else:
            self.numbers = np.array([_number(value) for value in column], np.float64)
        # The segments of a text: all but the last have 255 bytes, and a byte that only fills.
        count = -(-self.width // 252) if self.width > 255 else 1
        self.segments = [255] * (count - 1) + [self.width - 252 * (count - 1)] if self.width else [0]
        self.elements = sum(max(1, -(-width // 8)) for width in self.segments)

    def describe(self, file: IO[bytes]) -> None:
        """The variable record, one for each segment, with what continues a text."""
        variable = self.variable
        label = _cut(variable.label, LONGEST_LABEL)
        for at, width in enumerate(self.segments):
            form = A if width else EDATE if variable.type == "date" else F
            display = min(width, 255) if width else 10 if variable.type == "date" else 8
            code = form << 16 | display << 8 | (variable.decimals if form == F else 0)
            short = self.short if at == 0 else f"{self.short[:6]}{_base36(at)}"
            missing = variable.missing if at == 0 else ()
            file.write(struct.pack("<iiiiii8s", 2, width, 1, len(missing), code, code, short.encode().ljust(8)))
            file.write(struct.pack("<i", len(label)) + label.ljust(-(-len(label) // 4) * 4))
            file.write(struct.pack(f"<{len(missing)}d", *missing))
            for _more in range(max(1, -(-width // 8)) - 1):
                file.write(struct.pack("<iiiiii8s", 2, -1, 0, 0, 0, 0, b" " * 8))

    def name_values(self, file: IO[bytes], first: int) -> None:
        """What the values are called. first: the place of the variable's first element, from 1."""
        if not self.variable.labels or self.width > SHORT:
            return
        file.write(struct.pack("<ii", 3, len(self.variable.labels)))
        for value, text in self.variable.labels.items():
            label = _cut(text, LONGEST_VALUE_LABEL)
            file.write(value.encode().ljust(SHORT) if self.width else struct.pack("<d", value))
            file.write(struct.pack("<B", len(label)))
            file.write(label.ljust(-(-(len(label) + 1) // 8) * 8 - 1))
        file.write(struct.pack("<iii", 4, 1, first))

    def cells(self, begin: int, end: int) -> NDArray[np.uint64]:
        """(rows, E) the elements of some rows, as they stand uncompressed."""
        if not self.width:
            return self.numbers[begin:end].astype("<f8").view(np.uint64).reshape(-1, 1)
        whole = b"".join(self._padded(text) for text in self.texts[begin:end])
        return np.frombuffer(whole, "<u8").reshape(end - begin, self.elements)

    def _padded(self, text: bytes) -> bytes:
        parts = []
        for at, width in enumerate(self.segments):
            last = at == len(self.segments) - 1
            parts.append(text[255 * at : None if last else 255 * (at + 1)].ljust(-(-width // 8) * 8))
        return b"".join(parts)


def _extensions(file: IO[bytes], parts: Sequence[_Part]) -> None:
    def extension(kind: int, size: int, content: bytes) -> None:
        file.write(struct.pack("<iiii", 7, kind, size, len(content) // size) + content)

    extension(3, 4, struct.pack("<8i", 1, 0, 0, -1, 1, 1, 2, 65001))
    extension(4, 8, struct.pack("<3d", SYSMIS, -SYSMIS, np.nextafter(SYSMIS, 0)))
    displays = [
        number
        for part in parts
        for _segment in part.segments
        for number in (part.variable.measure, min(part.width or 8, 40), 0 if part.width else 1)
    ]
    extension(11, 4, struct.pack(f"<{len(displays)}i", *displays))
    extension(13, 1, "\t".join(f"{part.short}={part.variable.name}" for part in parts).encode())
    long = "".join(f"{part.short}={part.width:05}\0\t" for part in parts if part.width > 255)
    if long:
        extension(14, 1, long.encode())
    extension(20, 1, b"UTF-8")
    if named := b"".join(_long_labels(part) for part in parts if part.variable.labels and part.width > SHORT):
        extension(21, 1, named)


def _long_labels(part: _Part) -> bytes:
    def counted(text: bytes) -> bytes:
        return struct.pack("<i", len(text)) + text

    labels = part.variable.labels.items()
    head = counted(part.variable.name.encode()) + struct.pack("<ii", part.width, len(labels))
    return head + b"".join(
        counted(value.encode().ljust(part.width)) + counted(_cut(text, LONGEST_VALUE_LABEL))
        for value, text in labels
    )


def _compressed(cells: NDArray[np.uint64]) -> bytes:
    """Blocks of eight command bytes, each followed by the elements that are written out. 1 to 251: the number less
    100; 253: written out; 254: eight spaces; 255: missing; 0 fills the last block."""
    flat = np.ascontiguousarray(cells).ravel()
    numbers = flat.view("<f8")
    codes = np.full(len(flat), 253, np.uint8)
    with np.errstate(invalid="ignore"):
        small = (numbers >= -99) & (numbers <= 151) & (numbers == np.trunc(numbers))
    small &= flat != np.uint64(1 << 63)  # -0.0 is written out
    codes[small] = (numbers[small] + 100).astype(np.uint8)
    codes[flat == np.frombuffer(b" " * 8, "<u8")[0]] = 254
    codes[numbers == SYSMIS] = 255
    codes = np.concatenate([codes, np.zeros(-len(codes) % 8, np.uint8)])
    return _interleaved(codes, flat).tobytes()


def _interleaved(codes: NDArray[np.uint8], flat: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Each block of eight commands, and after it what it writes out."""
    out = np.zeros(len(codes) // 8 * 8 + 8 * int((codes == 253).sum()), np.uint8).view(np.uint64)
    blocks = codes.reshape(-1, 8)
    spelled = (blocks == 253).sum(1)
    starts = np.arange(len(blocks)) + np.concatenate([[0], np.cumsum(spelled)[:-1]]) if len(blocks) else spelled
    out[starts] = codes.view("<u8")
    rest = np.ones(len(out), bool)
    rest[starts] = False
    out[rest] = flat[codes[: len(flat)] == 253]
    return out


def _number(value: Any) -> float:
    if value is None or value != value:
        return float(SYSMIS)
    return float((value - EPOCH).days * 86400) if isinstance(value, date) else float(value)


def _cut(text: str, most: int) -> bytes:
    """At most so many bytes of a text, whole letters only."""
    return text.encode()[:most].decode(errors="ignore").encode()


def _base36(number: int) -> str:
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return digits[number // 36] + digits[number % 36]


def names(labels: Iterable[str]) -> list[str]:
    """Names that SPSS takes, in the order of the wanted ones: a letter, then letters, digits and _ . $ # @."""
    names_: list[str] = []
    for text in labels:
        name = "".join(sign if sign.isalnum() or sign in "_.$#@" else "_" for sign in text).rstrip(".")
        if not name[:1].isalpha() or name.upper() in RESERVED:
            name = f"v_{name}"
        name = _cut(name, LONGEST_NAME - 4).decode()
        used = {one.upper() for one in names_}
        unique, number = name, 2
        while unique.upper() in used:
            unique, number = f"{name}_{number}", number + 1
        names_.append(unique)
    return names_
