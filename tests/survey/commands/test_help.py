"""What `--help` teaches: each command shows a call that can be typed, and no list cuts its words."""

import shlex
from collections.abc import Iterator
from contextvars import copy_context
from pathlib import Path

import click
import pytest

from survey.commands import Program, main
from survey.commands.examples import EXAMPLES


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
