"""A release holds all that serves, and nothing beside it: data files, locks, what is told of the version."""

from __future__ import annotations

import configparser
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from survey.system import settings
from survey.system.version import version
from translations import Refusal

ROOT = Path(__file__).resolve().parent.parent.parent
SETUP = configparser.ConfigParser()
SETUP.read(ROOT / "setup.cfg", encoding="utf-8")
NOT_SHIPPED = {".pyc", ".po"}


def locked(name: str) -> dict[str, str]:
    """The versions in a lock file."""
    text = (ROOT / name).read_text("utf-8")
    pins = re.findall(r"^([\w.-]+)(?:\[.*?\])?==(\S+)", text, re.M)
    return {canonicalize_name(name): version for name, version in pins}


def asked(text: str) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in text.split("\n") if line.strip()}


def test_a_wheel_has_every_file_of_the_four_packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(ROOT)
    distribution = importlib.import_module("setuptools").Distribution({"script_name": "setup.py"})
    distribution.parse_config_files()
    build = distribution.get_command_obj("build_py")
    build.build_lib = str(tmp_path)
    build.ensure_finalized()
    packed = {Path(name).relative_to(tmp_path) for name in build.get_outputs(include_bytecode=False)}
    there = {
        path.relative_to(ROOT)
        for room in ("translations", "forms", "survey", "analysis")
        for path in (ROOT / room).rglob("*")
        if path.is_file() and path.suffix not in NOT_SHIPPED
    }
    there.discard(Path("survey/pdf/fonts/made"))
    assert packed == there
    for made in ("vi/LC_MESSAGES/messages.mo", "fonts/Tinos-Bold.ttf", "kiosk/hpke.js", "api/openapi.yaml"):
        assert any(path.as_posix().endswith(made) for path in packed), made


def test_a_server_gets_what_serving_needs_as_developers_have_it_and_no_kit_of_theirs() -> None:
    server, developer = locked("requirements.lock"), locked("requirements-dev.lock")
    extras = SETUP["options.extras_require"]
    assert asked(SETUP["options"]["install_requires"]) <= set(server)
    assert server.items() <= developer.items()
    assert not (asked(extras["dev"]) | asked(extras["scan"])) & set(server)
    assert asked(extras["dev"]) | asked(extras["scan"]) <= set(developer)
    assert len(server) < len(developer) / 1.5


def test_a_server_without_opencv_serves_and_says_what_scanning_needs() -> None:
    paths = [path.relative_to(ROOT).as_posix() for path in (ROOT / "survey").rglob("*.py")]
    naming = [path for path in paths if re.search(r"^\s*import cv2", (ROOT / path).read_text("utf-8"), re.M)]
    assert naming == ["survey/paper/opencv.py"]
    tried = (
        "import sys; sys.modules['cv2'] = None\n"
        "from survey.paper import scanning\n"
        "from translations import speak\n"
        "speak('en'); next(scanning.take_in(None, 'x', []))\n"
    )
    done = subprocess.run([sys.executable, "-c", tried], capture_output=True, text=True)
    assert done.stderr.splitlines()[-1].endswith(
        "This server was installed without what reads scanned forms. Ask the administrator to run "
        "install.sh --scan, or key the forms by hand."
    )


def test_without_a_checkout_the_data_folder_must_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HAILONG_DATA", raising=False)
    monkeypatch.setattr(settings, "CHECKOUT", tmp_path)
    with pytest.raises(Refusal, match="HAILONG_DATA"):
        settings.data_folder()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["CHANGELOG.md", "CHANGELOG.en.md"])
def test_the_changelog_begins_with_this_version(name: str) -> None:
    [newest, *_older] = re.findall(r"^## (\S+)", (ROOT / name).read_text("utf-8"), re.M)
    assert newest == SETUP["metadata"]["version"] == version().partition(" ")[0]
