"""What clamd, the scanner of ClamAV, says of a file: the command INSTREAM of its protocol (clamd(8)).

The file goes over the socket in pieces, so the scanner need not be allowed to read where it lies.
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import IO

from translations import Refusal

PIECE = 65_536  # bytes
PATIENCE = 60.0  # seconds for each step
LONGEST = 4_096  # bytes of an answer


class Unknown(Refusal):
    """Nothing can be said of the file now."""

    status = 503


def _reply(place: Path, file: IO[bytes]) -> bytes:
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(PATIENCE)
        line.connect(str(place))
        line.sendall(b"zINSTREAM\0")
        while piece := file.read(PIECE):
            line.sendall(len(piece).to_bytes(4, "big") + piece)
        line.sendall(bytes(4))
        reply = b""
        while not reply.endswith(b"\0") and len(reply) < LONGEST and (piece := line.recv(LONGEST)):
            reply += piece
        return reply


def harm(place: Path, file: IO[bytes]) -> str | None:
    """What the harm in a file is called, read from where it stands to its end; None if there is none. Refused if
    the scanner at `place` is not there or can't say: nothing is taken for harmless unseen."""
    try:
        reply = _reply(place, file)
    except OSError as error:
        raise _unknown() from error
    answer = reply.rstrip(b"\0").decode(errors="replace").removeprefix("stream: ")
    if answer == "OK":
        return None
    if answer.endswith(" FOUND"):
        return answer.removesuffix(" FOUND")
    raise _unknown()


def _unknown() -> Unknown:
    return Unknown(
        "The virus scanner of this server does not answer, so the file was not taken. Try again in a few minutes; "
        "if it stays so, tell the administrator."
    )
