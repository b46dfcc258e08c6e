"""Static files: their address holds a digest of all of them, so that a browser keeps each for good."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Response, current_app, send_from_directory, url_for

FOLDER = Path(__file__).parent / "static"
A_YEAR = 31_536_000  # seconds


def present_version() -> str:
    """A short digest over all static files, computed once; while debugging on each request."""
    if "static_version" not in current_app.extensions or current_app.debug:
        digest = hashlib.sha256()
        for path in sorted(path for path in FOLDER.rglob("*") if path.is_file()):
            digest.update(path.relative_to(FOLDER).as_posix().encode() + b"\0" + path.read_bytes())
        current_app.extensions["static_version"] = digest.hexdigest()[:12]
    return str(current_app.extensions["static_version"])


def address(name: str) -> str:
    """The address of a static file. The version is a folder in it, so a script's `./other.js` carries it too."""
    return url_for("static", version=present_version(), name=name)


def send(version: str, name: str) -> Response:
    """A static file: kept for good under the present version, asked for again under any other."""
    response = send_from_directory(FOLDER, name, max_age=A_YEAR if version == present_version() else 0)
    with response:  # closes the file here: a server may forget it when the client has gone away meanwhile
        response.direct_passthrough = False  # a file that is passed through would not be compressed
        response.make_sequence()
    return response
