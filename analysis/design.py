"""The design of a sample: weights, strata, primary sampling units (PSUs), finite population correction."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
SinglePSU = Literal["refuse", "centered", "average", "certainty"]
SINGLE_PSU: tuple[SinglePSU, ...] = ("refuse", "centered", "average", "certainty")


class DesignError(ValueError):
    """What only the data show: a lonely stratum, a blank weight, an fpc below the sample, an impossible margin.
    `message` is an English catalogue key with `%(name)s` places for `values`."""

    def __init__(self, message: str, /, **values: Any) -> None:
        super().__init__(message % values if values else message)
        self.message, self.values = message, values


@dataclass(frozen=True)
class Labels:
    """N labels as codes into their sorted levels; −1 is a blank."""

    levels: list[Hashable]
    codes: Ints  # (N,)

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist())

    def __getitem__(self, rows: Any) -> Labels:
        """The labels of some rows, with all levels."""
        return Labels(self.levels, self.codes[rows])

    def tolist(self) -> list[Any]:
        """(N,) the labels one by one, None for a blank."""
        named = [*self.levels, None]  # the last one is that of −1
        return [named[code] for code in self.codes.tolist()]

    def among(self, levels: Sequence[Hashable]) -> Labels:
        """The same labels with these levels, in this order; a label that is none of them is blank."""
        place = {label: at for at, label in enumerate(levels)}
        codes = np.array([place.get(label, -1) for label in self.levels] + [-1], np.int64)
        return Labels(list(levels), codes[self.codes])

    def having(self, label: Hashable) -> Bools:
        """(N,) which rows have this label."""
        rows: Bools = self.codes == (self.levels.index(label) if label in self.levels else len(self.levels))
        return rows

    def counts(self) -> dict[Hashable, int]:
        """How many rows have each label."""
        rows = np.bincount(self.codes + 1, minlength=len(self.levels) + 1)[1:].tolist()
        return dict(zip(self.levels, rows, strict=True))


def crossed(parts: Sequence[Labels]) -> Labels:
    """(N,) tuples of labels of each row; a row with a blank is blank. The levels are the tuples that occur."""
    sizes = [max(len(part.levels), 1) for part in parts]
    key, blank = np.zeros(len(parts[0]), np.int64), np.zeros(len(parts[0]), bool)
    for part, size in zip(parts, sizes, strict=True):
        key = key * size + part.codes
        blank |= part.codes < 0
    key[blank] = math.prod(sizes)  # behind all others
    present, place = compact(key, math.prod(sizes) + 1)
    columns = np.unravel_index(present[present < math.prod(sizes)], sizes)
    named = [[part.levels[at] for at in column.tolist()] for part, column in zip(parts, columns, strict=True)]
    return Labels([*zip(*named, strict=True)], np.where(blank, -1, place))


def code(labels: Any) -> Labels:
    """Codes N labels of any hashable kind; None, NaN, NA and the empty text are blanks. Labels pass."""
    if isinstance(labels, Labels):
        return labels
    array = np.asarray(labels) if not isinstance(labels, (list, tuple)) else _object_array(labels)
    if array.dtype.kind == "b":
        array = array.astype(np.int64)
    if array.dtype.kind in "iu":
        return _code_integers(array)
    if array.dtype.kind in "fUS":
        levels, codes = np.unique(array, return_inverse=True)
        codes = codes.astype(np.int64)
        blank = np.isnan(levels) if array.dtype.kind == "f" else levels == levels.dtype.type()
        if blank.any():  # NaN sorts last, the empty text first
            codes = np.where(blank[codes], -1, codes - (0 if array.dtype.kind == "f" else 1))
        return Labels(levels[~blank].tolist(), codes)
    return _code_objects(array)


def _object_array(labels: Sequence[Any]) -> NDArray[Any]:
    array = np.empty(len(labels), dtype=object)
    array[:] = labels
    return array


def _code_integers(array: NDArray[Any]) -> Labels:
    if not array.size:
        return Labels([], np.zeros(0, np.int64))
    low, high = int(array.min()), int(array.max())
    if high - low > 4 * array.size + 1_000_000:
        levels, codes = np.unique(array, return_inverse=True)
        return Labels(levels.tolist(), codes.astype(np.int64))
    offset = array.astype(np.int64) - low
    levels, codes = compact(offset, high - low + 1)
    return Labels((levels + low).tolist(), codes)


def _code_objects(array: NDArray[Any]) -> Labels:
    seen: dict[Any, int] = {}
    first = np.fromiter((seen.setdefault(label, len(seen)) for label in array.tolist()), np.int64, len(array))
    levels = sorted((label for label in seen if not is_blank(label)), key=_rank)
    place = {label: rank for rank, label in enumerate(levels)}
    table = np.array([place.get(label, -1) for label in seen], np.int64)
    return Labels(levels, table[first] if len(table) else first)


def is_blank(label: Any) -> bool:
    """Whether a label is none: None, the empty text, NaN, or pandas' NA, which compares to NA."""
    if label is None:
        return True
    try:
        return bool(label == "" or label != label)
    except TypeError:
        return True


