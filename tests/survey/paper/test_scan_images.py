"""Files of scans become grey pictures: of several kinds and pages, none too large, and nothing else."""

from __future__ import annotations

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from pypdfium2 import PdfDocument, PdfPage

from forms import shipped
from survey.paper import scan_images as module
from survey.paper.form import form
from survey.paper.scan_images import Grey, pictures
from translations import Refusal

GREY = np.tile(np.arange(0, 250, dtype=np.uint8), (300, 1))


def encoded(kind: str, picture: Grey = GREY) -> bytes:
    done, data = cv2.imencode(kind, picture)
    assert done
    return data.tobytes()


@pytest.mark.parametrize("kind", [".jpg", ".png", ".tiff"])
def test_a_picture_comes_out_as_it_went_in(kind: str) -> None:
    [found] = pictures(encoded(kind))
    assert isinstance(found, np.ndarray)
    assert found.shape == GREY.shape
    assert np.abs(found.astype(int) - GREY).max() < 12


def test_a_colour_picture_becomes_grey() -> None:
    [found] = pictures(encoded(".png", np.dstack([GREY, GREY, GREY])))
    assert isinstance(found, np.ndarray)
    assert found.shape == GREY.shape


def test_a_tiff_gives_its_pages_one_after_another() -> None:
    done, data = cv2.imencodemulti(".tiff", [np.full((80, 60), level, np.uint8) for level in (10, 120, 240)])
    assert done
    levels = [page.mean() for page in pictures(data.tobytes()) if isinstance(page, np.ndarray)]
    assert levels == [10, 120, 240]


def test_a_pdf_gives_its_pages_one_after_another() -> None:
    found = list(pictures(form(shipped()[0]).pdf()))
    assert len(found) > 1
    for page in found:
        assert isinstance(page, np.ndarray)
        assert max(page.shape) == pytest.approx(module.RENDERED, abs=2)


def test_a_large_jpeg_is_read_at_a_part_of_its_size() -> None:
    [found] = pictures(encoded(".jpg", np.full((4 * module.ENOUGH, 300), 200, np.uint8)))
    assert isinstance(found, np.ndarray)
    assert found.shape == (module.ENOUGH, 75)


def claims(width: int, height: int) -> bytes:
    """A small PNG that says it is this large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + head
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))


def jpeg_that_claims(width: int, height: int) -> bytes:
    data = bytearray(encoded(".jpg"))
    place = data.index(b"\xff\xc0") + 5
    data[place : place + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def test_a_small_file_that_unpacks_to_a_huge_picture_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_arguments: object) -> None:
        raise AssertionError("unpacked")

    monkeypatch.setattr(cv2, "imdecode", never)
    for bomb in (claims(60_000, 60_000), jpeg_that_claims(60_000, 60_000)):
        [told] = pictures(bomb)
        assert isinstance(told, Refusal)
        assert "60000 × 60000" in str(told)


def test_a_file_of_too_many_pages_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PAGES", 2)
    done, data = cv2.imencodemulti(".tiff", [np.zeros((8, 8), np.uint8)] * 3)
    assert done
    for file in (data.tobytes(), form(shipped()[0]).pdf()):
        with pytest.raises(Refusal, match="tệp"):
            list(pictures(file))


def test_a_file_of_hundreds_of_blank_pages_is_refused_before_any_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    made = io.BytesIO()
    blank = PdfDocument.new()
    for _page in range(400):
        blank.new_page(595, 842)
    blank.save(made)
    blank.close()
    monkeypatch.setattr(PdfPage, "render", None)
    with pytest.raises(Refusal, match="400"):
        list(pictures(made.getvalue()))


@pytest.mark.parametrize(
    "file", [b"", b"PK\x03\x04 a workbook", b"<html>", b"\xff\xd8", b"II*\0\x08", b"%PDF-1.7 no"]
)
def test_what_is_no_picture_is_refused_in_words(file: bytes) -> None:
    with pytest.raises(Refusal):
        list(pictures(file))


def test_a_picture_cut_off_in_the_middle_is_refused() -> None:
    png = encoded(".png", np.random.default_rng(1).integers(0, 255, (300, 300)).astype(np.uint8))
    with pytest.raises(Refusal):
        list(pictures(png[:60]))


def test_a_tiff_whose_directories_run_in_a_circle_ends() -> None:
    done, data = cv2.imencodemulti(".tiff", [np.zeros((8, 8), np.uint8)] * 2)
    assert done
    circle = bytearray(data.tobytes())
    first = struct.unpack("<I", circle[4:8])[0]
    entries = struct.unpack("<H", circle[first : first + 2])[0]
    circle[first + 2 + 12 * entries : first + 6 + 12 * entries] = struct.pack("<I", first)
    assert len(list(pictures(bytes(circle)))) == 1
