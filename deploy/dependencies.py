"""What the platform is made of: docs/giay-phep.md, and a bill of materials (CycloneDX 1.6, JSON).

Run by `make sbom`: packages are those that `setup.cfg` asks for, scanning's too, and what these ask for in turn,
as they are installed here; digests are those of `requirements-dev.lock`. What runs in a browser or is printed with
comes from the lock files of npm.

    python deploy/dependencies.py LICENCES.md SBOM.json
"""

from __future__ import annotations

import configparser
import json
import re
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
NPM = ("npm/hpke/package-lock.json", "npm/tinos/package-lock.json")
# What packages write instead of an SPDX expression, and what it is (read in their licence files).
PLAIN = {
    "BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "Apache Software License": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "PSFL": "PSF-2.0",
    "BSD-3-Clause, Apache-2.0, dependency licenses": "BSD-3-Clause AND Apache-2.0",
}
READ_BY_HAND = {"pyasn1-modules": "BSD-2-Clause", "pyrage": "MIT"}
HEAD = """# Giấy phép của những gì hệ thống dùng

Làm bằng `make sbom`; đừng sửa tay. Mã của hệ thống: [MIT](../LICENSE). `make sbom` cũng ghi danh mục thành phần \
(CycloneDX 1.6) vào `build/sbom.cdx.json`, có mã băm của từng gói đã khóa, để bộ phận an toàn thông tin đối chiếu \
với danh sách lỗ hổng.

Hai gói `psycopg` theo LGPL-3.0: dùng nguyên vẹn như thư viện riêng thì không ràng buộc mã của hệ thống. \
`opencv-python-headless` mang theo FFmpeg (LGPL-2.1).

| thành phần | phiên bản | giấy phép |
|---|---|---|
"""


@dataclass(frozen=True)
class Part:
    """One thing that is delivered with the platform; `purl` names it everywhere (package-url)."""

    name: str
    version: str
    licence: str
    purl: str
    digests: tuple[str, ...]  # SHA-256 of the files that may be installed


def python_parts() -> list[Part]:
    """The packages that serving needs, in the order of their names."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    asked_for = setup["options"]["install_requires"] + setup["options.extras_require"]["scan"]
    wanted = [Requirement(line) for line in asked_for.split("\n") if line.strip()]
    found: dict[str, metadata.Distribution] = {}
    while wanted:
        asked = wanted.pop()
        name = canonicalize_name(asked.name)
        extras = asked.extras or {""}
        seen = name in found
        found[name] = metadata.distribution(name)
        for line in found[name].requires or ():
            needed = Requirement(line)
            applies = needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras)
            if applies and (not seen or canonicalize_name(needed.name) not in found):
                wanted.append(needed)
    locked = _digests()
    return [
        Part(name, one.version, _licence(name, one), f"pkg:pypi/{name}@{one.version}", locked[name])
        for name, one in sorted(found.items())
    ]


def npm_parts() -> list[Part]:
    """What is bundled for browsers and for print."""
    found = []
    for path in NPM:
        for place, about in json.loads((ROOT / path).read_text(encoding="utf-8"))["packages"].items():
            if place and not about.get("dev"):
                name = place.removeprefix("node_modules/")
                purl = f"pkg:npm/{name.replace('@', '%40')}@{about['version']}"
                found.append(Part(name, about["version"], about["license"], purl, ()))
    return sorted(found, key=lambda part: part.name)


def licences(parts: list[Part]) -> str:
    """The page of licences."""
    return HEAD + "".join(f"| {part.name} | {part.version} | {part.licence} |\n" for part in parts)


def bill(parts: list[Part]) -> dict[str, object]:
    """The bill of materials; the same for the same lock files, so it carries neither serial number nor time."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "hai-long", "bom-ref": "hai-long"}},
        "components": [
            {
                "type": "library",
                "bom-ref": part.purl,
                "name": part.name,
                "version": part.version,
                "purl": part.purl,
                "licenses": [{"expression": part.licence}],
                **(
                    {
                        "externalReferences": [
                            {
                                "type": "distribution",
                                "url": f"https://pypi.org/project/{part.name}/{part.version}/",
                                "hashes": [{"alg": "SHA-256", "content": digest} for digest in part.digests],
                            }
                        ]
                    }
                    if part.digests
                    else {}
                ),
            }
            for part in parts
        ],
    }


def _licence(name: str, one: metadata.Distribution) -> str:
    about = one.metadata
    kinds = [
        line.rpartition(" :: ")[2] for line in about.get_all("Classifier") or () if line.startswith("License")
    ]
    short = [text for text in (about.get("License") or "",) if 0 < len(text) < 60 and "\n" not in text]
    given = [about.get("License-Expression"), READ_BY_HAND.get(name), *short, *kinds]
    first = next((text for text in given if text), None)
    if first is None:
        raise SystemExit(f"{name} names no licence: read it, and add a line to READ_BY_HAND")
    return PLAIN.get(first, first)


def _digests() -> dict[str, tuple[str, ...]]:
    text = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
    return {
        canonicalize_name(block[1]): tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", block[0]))
        for block in re.finditer(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==.*(?:\n .*)*", text, re.M)
    }


if __name__ == "__main__":
    everything = [*python_parts(), *npm_parts()]
    for target, content in zip(
        sys.argv[1:3],
        (licences(everything), json.dumps(bill(everything), indent=1, sort_keys=True) + "\n"),
        strict=True,
    ):
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        Path(target).write_text(content, encoding="utf-8")
