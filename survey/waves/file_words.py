"""What the columns of files that come in are called, and which commune a cell means."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from survey.storage.models import Unit
from survey.system.header import Heads
from survey.waves import unit_search, units
from translations import Lazy
from translations.unicode import fold

# The best word first: of two columns that mean one of ours the better one is taken.
COLUMNS: dict[str, tuple[str, ...]] = {
    "unit": (
        "mã xã",
        "mã phường",
        "mã xã, phường",
        "mã đơn vị",
        "xã",
        "phường",
        "xã phường",
        "xã, phường",
        "xã/phường",
        "phường, xã",
        "phường/xã",
        "xã, phường, đặc khu",
        "đơn vị",
        "tên xã",
        "tên xã, phường",
        "commune",
    ),
    "stratum": ("tầng", "tầng mẫu", "mã tầng", "mã nhóm", "nhóm"),
    "psu": (
        "mã thôn",
        "mã địa bàn",
        "mã thôn, tổ",
        "thôn",
        "tổ dân phố",
        "thôn, tổ",
        "thôn, tổ dân phố",
        "địa bàn",
        "mã khu",
        "mã thôn, khu",
        "mã thôn, khu phố",
        "village",
    ),
    "weight": ("quyền số", "trọng số"),
    "mode": ("cách trả lời", "hình thức", "cách thu"),
    "day": ("ngày", "ngày phỏng vấn", "ngày trả lời", "date"),
    "response_id": ("id", "uuid"),
    "sheet": ("số phiếu", "mã phiếu", "số sê-ri", "số seri", "sheet number"),
    "adults": (
        "số người từ 18 tuổi",
        "số người từ 18 tuổi trở lên",
        "số người từ 18 tuổi trở lên trong hộ",
        "số người lớn",
        "người lớn",
        "dân số từ 18 tuổi",
    ),
    "households": ("số hộ", "tổng số hộ", "hộ", "households"),
    "name": ("tên thôn", "tên thôn, tổ", "tên tổ dân phố", "tên địa bàn", "tên thôn, tổ dân phố", "tên nhóm")
    + ("tên khu", "tên khu phố", "tên thôn, khu", "tên thôn, khu phố"),
    "people": ("số người", "số lãnh đạo"),
    "account": ("tài khoản", "người phỏng vấn", "phỏng vấn viên"),
    "batch": ("mã tập", "tập", "tập phiếu"),
    "service": ("dịch vụ", "thủ tục", "lĩnh vực"),
    "week": ("tuần",),
    "count": ("số giao dịch", "số hồ sơ", "số lượng"),
}
ZEROS = re.compile(r"0+(?=[0-9]+(?:[-_./ ]|\Z))")
NUMBER = re.compile(r"[0-9]{1,5}(?:\.0)?")


def heads(columns: Sequence[str]) -> Heads:
    """How the columns of a file may be called of which these are ours."""
    words = {column: COLUMNS[column] for column in columns if column in COLUMNS}
    return Heads(columns, words)


def without_zeros(code: str) -> str:
    """A code as a spreadsheet leaves it that takes it for a number: 00123 is 123 there, and 00123-1 made from it
    is 123-1."""
    return ZEROS.sub("", code)


def with_zeros(code: str, unit: str) -> str:
    """A code that is its commune's, or begins with it, as a spreadsheet leaves that one, with the zeros put back:
    6652-1 in 06652 is 06652-1."""
    bare = without_zeros(unit)
    rest = code.removeprefix(bare)
    return unit + rest if bare != unit and rest != code and not rest[:1].isalnum() else code


class Codes:
    """Codes by what a file may have of them: whole, or without the zeros that a spreadsheet drops in front."""

    def __init__(self, codes: Iterable[str]) -> None:
        self._whole = set(codes)
        self._bare: dict[str, list[str]] = defaultdict(list)
        for code in self._whole:
            self._bare[without_zeros(code)].append(code)

    def __contains__(self, code: object) -> bool:
        return code in self._whole

    def find(self, text: str) -> str:
        """The code that is meant, or the text where none or several are."""
        if text in self._whole:
            return text
        found = self._bare.get(without_zeros(text), [])
        return found[0] if len(found) == 1 else text


class UnitCodes(Codes):
    """Codes of units by what a file may have of them: names with their kind, and names of before, too."""

    def __init__(self, found: Iterable[Unit]) -> None:
        self.units = {unit.code: unit for unit in found}
        super().__init__(self.units)
        self._named: dict[str, list[str]] = defaultdict(list)
        for unit in self.units.values():
            for name in {fold(unit.name), fold(f"{unit.kind} {unit.name}")}:
                self._named[name].append(unit.code)

    def find(self, text: str) -> str:
        """The code that is meant, or the text where none or several are."""
        code = super().find(units.settled(text.removesuffix(".0")))
        found = [code] if code in self.units else self.meant(text)
        return units.settled(found[0]) if len(found) == 1 else code

    def meant(self, text: str) -> list[str]:
        """The codes of the units that a name means: of one that is gone all that took it in."""
        words = fold(text)
        if not words or words.isdecimal():
            return []
        kind = unit_search.KIND.match(words)
        bare = unit_search.KIND.sub("", words)
        whole = f"{unit_search.SHORT.get(kind[1], kind[1])} {bare}" if kind else ""
        if not whole.startswith(("thanh pho ", "thi xa ", "thi tran ", "huyen ")):  # no unit of today is one
            named = self._named.get(words) or self._named.get(bare)
            if named:
                return named
        return [unit.code for unit in self.units.values() if (whole or bare) in _former(unit, bool(whole))]


def _former(unit: Unit, with_kind: bool) -> set[str]:
    names = {fold(name) for name in (unit.former or "").split(";") if name}
    return names if with_kind else {unit_search.KIND.sub("", name) for name in names}


def no_unit(text: str, codes: UnitCodes) -> Lazy:
    """What is said of a cell that means no unit, or several."""
    if several := codes.meant(text):
        names = ", ".join(f"{codes.units[code].name} ({code})" for code in several)
        return Lazy(
            "%(name)s is a former name: %(units)s took it in. Write the code of one.", name=text, units=names
        )
    return Lazy("There is no unit with the code %(code)s.", code=text[:60])
