"""Mail by SMTP, where a mail server is set (`HAILONG_SMTP_HOST`): one letter to one address, over TLS alone.

The address is used and kept nowhere: no account has one, and no log and no entry of the audit trail names it.
"""

from __future__ import annotations

import logging
import re
import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import localtime, make_msgid
from pathlib import Path

from survey.system.settings import MailServer
from translations import Refusal

FROM_THE_START = 465  # the port where TLS begins before anything is said (RFC 8314); elsewhere STARTTLS
WAITS = 15  # seconds for each answer of the mail server
# What browsers take for an address (HTML, "valid e-mail address"), with a dot in the domain.
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+", re.ASCII)


def address(text: str) -> str:
    """The address as typed; refused where it is none."""
    text = text.strip()
    if not ADDRESS.fullmatch(text):
        raise Refusal("Write the e-mail address whole, like lan@example.gov.vn.")
    return text


def send(server: MailServer, to: str, subject: str, text: str) -> None:
    """Hands the letter to the mail server; refused where it does not take it or speaks no TLS that holds."""
    letter = EmailMessage()
    letter["From"], letter["To"] = Address("Hài Lòng", addr_spec=server.sender), Address(addr_spec=to)
    letter["Subject"], letter["Date"] = subject, localtime()
    domain = server.sender.rpartition("@")[2]
    letter["Message-ID"], letter["Auto-Submitted"] = make_msgid(domain=domain), "auto-generated"
    letter.set_content(text)
    try:
        with _connected(server, domain) as connection:
            if server.user:
                connection.login(server.user, Path(server.password_file or "").read_text().strip())
            connection.send_message(letter)
    except OSError as error:  # as all faults of smtplib and ssl are; what they say may quote the address
        logging.getLogger("hailong").error("mail not sent: %s", type(error).__name__)
        raise Refusal(
            "The letter could not be sent by mail (%(fault)s). Hand it over as it stands here, and see: hailong "
            "doctor",
            fault=type(error).__name__,
        ) from None


def _connected(server: MailServer, name: str) -> smtplib.SMTP:
    trust = ssl.create_default_context(cafile=server.ca_file)
    if server.port == FROM_THE_START:
        return smtplib.SMTP_SSL(server.host, server.port, name, timeout=WAITS, context=trust)
    connection = smtplib.SMTP(server.host, server.port, name, timeout=WAITS)
    try:
        connection.starttls(context=trust)
    except OSError:
        connection.close()
        raise
    return connection
