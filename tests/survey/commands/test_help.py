"""What `--help` teaches: each command shows a call that can be typed, and no list cuts its words."""

import shlex
import subprocess
import sys
from collections.abc import Collection, Iterator
from contextvars import copy_context
from pathlib import Path
from typing import Any

import click
import pytest

from analysis import allocation, design, interval, weights
from analysis.estimate import VARIANCES
from survey.accounts import tokens
from survey.commands import Program, main
from survey.commands.doctor import MARKS
from survey.commands.examples import EXAMPLES
from survey.data_files import exporting
from survey.operations import demo
from survey.operations.doctor_findings import State
from survey.paper import batches, posters
from survey.reports import report
from survey.responses import response_weights, submission
from survey.sampling import weighting
from survey.storage.models import Role, WaveKind
from survey.waves import waves


def below(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command by what is typed for it, groups too."""
    context = click.Context(group, info_name="hailong")
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield path + name, command
        if isinstance(command, click.Group):
            yield from below(command, f"{path}{name} ")


ALL = dict(below(Program("hailong")))
GROUPS = {path: command for path, command in ALL.items() if isinstance(command, click.Group)}


def test_every_command_has_an_example() -> None:
    assert set(EXAMPLES) == ALL.keys() - GROUPS.keys()


def test_an_example_stands_in_the_help_and_can_be_typed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for path, example in EXAMPLES.items():
        words = shlex.split(example.split(" > ")[0])
        for word in words:
            if "." in word and "/" not in word:
                Path(word).touch()  # a file that must be there
        ALL[path].make_context(path, words)  # refuses an unknown option, a missing one, a value that can't be
        assert f"hailong {path} {example}".rstrip() in ALL[path].get_help(click.Context(ALL[path], info_name=path))


def test_a_list_of_commands_cuts_no_sentence() -> None:
    assert not [
        path for path, group in GROUPS.items() if "..." in group.get_help(click.Context(group)).split("\n", 1)[1]
    ]


@pytest.mark.parametrize("asked", [["wave", "create", "--help", "--lang", "en"], ["wave", "--lang=en", "--help"]])
def test_the_language_may_be_said_behind_the_command(asked: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    copy_context().run(main, asked)
    assert "Usage: hailong wave" in capsys.readouterr().out


# What commands offer, and what they take if nothing is said. They name it themselves: help loads nothing of this.
OFFERED: dict[tuple[str, str], Collection[str]] = {
    ("estimate", "interval"): interval.INTERVALS,
    ("estimate", "variance"): VARIANCES,
    ("estimate", "single_psu"): design.SINGLE_PSU,
    ("estimate", "calibration"): weights.METHODS,
    ("results", "without"): submission.MARKS,
    ("data", "kind"): exporting.FORMATS,
    ("report", "form"): [*report.FORMATS, "zip"],
    ("poster", "size"): posters.SIZES,
    ("sample draw", "allocation"): allocation.RULES,
    ("weights compute", "by"): weighting.BY,
    ("wave create", "kind"): WaveKind,
    ("wave create", "single_psu"): waves.SINGLE_PSU_RULES,
    ("user add", "role"): Role,
    ("token add", "scopes"): tokens.Scope,
}
TAKEN: dict[tuple[str, str], object] = {
    ("demo", "wave"): demo.SAMPLE,
    ("forms print", "double"): 100 * batches.DOUBLE,
    ("forms print", "reinterview"): 100 * batches.AGAIN,
    ("weights compute", "cap_adults"): response_weights.MOST_ADULTS,
    ("token add", "days"): tokens.DAYS,
}


def parameter(command: str, name: str) -> Any:
    return next(one for one in ALL[command].params if one.name == name)


def test_commands_offer_what_their_work_knows() -> None:
    for asked, known in OFFERED.items():
        assert list(parameter(*asked).type.choices) == list(known), asked
    for asked, value in TAKEN.items():
        assert parameter(*asked).default == value, asked
    assert parameter("forms print", "more").type.max == batches.MOST_FORMS
    assert set(MARKS) == set(State)


def test_help_loads_no_library_but_for_arguments_numbers_and_questionnaires() -> None:
    code = """
import sys
began = set(sys.modules)
from survey.commands import COMMANDS, main
for command in COMMANDS:
    try:
        main([command, "--help"])
    except SystemExit as end:
        assert not end.code
loaded = {name.partition(".")[0] for name in set(sys.modules) - began} - sys.stdlib_module_names
print(*(name for name in loaded if name[0] != "_" and name != "cython_runtime"), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    light = {"survey", "translations", "forms", "click", "babel", "wtforms", "markupsafe", "yaml"}
    assert set(done.stderr.split()) <= light


def test_results_load_neither_the_web_nor_a_format_nor_what_migrates() -> None:
    code = """
import sys
from survey.commands import main
try:
    main(["results", "--wave", "khong-co"])
except SystemExit:
    pass
print(*{name.partition(".")[0] for name in sys.modules}, *{"numpy.f2py", "numpy.random"} & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "numpy" in loaded
    assert loaded.isdisjoint(
        {
            "flask",
            "werkzeug",
            "jinja2",
            "openpyxl",
            "xlsxwriter",
            "docx",
            "typst",
            "pypdf",
            "cv2",
            "numpy.f2py",
            "numpy.random",
        }
    )
