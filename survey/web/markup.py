"""The token of a form, and the roles of a table, each written in one place. Strings become markup here alone."""

from __future__ import annotations

from typing import Any

from flask import render_template
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

# Browsers forget what a row and a cell are where a style makes blocks of them: so each says it.
ROLES = {
    "<table": Markup('<table role="table"'),
    "<thead": Markup('<thead role="rowgroup"'),
    "<tbody": Markup('<tbody role="rowgroup"'),
    "<tr": Markup('<tr role="row"'),
    "<td": Markup('<td role="cell"'),
    'scope="col"': Markup('scope="col" role="columnheader"'),
    'scope="row"': Markup('scope="row" role="rowheader"'),
    'scope="rowgroup"': Markup('scope="rowgroup" role="rowheader"'),
}


def rendered(template: str, **values: Any) -> Markup:
    """What a template gives, to stand in another one: it has escaped all that is not its own."""
    return Markup(render_template(template, **values))  # noqa: S704


def csrf_field() -> Markup:
    """The hidden field that each form has which is sent by somebody who is signed in, or signs in."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())


def with_roles(table: Markup) -> Markup:
    """A table whose parts say their roles; what stands in its cells is escaped already, so holds none of these."""
    for part, named in ROLES.items():
        table = table.replace(part, named)
    return table
