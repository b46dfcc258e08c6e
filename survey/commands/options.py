"""The options of commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from translations import gettext as _

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def option(*names: str, type: Any = None, **given: Any) -> Decorator:
    """`click.option`: its default is shown, a list of words is a choice, and any other value is called N."""
    if isinstance(type, list | tuple):
        type = click.Choice(type)
    elif type is not None and not isinstance(type, click.Choice):
        given.setdefault("metavar", "N")
    return click.option(*names, type=type, show_default="default" in given, **given)


def out(metavar: str = "FILE", required: bool = True) -> Decorator:
    """The file that a command writes."""
    return click.option(
        "--out", metavar=metavar, type=click.Path(path_type=Path), required=required, help=_("The file to write.")
    )
