"""Boundaries: checked when they are loaded, simplified without gaps, drawn as a map that needs no colour."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from flask import Flask
from flask.testing import FlaskClient

from survey.operations.backups import archive
from survey.results import commune_boundaries
from survey.storage.database import Database
from survey.storage.models import Unit
from survey.waves import units
from translations import Refusal

SignIn = Callable[[Flask, str], FlaskClient]


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of the test's own."""
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def communes(database: Database) -> list[Unit]:
    with database.reading() as session:
        return units.communes(session)


def collection(found: list[Unit]) -> dict[str, Any]:
    """Made-up boundaries that leave no gap: the points that lie nearest to each of as many places."""
    places = shapely.MultiPoint(np.random.default_rng(3).uniform((106.5, 20.7), (108.0, 21.6), (len(found), 2)))
    cells = shapely.voronoi_polygons(places, extend_to=shapely.box(106.4, 20.6, 108.1, 21.7), ordered=True)
    features = [
        {"type": "Feature", "properties": {"code": unit.code}, "geometry": shapely.geometry.mapping(cell)}
        for unit, cell in zip(found, cells.geoms, strict=True)
    ]
    return {"type": "FeatureCollection", "features": features}


def written(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_outlines_fill_the_drawing_without_gaps(database: Database, tmp_path: Path) -> None:
    found = communes(database)
    assert commune_boundaries.outlines() is None
    assert commune_boundaries.load(written(tmp_path / "b.geojson", collection(found)), found) == len(found)
    drawn = commune_boundaries.outlines()
    assert drawn is not None
    assert set(drawn.paths) == set(drawn.middles) == {unit.code for unit in found}
    rings = {}
    for code, path in drawn.paths.items():
        corners = [tuple(map(float, one.split(","))) for one in re.findall(r"-?[\d.]+,-?[\d.]+", path)]
        rings[code] = shapely.Polygon(corners)
        assert rings[code].buffer(1).contains(shapely.Point(drawn.middles[code]))
    area = sum(one.area for one in rings.values())
    assert area == pytest.approx(shapely.union_all(list(rings.values())).area, rel=1e-3)  # no overlap
    assert area == pytest.approx(drawn.width * drawn.height, rel=1e-3)  # no gap


def test_fine_boundaries_are_drawn_with_few_corners(database: Database, tmp_path: Path) -> None:
    found = communes(database)
    fine = collection(found)
    for feature in fine["features"]:
        one = shapely.segmentize(shapely.geometry.shape(feature["geometry"]), 0.0005)
        feature["geometry"] = shapely.geometry.mapping(one)
    assert len(json.dumps(fine)) > 300_000
    commune_boundaries.load(written(tmp_path / "b.geojson", fine), found)
    drawn = commune_boundaries.outlines()
    assert drawn is not None
    assert sum(map(len, drawn.paths.values())) < 20_000


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda one: one["features"].pop(), "Thiếu các xã"),
        (lambda one: one["features"][0]["properties"].update(code="1"), "Không có xã mang các mã này: 1"),
        (lambda one: one["features"][0]["properties"].clear(), "không phải tệp GeoJSON"),
        (lambda one: one["features"].append(one["features"][0]), "không phải tệp GeoJSON"),
        (lambda one: one["features"][0].update(geometry={"type": "Point", "coordinates": [1, 2]}), "không phải"),
        (lambda one: one["features"][0].update(geometry={"type": "Polygon", "coordinates": "x"}), "không phải"),
        (
            lambda one: one["features"][0].update(
                geometry={
                    "type": "Polygon",
                    "coordinates": [[[500000, 2300000], [500001, 2300000], [500001, 2300001]]],
                }
            ),
            "không phải tệp GeoJSON",
        ),
    ],
)
def test_what_is_no_boundary_of_the_communes_is_refused(
    database: Database, tmp_path: Path, change: Callable[[Any], object], said: str
) -> None:
    found = communes(database)
    broken = collection(found)
    change(broken)
    with pytest.raises(Refusal, match=said):
        commune_boundaries.load(written(tmp_path / "b.geojson", broken), found)
    with pytest.raises(Refusal):
        commune_boundaries.load(written(tmp_path / "b.geojson", []), found)
    assert commune_boundaries.outlines() is None


def test_the_page_is_tiles_without_and_a_map_with_boundaries(
    made_up: Flask, sign_in: SignIn, tmp_path: Path
) -> None:
    reader = sign_in(made_up, "home_affairs")
    page = reader.get("/quan-tri/thu-nghiem/don-vi?xem=o").text
    assert page.count('class="tile-face"') == 54
    assert '<svg class="map"' not in page
    found = communes(made_up.extensions["database"])
    commune_boundaries.load(written(tmp_path / "b.geojson", collection(found)), found)
    page = reader.get("/quan-tri/thu-nghiem/don-vi?xem=o").text
    assert page.count('<path class="map-unit') == 54
    assert page.count("<title>") == 55  # each outline says its figure with its interval, and the page its name
    assert re.search(r"<title>Hà Tu: \d+,\d% \(\d+,\d–\d+,\d\)", page)
    assert reader.get("/quan-tri/thu-nghiem/don-vi?xem=o&hien=C5").status_code == 200
    assert reader.get("/quan-tri/gop-y/don-vi?xem=o").status_code == 200


def test_boundaries_are_backed_up(database: Database, tmp_path: Path) -> None:
    found = communes(database)
    commune_boundaries.load(written(tmp_path / "b.geojson", collection(found)), found)
    made = archive.write(database, tmp_path / "backup", lambda *_told: None)
    assert list(made.files) == ["boundaries.geojson"]
    assert archive.check(tmp_path / "backup") == made
