"""The boundaries of the communes, where the province has loaded them: checked, simplified, drawn as outlines.

A file of a surveying office has far more corners than a screen has points. All outlines are simplified together
(shapely's coverage_simplify, Visvalingam–Whyatt), so that neighbours keep one common border.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from survey.storage.models import Unit
from survey.system import settings
from survey.waves import units
from translations import Refusal

FILE = "boundaries.geojson"
LARGEST = 50_000_000  # bytes
WIDTH = 1000.0  # of the drawing, in its own units
# What the readers raise over a file that is none of these, or made to mislead.
DAMAGE = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,  # nested without end
    shapely.errors.ShapelyError,
)
GRID, FINEST = 0.5, 2.0  # corners closer together than this are one; what is less than this from a line is on it


@dataclass(frozen=True)
class Outlines:
    """A drawing of `width` × `height`: the outline of each unit as an SVG path, and a place in it for its mark."""

    width: float
    height: float
    paths: dict[str, str]
    middles: dict[str, tuple[float, float]]


def load(path: Path, communes: Iterable[Unit]) -> int:
    """Keeps the boundaries of a GeoJSON file in the data folder; gives how many units it has.

    A FeatureCollection in longitude and latitude (RFC 7946) with a Polygon or MultiPolygon for each commune and
    its code in the property `code`. Refused where a commune is missing, strange or there twice, or the file is
    none.
    """
    if path.stat().st_size > LARGEST:
        raise Refusal("The file is larger than 50 MB. Simplify the boundaries first.")
    try:
        shapes = _read(path.read_text(encoding="utf-8"))
    except DAMAGE:
        raise Refusal(
            "This is not a GeoJSON file of boundaries: a FeatureCollection in longitude and latitude, each "
            "feature with its commune's code in the property code."
        ) from None
    names = {unit.code: unit.name for unit in communes}
    strange = sorted(shapes.keys() - names.keys())
    if strange:
        raise Refusal("There is no commune with these codes: %(codes)s.", codes=", ".join(strange[:10]))
    missing = sorted(names[code] for code in names.keys() - shapes.keys())
    if missing:
        raise Refusal("These communes are missing: %(names)s.", names=", ".join(missing[:10]))
    target = settings.data_folder() / FILE
    draft = target.with_suffix(".draft")
    features = [
        {"type": "Feature", "properties": {"code": code}, "geometry": shapely.geometry.mapping(one)}
        for code, one in shapes.items()
    ]
    draft.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    draft.rename(target)
    return len(shapes)


def outlines() -> Outlines | None:
    """The drawing; None if no boundaries are loaded."""
    path = settings.data_folder() / FILE
    try:
        return _outlines(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return None


def _read(text: str) -> dict[str, BaseGeometry]:
    shapes: dict[str, BaseGeometry] = {}
    collection = json.loads(text)
    if collection["type"] != "FeatureCollection":
        raise ValueError("no collection")
    for feature in collection["features"]:
        code = units.settled(str(feature["properties"]["code"]))
        one = shape(feature["geometry"])
        west, south, east, north = one.bounds
        if one.geom_type not in ("Polygon", "MultiPolygon") or code in shapes:
            raise ValueError(code)
        if not (-180 <= west < east <= 180 and -90 < south < north < 90):
            raise ValueError("no longitude and latitude")
        shapes[code] = shapely.make_valid(one)
    return shapes


@lru_cache(maxsize=2)
def _outlines(path: Path, _changed: int) -> Outlines:
    shapes = _read(path.read_text(encoding="utf-8"))
    west, south, east, north = shapely.total_bounds(list(shapes.values())).tolist()
    stretch = math.cos(math.radians((south + north) / 2))  # a degree of longitude is so much shorter here
    scale = WIDTH / ((east - west) * stretch)

    def place(corners: Any) -> Any:
        return (corners - (west, north)) * (stretch * scale, -scale)

    # On a grid, so that the two sides of a border that were measured apart meet again.
    placed = shapely.set_precision([shapely.transform(one, place) for one in shapes.values()], GRID)
    simple = shapely.coverage_simplify(placed, FINEST)
    middles = [one.representative_point() for one in simple]
    return Outlines(
        WIDTH,
        round((north - south) * scale, 1),
        {code: _path(one) for code, one in zip(shapes, simple, strict=True)},
        {code: (round(one.x, 1), round(one.y, 1)) for code, one in zip(shapes, middles, strict=True)},
    )


def _path(geometry: BaseGeometry) -> str:
    parts = []
    for polygon in getattr(geometry, "geoms", [geometry]):
        if polygon.geom_type == "Polygon":
            for ring in (polygon.exterior, *polygon.interiors):
                corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in ring.coords[:-1])
                parts.append(f"M{corners}Z")
    return "".join(parts)
