"""An empty signature field in a finished PDF, where the director signs: any program for PAdES finds it by itself.

The field is appended (ISO 32000-1, 7.5.6), so that not a byte of the file before it moves, and is itself as an
archive and a screen reader want it: an appearance, a name in words, a place in the structure (PDF/A-2a, PDF/UA-1).
"""

from __future__ import annotations

import hashlib
import io
from typing import Any

import pypdfium2
from pypdf import PdfReader
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DictionaryObject,
    FloatObject,
    IndirectObject,
    NameObject,
    NumberObject,
    PdfObject,
    StreamObject,
    TextStringObject,
)

from survey.pdf import pdfium

FIELD = "chu-ky"  # what signing programs call the field
WIDTH, HEIGHT = 170.0, 62.0  # points: 60 × 22 mm, in the 28 mm left between signatory and name
GAP = 6.0
PRINTED = 4


def with_field(pdf: bytes, signatory: str, words: str) -> bytes:
    """The PDF with a field below its last `signatory`, whom annexes may follow; `words` are read aloud for it. The
    same file gives the same bytes. ValueError: it has no such signatory."""
    at_page, place = _below(pdf, signatory)
    reader = PdfReader(io.BytesIO(pdf))
    page, root = reader.pages[at_page], reader.root_object
    structure: Any = root["/StructTreeRoot"].get_object()
    [document] = structure["/K"]
    here: Any = page.indirect_reference
    number = int(structure["/ParentTreeNextKey"])
    size = int(str(reader.trailer["/Size"]))  # the number of the next new object
    looks, field, element = (IndirectObject(size + at, 0, reader) for at in range(3))

    appearance = StreamObject()
    appearance.update(_named(Type="/XObject", Subtype="/Form", BBox=_numbers(0, 0, WIDTH, HEIGHT)))
    appearance[NameObject("/Resources")] = DictionaryObject()
    widget = _named(Type="/Annot", Subtype="/Widget", FT="/Sig", T=TextStringObject(FIELD))
    widget |= _named(TU=TextStringObject(words), F=NumberObject(PRINTED), P=here)
    widget |= _named(Rect=_numbers(*place), AP=_named(N=looks), StructParent=NumberObject(number))
    # In the structure it is the last thing of the document, which the field names by its number.
    told = _named(Type="/OBJR", Obj=field, Pg=here)
    form = _named(Type="/StructElem", S="/Form", P=document, Alt=TextStringObject(words), K=told)
    document.get_object()["/K"].append(element)
    structure["/ParentTree"].get_object()["/Nums"].extend([NumberObject(number), element])
    structure[NameObject("/ParentTreeNextKey")] = NumberObject(number + 1)
    page[NameObject("/Annots")] = ArrayObject([*page.get("/Annots", ()), field])
    root[NameObject("/AcroForm")] = _named(Fields=ArrayObject([field]))

    changed: list[Any] = [structure, document.get_object(), page, root]
    objects = {one.indirect_reference.idnum: one for one in changed}
    return _appended(pdf, reader, objects | {size: appearance, size + 1: widget, size + 2: form})


def _trailer(reader: PdfReader, content: bytes, size: int) -> DictionaryObject:
    trailer = DictionaryObject({NameObject(name): reader.trailer.raw_get(name) for name in ("/Root", "/Info")})
    digest = ByteStringObject(hashlib.sha256(content).digest()[:16])
    first: Any = reader.trailer["/ID"]
    trailer |= _named(Size=NumberObject(size), ID=ArrayObject([first[0], digest]))
    return trailer


def _appended(pdf: bytes, reader: PdfReader, objects: dict[int, PdfObject]) -> bytes:
    """The file and after it these objects, changed or new, with a table of where they stand, as the file's own.
    Not by pypdf's writer: it reads every object, and its table is not one of an archive (ISO 19005-2, 6.1.9)."""
    made = io.BytesIO(pdf)
    made.seek(0, io.SEEK_END)
    made.write(b"\n")
    table = []
    for number, thing in sorted(objects.items()):
        table.append(b"%d 1\n%010d 00000 n\r\n" % (number, made.tell()))
        made.write(b"%d 0 obj\n" % number)
        thing.write_to_stream(made)
        made.write(b"\nendobj\n")
    start = made.tell()
    trailer = _trailer(reader, made.getvalue(), max(objects) + 1)
    trailer |= _named(Prev=NumberObject(int(pdf.rpartition(b"startxref")[2].split()[0])))
    made.write(b"xref\n" + b"".join(table) + b"trailer\n")
    trailer.write_to_stream(made)
    made.write(b"\nstartxref\n%d\n%%%%EOF\n" % start)
    return made.getvalue()


def _below(pdf: bytes, signatory: str) -> tuple[int, tuple[float, float, float, float]]:
    """Where the field stands: the page, and left, bottom, right, top in points from its lower left corner."""
    with pdfium.lock, pypdfium2.PdfDocument(pdf) as document:
        for number in reversed(range(len(document))):
            boxes = _boxes(document[number], signatory)
            if boxes:
                middle = (min(box[0] for box in boxes) + max(box[2] for box in boxes)) / 2
                top = min(box[1] for box in boxes) - GAP
                return number, (middle - WIDTH / 2, top - HEIGHT, middle + WIDTH / 2, top)
    raise ValueError(f"nobody signs as {signatory}")


def _boxes(page: Any, words: str) -> list[tuple[float, float, float, float]]:
    """Where the letters of the last such words of a page stand."""
    text = page.get_textpage()
    search = text.search(words, match_case=True)
    last = None
    while (next_ := search.get_next()) is not None:
        last = next_
    boxes = [] if last is None else [text.get_charbox(last[0] + at) for at in range(last[1])]
    search.close()
    text.close()
    page.close()
    return boxes


def _named(**entries: PdfObject | str) -> DictionaryObject:
    """A dictionary of PDF; a text is a name."""
    return DictionaryObject(
        {
            NameObject(f"/{name}"): NameObject(value) if type(value) is str else value
            for name, value in entries.items()
        }
    )


def _numbers(*values: float) -> ArrayObject:
    return ArrayObject([FloatObject(round(value, 2)) for value in values])
