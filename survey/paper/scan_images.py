"""Files of scans and photographs, as grey pictures: one page at a time, never a larger one than is bearable."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

import numpy as np
import pypdfium2
from numpy.typing import NDArray
from pypdfium2 import PdfDocument, PdfiumError, PdfPage
from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

from survey.paper.opencv import cv2
from survey.pdf import pdfium
from translations import Refusal

Grey = NDArray[np.uint8]

MOST_PAGES = 500  # in one file
LEAST_PAGE, FREE_PAGES = 5_000, 25  # bytes of a page that was scanned; further pages that need have none
MOST_PARTS = 200_000  # segments before a JPEG's frame, or entries in all of a TIFF's directories
FILLING = re.compile(b"\xff*")
MOST_PIXELS = 130_000_000  # of a page: A4 at 1,200 dpi
ENOUGH = 1_700  # pixels of the longer side; a JPEG that has several times as many is read at a part of its size
RENDERED = 2_400  # pixels of the longer side of a page of a PDF: A4 at 205 dpi
KINDS = "PDF, JPEG, PNG, TIFF"

REDUCED = {
    8: "IMREAD_REDUCED_GRAYSCALE_8",
    4: "IMREAD_REDUCED_GRAYSCALE_4",
    2: "IMREAD_REDUCED_GRAYSCALE_2",
    1: "IMREAD_GRAYSCALE",
}


def pictures(data: bytes) -> Iterator[Grey | Refusal]:
    """The pages of a file, each as a grey picture, or as the reason why it can't be one. Refused as a whole where
    it is no file of these kinds, is damaged, or has too many pages."""
    if data.startswith(b"%PDF"):
        yield from _of_pdf(data)
        return
    sizes = _sizes(data)
    _refuse_too_many(len(sizes), data)
    buffer = np.frombuffer(data, np.uint8)
    for page, (width, height) in enumerate(sizes):
        yield _decoded(buffer, page, len(sizes), width, height)


def _decoded(buffer: NDArray[np.uint8], page: int, pages: int, width: int, height: int) -> Grey | Refusal:
    if width * height > MOST_PIXELS:
        return _too_large(width, height)
    name = next(name for part, name in REDUCED.items() if max(width, height) >= part * ENOUGH or part == 1)
    flags = getattr(cv2, name)
    try:
        if pages == 1:
            picture = cv2.imdecode(buffer, flags)
        else:
            _found, several = cv2.imdecodemulti(buffer, flags, range=(page, page + 1))
            picture = several[0] if several else None
    except cv2.error:
        picture = None
    if picture is None:
        return Refusal("The picture is damaged. Scan the page again.")
    return np.ascontiguousarray(picture, np.uint8)


def _of_pdf(data: bytes) -> Iterator[Grey | Refusal]:
    try:
        with pdfium.lock:
            document = PdfDocument(data)
            count = len(document)
    except PdfiumError as error:
        raise Refusal("The file is a damaged or locked PDF. Scan it again, without a password.") from error
    try:
        _refuse_too_many(count, data)
        for number in range(count):
            with pdfium.lock:
                page = _rendered(document, number)
            yield page
    finally:
        with pdfium.lock:
            document.close()


def _rendered(document: PdfDocument, number: int) -> Grey | Refusal:
    try:
        page = document[number]
        large = _largest_image(page)
        if large[0] * large[1] > MOST_PIXELS:
            return _too_large(*large)
        bitmap = page.render(scale=RENDERED / max(page.get_size()), grayscale=True)
        return np.array(bitmap.to_numpy(), np.uint8).reshape(bitmap.height, bitmap.width)
    except PdfiumError:
        return Refusal("The picture is damaged. Scan the page again.")


def _largest_image(page: PdfPage) -> tuple[int, int]:
    """Pixels of the largest picture in a page of a PDF: small pages may hold huge ones."""
    images = page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE])
    sizes = [image.get_px_size() for image in images if isinstance(image, pypdfium2.PdfImage)]
    return max(sizes, key=lambda size: size[0] * size[1], default=(0, 0))


def _refuse_too_many(pages: int, data: bytes) -> None:
    """Each page takes a tenth of a second, a blank one too, of which a small file may have thousands."""
    most = min(MOST_PAGES, FREE_PAGES + len(data) // LEAST_PAGE)
    if pages > most:
        raise Refusal(
            "The file has %(pages)d pages; at most %(most)d can be read from one. Split it.",
            pages=pages,
            most=most,
        )


def _too_large(width: int, height: int) -> Refusal:
    return Refusal(
        "The picture has %(width)d × %(height)d points, which is too large. Scan the page at 200 dpi, in grey.",
        width=width,
        height=height,
    )


def _sizes(data: bytes) -> list[tuple[int, int]]:
    """Width and height of each picture in a file, read before any is unpacked: a small file may unpack to a huge
    picture."""
    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            return [_png_size(data)]
        if data.startswith(b"\xff\xd8"):
            return [_jpeg_size(data)]
        if data[:4] in (b"II*\0", b"MM\0*"):
            return list(_tiff_sizes(data))
    except (struct.error, IndexError) as error:
        raise Refusal("The file is damaged. Scan it again.") from error
    raise Refusal("The file is none of %(kinds)s.", kinds=KINDS)


def _png_size(data: bytes) -> tuple[int, int]:
    """From the header (PNG 3, section 11.2.1), once all chunks lie within the file: a decoder makes room for what
    a chunk says of itself, and another header could say another size."""
    place, chunks = 8, 0
    while place < len(data):
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        if (kind == b"IHDR") != (chunks == 0) or place + 12 + length > len(data) or chunks > MOST_PARTS:
            raise struct.error("a chunk that can't be")
        place, chunks = place + 12 + length, chunks + 1
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """From the frame header: markers C0 to CF but for C4, C8 and CC (ITU T.81, table B.1)."""
    place = 2
    for _segment in range(MOST_PARTS):
        place += len(FILLING.match(data, place)[0])  # type: ignore[index]  # it matches nothing, too
        marker = data[place]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[place + 4 : place + 8])
            return width, height
        place += 1 + struct.unpack(">H", data[place + 1 : place + 3])[0]
    raise struct.error("no frame")


def _tiff_sizes(data: bytes) -> Iterator[tuple[int, int]]:
    """From tags 256 and 257 of each directory (TIFF 6.0, section 2)."""
    order = "<" if data[:2] == b"II" else ">"
    seen: set[int] = set()
    left = MOST_PARTS
    place = struct.unpack(f"{order}I", data[4:8])[0]
    while place and place not in seen and len(seen) <= MOST_PAGES:
        seen.add(place)
        entries = struct.unpack(f"{order}H", data[place : place + 2])[0]
        left -= entries
        if left < 0:
            raise struct.error("directories that repeat themselves")
        tags = _tiff_tags(data, order, [place + 2 + 12 * entry for entry in range(entries)])
        if len(tags) < 2:
            raise struct.error("a directory without a size")
        yield tags[256], tags[257]
        end = place + 2 + 12 * entries
        place = struct.unpack(f"{order}I", data[end : end + 4])[0]


def _tiff_tags(data: bytes, order: str, entries: list[int]) -> dict[int, int]:
    tags = {}
    for at in entries:
        tag, kind = struct.unpack(f"{order}HH", data[at : at + 4])
        if tag in (256, 257):
            form = f"{order}H" if kind == 3 else f"{order}I"
            tags[tag] = struct.unpack(form, data[at + 8 : at + 8 + struct.calcsize(form)])[0]
    return tags
