"""The first page: what this is, and the choice of the commune; and what is kept of those who answer."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue


def choose() -> ResponseReturnValue:
    """The first page."""
    return render_template("respondent/start.html")


def privacy() -> ResponseReturnValue:
    """What is kept of a person, what is not, for how long."""
    return render_template("respondent/privacy.html")