def _rank(label: Any) -> tuple[str, Any]:
    """Numbers before texts, tuples by their parts: labels of one column needn't be of one kind."""
    if isinstance(label, tuple):
        return ("tuple", tuple(_rank(part) for part in label))
    return ("", float(label)) if isinstance(label, (int, float)) else (type(label).__name__, label)


def compact(codes: Ints, size: int) -> tuple[Ints, Ints]:
    """The codes that occur among 0 … size−1, sorted, and each of the N codes' place among them."""
    if size > 4 * codes.size + 1_000_000:
        present, place = np.unique(codes, return_inverse=True)
        return present, place.astype(np.int64)
    present = np.flatnonzero(np.bincount(codes, minlength=size))
    if len(present) == size:
        return present, codes
    table = np.zeros(size, np.int64)
    table[present] = np.arange(len(present))
    return present, table[codes]


@dataclass(frozen=True)
class Frame:
    """The P PSUs of a file and their H strata: all that a variance needs of a design besides the totals.

    A PSU is the pair (stratum, label), so village numbers may restart in each stratum. PSUs are sorted by
    stratum, and count whether or not a domain has rows in them (Cochran 1977, § 2.12).
    """

    stratum: Ints  # (P,) 0 … H−1
    strata: list[Hashable]  # H labels
    psus: list[Hashable] | None  # P labels; None if each row is its own PSU: one by one, or by stratum (P = H)
    sampled: Ints  # (H,) m_h, PSUs of the stratum in the file
    remaining: Floats  # (H,) f_h = 1 − m_h/M_h; 1 without fpc
    single_psu: SinglePSU
    single_stage: bool = False  # all of a sampled PSU was observed

    @property
    def lonely(self) -> Bools:
        """(H,) strata with a single PSU that stands for others too, so not those taken whole (f_h = 0)."""
        lonely: Bools = (self.sampled == 1) & (self.remaining > 0)
        return lonely


def frame(
    stratum: Ints,
    strata: list[Hashable],
    psus: list[Hashable] | None,
    fpc: Floats | None = None,
    single_psu: SinglePSU = "refuse",
    sampled: Ints | None = None,
    single_stage: bool = False,
) -> Frame:
    """The frame of P PSUs with their `stratum` (P,), checked.

    sampled (H,): the PSUs of each stratum, if they are not listed one by one and `stratum` lists strata.
    fpc (H,): the number of PSUs of each stratum in the population or, if all are at most 1, the sampling
    fraction. DesignError: fpc below the sample, not positive; a lonely stratum while `single_psu` is "refuse".
    """
    if sampled is None:
        sampled = np.bincount(stratum, minlength=len(strata)).astype(np.int64)
    remaining = np.ones(len(strata)) if fpc is None or not len(strata) else _remaining(fpc, sampled, strata)
    checked = Frame(stratum, strata, psus, sampled, remaining, single_psu, single_stage)
    if single_psu == "refuse" and checked.lonely.any():
        raise _lonely([str(strata[h]) for h in np.flatnonzero(checked.lonely)], len(strata))
    return checked


def _remaining(fpc: Floats, sampled: Ints, strata: list[Hashable]) -> Floats:
    """(H,) the part of each stratum that was not sampled."""
    for h in np.flatnonzero(~(fpc >= 0) | ~np.isfinite(fpc)):
        raise DesignError(
            "The fpc of stratum %(stratum)s is not a positive number. Correct it.", stratum=str(strata[h])
        )
    if (fpc <= 1).all():
        return 1 - fpc
    for h in np.flatnonzero(fpc < sampled):
        raise DesignError(
            "Stratum %(stratum)s has %(sampled)s sampled units but its fpc says %(fpc)s in the population."
            " Correct the fpc.",
            stratum=str(strata[h]),
            sampled=int(sampled[h]),
            fpc=f"{fpc[h]:g}",
        )
    return 1 - sampled / fpc


def _lonely(names: list[str], strata: int) -> DesignError:
    if strata == 1:  # its name would say nothing, least of all if no strata were given
        return DesignError(
            "There is a single sampling unit, which shows no variance. Take in more of them, or choose a rule"
            " for single units: centered, average or certainty."
        )
    return DesignError(
        "Strata with a single sampling unit: %(strata)s. Merge each with a neighbour, or choose a rule for"
        " single units: centered, average or certainty.",
        strata=", ".join(names[:10]) + (" …" if len(names) > 10 else ""),
    )


@dataclass(frozen=True)
class Calibration:
    """How weights were fitted to known population totals; made by `weights.post_stratify`, `rake`, `linear`."""

    cell: Ints  # (N,) rows alike in all calibration variables share a cell, 0 … L−1
    x: Floats  # (L, J) calibration variables of a cell
    factor: Floats  # (L,) g of a cell: final weight = base weight x g


