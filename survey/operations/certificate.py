"""The certificate that people's browsers are shown, looked at from here as one of them would."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, date, datetime

PATIENCE = 5  # seconds


def last_day(host: str, port: int) -> date:
    """The day on which the certificate of a host ends.

    ssl.SSLCertVerificationError where browsers do not trust it, another OSError where nobody answers.

    Trusted is what the system trusts: on Debian the public authorities, as in browsers.
    """
    context = ssl.create_default_context()
    with (
        socket.create_connection((host, port), PATIENCE) as line,
        context.wrap_socket(line, server_hostname=host) as tls,
    ):
        shown = tls.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC).date()
