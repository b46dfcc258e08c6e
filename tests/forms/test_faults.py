"""All that is wrong with a document that is being written, and what can be drawn of it all the same."""

from __future__ import annotations

from typing import Any

import pytest

from forms import faults, load, shipped
from forms.parsing import SHIPPED


def short() -> dict[str, Any]:
    return next(one for one in shipped() if one.name == "noi_phuc_vu@2").document


def test_a_whole_document_has_no_fault_and_is_itself() -> None:
    found, drawn = faults.of(short())
    assert found == ()
    assert drawn == load(SHIPPED / "noi_phuc_vu@2.yaml")


def test_each_mistake_is_told_at_its_item_and_the_rest_is_drawn() -> None:
    document = short()
    first, second = document["pages"][0]["items"][0], document["pages"][1]["items"][0]
    first["label"] = {"vi": "Việc gì?", "en": ""}
    del second["scale"]
    document["pages"][2]["items"][0]["choices"] = {}
    del document["index"]  # or its factors would lose an item, too
    found, drawn = faults.of(document)
    assert [one.code for one in found] == [first["code"], second["code"], document["pages"][2]["items"][0]["code"]]
    assert drawn is not None
    assert str(drawn.items[first["code"]].label) == "Việc gì?"
    assert document["pages"][0]["items"][0]["label"]["en"] == ""  # the document itself stays as it was


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"pages": []},
        {"pages": [{}]},
        {"pages": "x", "title": 3},
        {"code": "a", "version": 1, "pages": [{"code": "p", "title": {}, "items": [{}, 5, {"kind": "scale"}]}]},
        {"pages": [{"code": "p", "items": [{"code": "a", "kind": "number"}, {"code": "a", "kind": "single"}]}]},
    ],
)
def test_what_is_hardly_begun_can_be_written_on(document: dict[str, Any]) -> None:
    found, _drawn = faults.of(document)
    assert found
    assert all(str(one.reason) for one in found)


def test_whatever_part_is_missing_something_is_told() -> None:
    for key in ("code", "version", "title", "purpose", "consent", "pages", "scales"):
        document = short()
        del document[key]
        assert faults.of(document)[0], key
