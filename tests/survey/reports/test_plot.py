"""The interval plot as a picture."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from survey.reports import plot
from survey.reports.contents import contents
from survey.reports.structure import Figure
from survey.results.summary import Summary

SVG = "{http://www.w3.org/2000/svg}"


def figure_of(summary: Summary) -> Figure:
    return next(block for block in contents(summary).blocks if isinstance(block, Figure))


@pytest.fixture
def figure(summary: Summary) -> Figure:
    return figure_of(summary)


def test_a_row_for_each_commune_and_a_dot_for_each_that_is_seen(figure: Figure) -> None:
    tree = ElementTree.fromstring(plot.svg(figure))
    words = [text.text for text in tree.iter(f"{SVG}text")]
    assert len([name for name, _record, _apart in figure.lines if name in words]) == 54
    assert len(list(tree.iter(f"{SVG}circle"))) == 52  # one hidden, one without an answer


def test_a_hidden_commune_has_neither_dot_nor_whisker_nor_room_on_the_axis(figure: Figure) -> None:
    """Not even where its numbers were left in the record."""
    place = next(place for place, (name, _record, _apart) in enumerate(figure.lines) if name == "Cao Xanh")
    name, record, apart = figure.lines[place]
    left_in = replace(record, estimate=0.05, low=0.01, high=0.09)
    marked = (*figure.lines[:place], (name, left_in, apart), *figure.lines[place + 1 :])
    assert plot.svg(replace(figure, lines=marked)) == plot.svg(figure)


def test_what_is_told_apart_differs_in_shape_and_weight_and_not_in_colour_alone(figure: Figure) -> None:
    tree = ElementTree.fromstring(plot.svg(figure))
    full = [dot for dot in tree.iter(f"{SVG}circle") if dot.get("fill") == "#000000"]
    assert len(full) == 3
    assert {dot.get("r") for dot in full} == {"5"}
    bold = [text.text for text in tree.iter(f"{SVG}text") if text.get("font-weight") == "700"]
    assert {"Cô Tô", "Phong Cốc", "Hà Tu"} <= set(bold)
    assert not [
        ink for ink in re.findall(r"#([0-9a-f]{6})", plot.svg(figure)) if len(set(re.findall("..", ink))) > 1
    ]


def test_it_says_in_words_what_it_shows(figure: Figure) -> None:
    tree = ElementTree.fromstring(plot.svg(figure))
    title, description = tree.find(f"{SVG}title"), tree.find(f"{SVG}desc")
    assert title is not None
    assert title.text == figure.caption
    assert description is not None
    assert "90,12%" in (description.text or "")


def test_a_name_is_text(make: Callable[..., Summary]) -> None:
    units = list(make().units)
    units[8].unit.name = '<script>"&'
    drawn = plot.svg(figure_of(make(units=tuple(units))))
    assert "<script" not in drawn
    ElementTree.fromstring(drawn)


def test_the_picture_has_ink_on_white(figure: Figure) -> None:
    made = plot.png(figure)
    assert made.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", made[16:24])
    assert width > 2000
    assert height > width
    assert len(made) > 200_000  # a page of that size without a mark has 36.000