@dataclass(frozen=True)
class Design:
    """How N responses were drawn.

    weight   (N,) people whom a response stands for, ≥ 0; any scale. A row of weight 0 counts as part of its
             PSU and nowhere else
    stratum  (N,) labels; None: one stratum
    psu      (N,) labels, within the stratum; None: each row is its own PSU
    fpc      (N,) PSUs of the row's stratum in the population, or sampling fractions when all are at most 1
    single_psu  what a stratum with one PSU adds to a variance: "refuse" (an error names it), "centered",
             "average", "certainty" (statistics of R's options(survey.lonely.psu))
    single_stage  a sampled PSU was observed whole, as a person with all that it rated: PSUs are the people who
             are counted, and a stratum of which all are there is known without error (Särndal, Swensson & Wretman
             1992, § 4.2)

    DesignError names what is wrong in the data; row numbers are those of the arrays, from 1.
    """

    weight: Any
    stratum: Any = None
    psu: Any = None
    fpc: Any = None
    single_psu: SinglePSU = "refuse"
    calibration: Calibration | None = None
    single_stage: bool = False
    frame: Frame = field(init=False)
    row: Ints = field(init=False)  # (N,) PSU of each row, 0 … P−1

    def __post_init__(self) -> None:
        if self.single_psu not in SINGLE_PSU:
            raise ValueError(f"single_psu is one of {', '.join(SINGLE_PSU)}, not {self.single_psu!r}")
        weight = np.ascontiguousarray(self.weight, dtype=np.float64)
        _refuse_weights(weight)
        rows = len(weight)
        strata, stratum = _design_codes(self.stratum, rows, "stratum")
        order: Ints | None = None
        psus: list[Hashable] | None = None
        if self.psu is None:
            row = np.arange(rows, dtype=np.int64)
            if self.stratum is not None:
                order = np.argsort(stratum, kind="stable")
                row[order] = np.arange(rows)
            of_psu = stratum if order is None else stratum[order]
        else:
            levels, codes = _design_codes(self.psu, rows, "psu")
            pairs, row = compact(stratum * len(levels) + codes, len(strata) * len(levels))
            of_psu = pairs // max(len(levels), 1)
            psus = [levels[pair % len(levels)] for pair in pairs.tolist()]
        fpc = None if self.fpc is None else _fpc_of_strata(self.fpc, stratum, strata)
        object.__setattr__(self, "weight", weight)
        object.__setattr__(self, "row", row)
        checked = frame(of_psu, strata, psus, fpc, self.single_psu, single_stage=self.single_stage)
        object.__setattr__(self, "frame", checked)

    def __len__(self) -> int:
        return len(self.weight)

    @property
    def final_weight(self) -> Floats:
        """(N,) weights after calibration, if there is one."""
        weight: Floats = self.weight
        return weight if self.calibration is None else weight * self.calibration.factor[self.calibration.cell]

    def calibrated(self, calibration: Calibration) -> Design:
        """The same design with weights fitted to known totals; its variances know the calibration."""
        return replace(self, calibration=calibration)


def _design_codes(labels: Any, rows: int, what: str) -> tuple[list[Hashable], Ints]:
    if labels is None:
        return ["all"], np.zeros(rows, np.int64)
    coded = code(labels)
    if len(coded) != rows:
        raise ValueError(f"{what} has {len(coded)} labels for {rows} weights")
    blank = np.flatnonzero(coded.codes < 0)
    if len(blank):
        raise DesignError("The %(what)s of row %(row)s is blank. Fill it in.", what=what, row=int(blank[0]) + 1)
    return coded.levels, coded.codes


def _refuse_weights(weight: Floats) -> None:
    wrong = np.flatnonzero(~(weight >= 0) | np.isinf(weight))
    if len(wrong):
        row, value = int(wrong[0]) + 1, weight[wrong[0]]
        if np.isnan(value):
            raise DesignError("The weight of row %(row)s is blank or not a number. Fill it in.", row=row)
        raise DesignError(
            "The weight of row %(row)s is %(weight)s. Weights are numbers from 0 up.", row=row, weight=f"{value:g}"
        )
    if len(weight) and not weight.any():
        raise DesignError("All weights are 0. Give each response the number of people it stands for.")


def _fpc_of_strata(fpc: Any, stratum: Ints, strata: list[Hashable]) -> Floats:
    values = np.asarray(fpc, dtype=np.float64)
    blank = np.flatnonzero(np.isnan(values))
    if len(blank):
        raise DesignError("The fpc of row %(row)s is blank. Fill it in.", row=int(blank[0]) + 1)
    of_stratum = np.empty(len(strata))
    of_stratum[stratum] = values
    varying = np.flatnonzero(of_stratum[stratum] != values)
    if len(varying):
        raise DesignError(
            "The fpc varies within stratum %(stratum)s (row %(row)s). A stratum has one.",
            stratum=str(strata[stratum[varying[0]]]),
            row=int(varying[0]) + 1,
        )
    return of_stratum
