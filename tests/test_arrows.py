"""Which room may import which: translations <- forms <- survey -> analysis; inside survey, a row a room. And that
what a kind of question can do is asked of the kind."""

import ast
import re
import sys
from collections.abc import Collection
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from forms import KINDS, POPULATIONS

ROOT = Path(__file__).resolve().parent.parent
MAY_IMPORT = {
    "translations": set(),
    "forms": {"translations"},
    "analysis": set(),
    "survey": {"translations", "forms", "analysis"},
}
# analysis is for a notebook too: nothing but arrays, special functions and a solver of integer programmes
ANALYSIS_LIBRARIES = {"numpy", "scipy.special", "scipy.linalg", "highspy"}
FILES = sorted(path for room in MAY_IMPORT for path in (ROOT / room).rglob("*.py"))


@cache
def nodes(path: Path) -> list[ast.AST]:
    """All nodes of a file, read once."""
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def imported(path: Path) -> list[tuple[str, int]]:
    """Every module that a file imports, with its line."""
    found = []
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append((node.module, node.lineno))
    return found


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_its_arrows_allow(room: str) -> None:
    others = set(MAY_IMPORT) - MAY_IMPORT[room] - {room}
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in FILES
        if path.relative_to(ROOT).parts[0] == room
        for name, line in imported(path)
        if name.split(".")[0] in others
    ]
    assert not wrong


def test_analysis_needs_nothing_but_numpy_scipy_and_highs() -> None:
    wrong = [
        f"{path.name}:{line}: {name}"
        for path in (ROOT / "analysis").rglob("*.py")
        for name, line in imported(path)
        if name.split(".")[0] not in sys.stdlib_module_names | {"analysis"}
        and not any(name == library or name.startswith(library + ".") for library in ANALYSIS_LIBRARIES)
    ]
    assert not wrong


# The rooms of survey and whom each may import. A new room needs a row; a row that nobody uses any more goes.
GROUND = {"system", "storage", "waves"}
ROOMS = {
    "system": set(),
    "pdf": set(),
    "storage": {"system"},
    "waves": {"system", "storage"},
    "responses": GROUND,
    "workshop": GROUND | {"responses"},
    "accounts": GROUND | {"responses"},
    "remarks": GROUND | {"responses"},
    "sampling": GROUND | {"responses"},
    "fieldwork": GROUND | {"responses", "sampling"},
    "paper": GROUND | {"pdf", "sampling", "fieldwork"},
    "results": GROUND | {"responses", "remarks", "sampling", "fieldwork"},
    "year": GROUND | {"responses", "remarks", "results"},
    "integrity": GROUND | {"accounts", "responses", "sampling", "fieldwork", "results"},
    "reports": GROUND | {"pdf", "fieldwork", "results", "year", "integrity"},
    "data_files": GROUND | {"responses", "sampling", "fieldwork", "results", "reports"},
    "operations": GROUND
    | {"pdf", "accounts", "responses", "remarks", "fieldwork", "results", "year", "integrity", "reports"},
}
ROOMS["web"] = {*ROOMS}
ROOMS["commands"] = {*ROOMS}
# Only web knows Flask.
FLASK = {"flask", "flask_login", "flask_wtf", "flask_compress", "werkzeug"}


def modules(path: Path) -> list[tuple[str, int]]:
    """Every module that a file imports, whole: of `from survey.waves import units` that is survey.waves.units."""
    found = []
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
    return found


def test_every_room_has_a_row_and_nothing_stands_loose() -> None:
    rooms = {path.parent.name for path in (ROOT / "survey").glob("*/*.py")}
    assert rooms == set(ROOMS)
    assert [path.name for path in (ROOT / "survey").glob("*.py")] == ["__init__.py"]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_of_survey_imports_only_what_its_row_allows(room: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in sorted((ROOT / "survey" / room).rglob("*.py"))
        for name, line in modules(path)
        if (name.startswith("survey.") and name.split(".")[1] not in ROOMS[room] | {room})
        or (name.split(".")[0] in FLASK and room != "web")
    ]
    assert not wrong


def test_the_floors_lead_one_way() -> None:
    """No room reaches itself by way of others; a row may only name rooms above it."""
    above: set[str] = set()
    for room, allowed in ROOMS.items():
        assert allowed <= above, room
        above.add(room)


def test_no_two_modules_import_each_other() -> None:
    """The modules of survey in an order in which each imports only earlier ones: no circle, in web neither."""
    names = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in (ROOT / "survey").rglob("*.py")
    }

    def module_of(name: str) -> str | None:
        while name and name not in names:
            name = name.rpartition(".")[0]
        return name or None

    graph = {
        name: {found for wanted, _line in modules(path) if (found := module_of(wanted))} - {name}
        for name, path in names.items()
    }
    TopologicalSorter(graph).prepare()  # raises CycleError with the modules of a circle


def test_no_type_checking_blocks_and_no_rooms_without_a_noun() -> None:
    forbidden = {"utils", "helpers", "helper", "manager", "handler", "services", "core", "common", "misc"}
    assert not [path for path in FILES if path.stem in forbidden or path.parent.name in forbidden]
    assert not [path for path in FILES if "TYPE_CHECKING" in path.read_text(encoding="utf-8")]


def literals(node: ast.AST) -> set[str]:
    """The texts that stand in an expression."""
    return {one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def says(node: ast.AST, noun: str) -> bool:
    return (isinstance(node, ast.Attribute) and node.attr == noun) or (
        isinstance(node, ast.Name) and node.id == noun
    )


def compared_by_name(path: Path, noun: str, names: Collection[str]) -> list[int]:
    """The lines of a Python file on which a `noun` is compared with, or looked up under, one of the names."""
    lines = []
    for node in nodes(path):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
        elif isinstance(node, ast.Match):
            sides = [node.subject, *(case.pattern for case in node.cases)]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
            sides = [node.func.value, *node.args]
        elif isinstance(node, ast.Subscript):
            sides = [node.value, node.slice]
        else:
            continue
        if any(says(side, noun) for side in sides) and any(literals(side) & set(names) for side in sides):
            lines.append(node.lineno)
    return lines


@pytest.mark.parametrize(("noun", "names"), [("kind", KINDS), ("population", POPULATIONS)])
def test_nobody_asks_a_kind_of_question_or_a_population_for_its_name(noun: str, names: Collection[str]) -> None:
    """What it can do is a flag of `forms.Kind` or `forms.Population`, in Python, templates and scripts alike."""
    beside = re.compile(
        rf"""\b{noun}(\.name)?\s*(?:[!=]==?|\bin\b|\bnot in\b)\s*[\[(]?\s*["'](?:{"|".join(names)})["']"""
    )
    wrong = [f"{path.relative_to(ROOT)}:{line}" for path in FILES for line in compared_by_name(path, noun, names)]
    for room in ("survey", "forms"):
        for path in (ROOT / room).rglob("*"):
            if path.suffix in {".html", ".js", ".typ"} and "node_modules" not in path.parts:
                lines = path.read_text(encoding="utf-8").splitlines()
                wrong += [
                    f"{path.relative_to(ROOT)}:{n}" for n, line in enumerate(lines, 1) if beside.search(line)
                ]
    assert not wrong
