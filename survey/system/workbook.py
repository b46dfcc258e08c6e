"""A workbook as openpyxl reads it. Stands apart so that a process which reads none holds no openpyxl."""

from __future__ import annotations

import io
import warnings

from openpyxl import Workbook, load_workbook
from openpyxl.reader import excel
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

# What openpyxl warns of (styles, lists to choose from) changes no value.
warnings.filterwarnings("ignore", module="openpyxl")


class _Unmeasured(ReadOnlyWorksheet):  # type: ignore[misc]
    """A sheet whose size nobody looks for: where it is not written, all rows of every sheet are read for it."""

    def _get_size(self) -> None:
        pass  # what is written there is wrong in the files of some programs, besides


excel.ReadOnlyWorksheet = _Unmeasured


def loaded(file: bytes, *, computed: bool) -> Workbook:
    """The workbook, to be read row by row; its formulas, or what they came to when it was saved.

    ValueError and what else `xlsx_table.DAMAGE` names: no workbook.
    """
    try:
        return load_workbook(io.BytesIO(file), read_only=True, data_only=computed)
    except InvalidFileException as error:
        raise ValueError(str(error)) from error
