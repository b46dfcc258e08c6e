"""Static files: their address holds a digest of all of them, so that a browser keeps each for good."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path

from flask import Response, current_app, send_from_directory, url_for

FOLDER = Path(__file__).parent / "static"
MARK = Path(__file__).parent / "templates" / "mark.html"  # the emblem: pages, posters and letters draw it too
INKS = "<style>:root{color:#0b4a54}@media(prefers-color-scheme:dark){:root{color:#94d6d1}}</style>"
A_YEAR = 31_536_000  # seconds
COMMENT = re.compile(r"^[ \t]*(?://.*|/\*(?:[^*]|\*(?!/))*\*/[ \t]*)\n", re.MULTILINE)
INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)


def present_version() -> str:
    """A short digest over all static files, computed once; while debugging on each request."""
    if "static_version" not in current_app.extensions or current_app.debug:
        digest = hashlib.sha256()
        for path in sorted(path for path in FOLDER.rglob("*") if path.is_file()):
            digest.update(path.relative_to(FOLDER).as_posix().encode() + b"\0" + path.read_bytes())
        digest.update(MARK.read_bytes())
        current_app.extensions["static_version"] = digest.hexdigest()[:12]
    return str(current_app.extensions["static_version"])


def address(name: str) -> str:
    """The address of a static file. The version is a folder in it, so a script's `./other.js` carries it too."""
    return url_for("static", version=present_version(), name=name)


def send(version: str, name: str) -> Response:
    """A static file: kept for good under the present version, asked for again under any other."""
    age = A_YEAR if version == present_version() else 0
    if name == "mark.svg":
        return _icon(age)
    response = send_from_directory(FOLDER, name, max_age=age)
    with response:  # closes the file here: a server may forget it when the client has gone away meanwhile
        response.direct_passthrough = False  # a file that is passed through would not be compressed
        response.make_sequence()
    if response.status_code == 200 and name.endswith((".js", ".css")):
        response.set_data(bare(response.get_data(as_text=True)))
    return response


@lru_cache(100)
def bare(text: str) -> str:
    """A script or sheet without its whole lines of comment and its indentation: a fifth of a phone's first visit.
    No text of a script goes over the end of a line (a test looks)."""
    return INDENTATION.sub("", COMMENT.sub("", text))


def _icon(age: int) -> Response:
    """The emblem as a file, for a browser's tab and a kiosk's home screen."""
    tag, rest = MARK.read_text(encoding="utf-8").split(">", 1)
    answer = Response(f'{tag} xmlns="http://www.w3.org/2000/svg">{INKS}{rest}', mimetype="image/svg+xml")
    answer.cache_control.max_age = age
    return answer
