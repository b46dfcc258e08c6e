"""Which room may import which: translations <- forms <- survey -> analysis, and no way back."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAY_IMPORT = {
    "translations": set(),
    "forms": {"translations"},
    "analysis": set(),
    "survey": {"translations", "forms", "analysis"},
}
# analysis is for a notebook too: nothing but arrays and special functions, and what reads big files elsewhere
ANALYSIS_LIBRARIES = {"numpy", "scipy.special", "scipy.linalg", "scipy.optimize", "scipy.sparse"}
FILES = sorted(path for room in MAY_IMPORT for path in (ROOT / room).rglob("*.py"))


def imported(path: Path) -> list[tuple[str, int]]:
    """Every module that a file imports, with its line."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append((node.module, node.lineno))
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_imports_only_what_its_arrows_allow(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    others = set(MAY_IMPORT) - MAY_IMPORT[room] - {room}
    wrong = [f"line {line}: {name}" for name, line in imported(path) if name.split(".")[0] in others]
    assert not wrong


def test_analysis_needs_nothing_but_numpy_and_scipy() -> None:
    wrong = [
        f"{path.name}:{line}: {name}"
        for path in (ROOT / "analysis").rglob("*.py")
        for name, line in imported(path)
        if name.split(".")[0] not in sys.stdlib_module_names | {"analysis"}
        and not any(name == library or name.startswith(library + ".") for library in ANALYSIS_LIBRARIES)
    ]
    assert not wrong


PAGES = {"respondent", "entry", "staff", "api", "app", "kiosk", "interviewer", "commands"}
BELOW_THE_PAGES = {
    "models", "waves", "units", "questionnaires", "responses", "sample", "texts", "audit",
    "sampling", "fieldwork", "paper", "files", "remarks", "results", "report", "backups",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(BELOW_THE_PAGES))
def test_what_pages_stand_on_knows_nothing_of_them(name: str) -> None:
    """Inside survey: pages and commands -> report -> results -> storage."""
    within = ROOT / "survey" / name
    paths = sorted(within.rglob("*.py")) if within.is_dir() else [within.with_suffix(".py")]
    assert paths
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {module}"
        for path in paths
        for module, line in imported(path)
        if module.split(".")[0] == "flask" or (module.startswith("survey.") and module.split(".")[1] in PAGES)
    ]
    assert not wrong


def test_no_type_checking_blocks_and_no_rooms_without_a_noun() -> None:
    forbidden = {"utils", "helpers", "helper", "manager", "handler", "services", "core", "common", "misc"}
    assert not [path for path in FILES if path.stem in forbidden or path.parent.name in forbidden]
    assert not [path for path in FILES if "TYPE_CHECKING" in path.read_text(encoding="utf-8")]
