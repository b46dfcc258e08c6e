"""The list of licences and the bill of materials hold everything that serves."""

from __future__ import annotations

import configparser
import re
import sys
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "deploy"))
import dependencies  # noqa: E402

sys.path.pop(0)
KNOWN = re.compile(
    r"(MIT(-0)?|0BSD|BSD-[23]-Clause|Apache-2\.0|PSF-2\.0|LGPL-3\.0-only|MPL-2\.0|CC0-1\.0|Zlib|OFL-1\.1)"
)


def test_every_package_that_serving_needs_is_listed_with_its_licence() -> None:
    listed = dict(
        re.findall(r"^\| (\S+) \| \S+ \| (.+) \|$", (ROOT / "docs" / "giay-phep.md").read_text("utf-8"), re.M)
    )
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    asked = [Requirement(line).name for line in setup["options"]["install_requires"].split()]
    assert {canonicalize_name(name) for name in asked} <= set(listed)
    parts = [*dependencies.python_parts(), *dependencies.npm_parts()]
    # Not the other way round: an older Python needs a package or two more.
    assert {part.name: part.licence for part in parts}.items() <= listed.items(), "run: make sbom"
    assert {"werkzeug", "psycopg-binary", "@hpke/core", "@fontsource/tinos"} <= set(listed)
    for name, licence in listed.items():
        assert all(KNOWN.fullmatch(word) for word in re.split(r" AND | OR ", licence)), (name, licence)


def test_the_bill_of_materials_names_each_part_once_with_its_digests() -> None:
    parts = dependencies.python_parts()
    bill = dependencies.bill(parts)
    components = bill["components"]
    assert isinstance(components, list)
    assert len({one["bom-ref"] for one in components}) == len(components) == len(parts) > 30
    for one in components:
        assert one["externalReferences"][0]["hashes"], one["name"]
