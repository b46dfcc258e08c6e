"""Static files: their address holds a digest of all of them, so that a browser keeps each for good."""

from __future__ import annotations

import hashlib
import mimetypes
import re
from functools import lru_cache
from pathlib import Path

from flask import Response, abort, current_app, url_for
from werkzeug.security import safe_join

FOLDER = Path(__file__).parent / "static"
MARK = Path(__file__).parent / "templates" / "mark.html"  # the emblem: pages, posters and letters draw it too
INKS = "<style>:root{color:#0b4a54}@media(prefers-color-scheme:dark){:root{color:#94d6d1}}</style>"
A_YEAR = 31_536_000  # seconds
COMMENT = re.compile(r"^[ \t]*(?://.*|/\*(?:[^*]|\*(?!/))*\*/[ \t]*)\n|[ \t]+// .*$", re.MULTILINE)
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
    """A static file, a text: kept for good under the present version, asked for again under any other."""
    path = Path(safe_join(str(FOLDER), name) or FOLDER)
    if name == "mark.svg":
        text = _icon()
    elif path.is_file():
        text = bare(path.read_text(encoding="utf-8"))
    else:
        abort(404)
    answer = Response(text, mimetype=mimetypes.guess_type(name)[0])
    answer.cache_control.max_age = A_YEAR if version == present_version() else 0
    return answer


@lru_cache(100)
def bare(text: str) -> str:
    """A script or sheet without its comments and indentation: a quarter of a phone's first visit.
    No text of a script goes over the end of a line, or holds ` // ` (a test looks)."""
    return INDENTATION.sub("", COMMENT.sub("", text))


def _icon() -> str:
    """The emblem as a file, for a browser's tab and a kiosk's home screen."""
    tag, rest = MARK.read_text(encoding="utf-8").split(">", 1)
    return f'{tag} xmlns="http://www.w3.org/2000/svg">{INKS}{rest}'
