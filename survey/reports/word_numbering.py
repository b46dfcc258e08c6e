"""Headings of a Word report that count themselves: I. and 1. of a report, 1. of a notice, anew in each annex."""

from __future__ import annotations

from typing import Any

from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn

# Ids of the two lists; far from those that a document is born with.
ROMAN, ARABIC = 901, 902
INDENT = 720  # twentieths of a point: 12.7 mm
LEVELS = (("upperRoman", 1), ("decimal", 2)), (("decimal", 1), ("decimal", 2))


def define(document: Any) -> None:
    """Adds the two lists to a document, and makes its headings of reports count by the first."""
    numbering = document.part.numbering_part.element
    for id, levels in zip((ROMAN, ARABIC), LEVELS, strict=True):
        linked = id == ROMAN
        inner = "".join(
            f'<w:lvl w:ilvl="{place}"><w:start w:val="1"/><w:numFmt w:val="{format}"/>'
            + (f'<w:pStyle w:val="Heading{level}"/>' if linked else "")
            + f'<w:suff w:val="space"/><w:lvlText w:val="%{place + 1}."/><w:lvlJc w:val="left"/>'
            f'<w:pPr><w:ind w:left="0" w:firstLine="{INDENT}"/></w:pPr></w:lvl>'
            for place, (format, level) in enumerate(levels)
        )
        abstract = parse_xml(
            f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{id}"><w:multiLevelType w:val="multilevel"/>'
            f"{inner}</w:abstractNum>"
        )
        first = numbering.find(qn("w:num"))
        numbering.append(abstract) if first is None else first.addprevious(abstract)
    for id in (ROMAN, ARABIC):
        numbering.append(
            parse_xml(f'<w:num {nsdecls("w")} w:numId="{id}"><w:abstractNumId w:val="{id}"/></w:num>')
        )
    for level in (1, 2):
        _give(document.styles[f"Heading {level}"].element.get_or_add_pPr(), level - 1, ROMAN)


def of(document: Any, roman: bool) -> Counting | None:
    """What counts the headings of a document; None where its template has no such lists."""
    try:
        numbering = document.part.numbering_part.element
    except (KeyError, NotImplementedError):
        return None
    ids = {one.get(qn("w:numId")) for one in numbering.findall(qn("w:num"))}
    return Counting(numbering, ROMAN if roman else ARABIC) if {str(ROMAN), str(ARABIC)} <= ids else None


class Counting:
    """Counts the headings of a document; `list`: the one that its first part follows."""

    def __init__(self, numbering: Any, list: int) -> None:
        self.numbering, self.abstract, self.list, self.next = numbering, list, list, 910

    def count(self, heading: Any, level: int) -> None:
        """Gives a heading its place in the present list."""
        _give(heading._p.get_or_add_pPr(), level - 1, self.list)

    def begin_again(self) -> None:
        """From here on parts are counted from 1: an annex begins."""
        self.list, self.next = self.next, self.next + 1
        starts = "".join(
            f'<w:lvlOverride w:ilvl="{level}"><w:startOverride w:val="1"/></w:lvlOverride>' for level in (0, 1)
        )
        self.numbering.append(
            parse_xml(
                f'<w:num {nsdecls("w")} w:numId="{self.list}"><w:abstractNumId w:val="{self.abstract}"/>{starts}'
                "</w:num>"
            )
        )


def _give(properties: Any, level: int, list: int) -> None:
    for old in properties.findall(qn("w:numPr")):
        properties.remove(old)
    numbered = OxmlElement("w:numPr")
    for name, value in (("w:ilvl", level), ("w:numId", list)):
        one = OxmlElement(name)
        one.set(qn("w:val"), str(value))
        numbered.append(one)
    properties._insert_numPr(numbered)
