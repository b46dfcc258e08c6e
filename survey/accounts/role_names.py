"""What each role is called. It loads nothing: the help of a command prints it."""

from __future__ import annotations

from translations import N_

ROLE_NAMES = {  # by the values of `Role`
    "admin": N_("Administrator"),
    "head": N_("Head"),
    "home_affairs": N_("Home Affairs"),
    "commune": N_("Commune"),
    "office": N_("Office"),
    "supervisor": N_("Supervisor"),
    "keyer": N_("Keyer"),
    "interviewer": N_("Interviewer"),
    "auditor": N_("Auditor"),
}
