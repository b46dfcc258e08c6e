"""The audit trail: who did what to what, append-only, each entry chained to the one before.

Whatever somebody of the staff or a command writes into the database stands here too: an entry is added in the same
transaction by `Database.writing`, under the act that `acting` names, so that neither is there without the other.
It holds no answer, and nothing of a single form: keying and interviewing are left out.

A changed or missing entry breaks the chain. An end that was cut off does not: only a digest that was kept outside,
such as the one printed in a report, shows that.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.storage.models import AuditEntry
from translations import N_

# What an act is called, by the endpoint of its page; `command` is one on the server's own command line.
ACTS: dict[str, str] = {
    "command": N_("Ran a command on the server"),
    "sign_in.sign_in": N_("Signed in"),
    "sign_in.change_password": N_("Changed the own password"),
    "choose_password.choose": N_("Chose the own password by a link"),
    "sign_in.end": N_("Ended own sign-ins"),
    "sign_in.second_factor": N_("Added codes of the own phone"),
    "sign_in.remove_factor": N_("Took the codes of the own phone away"),
    "sign_in.renew_codes": N_("Made new recovery codes of the own account"),
    "passkeys.add": N_("Added an own passkey"),
    "passkeys.remove": N_("Took an own passkey away"),
    "single_sign_on.link": N_("Linked an account with single sign-on"),
    "single_sign_on.unlink": N_("Took the own link with single sign-on away"),
    "interviewer.bind": N_("Bound an interviewer's tablet"),
    "staff.new_wave": N_("Opened a wave"),
    "staff.people": N_("Made an account"),
    "staff.person": N_("Changed an account"),
    "staff.token_list": N_("Made an API token"),
    "staff.remove_token": N_("Took an API token back"),
    "staff.factor_roles": N_("Chose which roles need a second factor"),
    "staff.import_frame": N_("Imported a frame of villages"),
    "staff.clear_frame": N_("Removed the frame of villages"),
    "staff.draw_sample": N_("Drew a sample"),
    "staff.use_draw": N_("Chose the draw that holds"),
    "staff.print_forms": N_("Printed paper forms"),
    "staff.more_forms": N_("Issued more paper forms"),
    "staff.printed_forms": N_("Downloaded paper forms"),
    "staff.batch": N_("Counted a packet of paper forms"),
    "staff.hand_over": N_("Handed a packet over"),
    "staff.invitations": N_("Made invitation codes"),
    "staff.kiosks": N_("Made a link for a kiosk"),
    "staff.revoke_device": N_("Took a device out of service"),
    "staff.close_fieldwork": N_("Closed the fieldwork"),
    "staff.reopen_fieldwork": N_("Opened the fieldwork again"),
    "staff.import_file": N_("Imported responses from a file"),
    "staff.held": N_("Decided on held forms"),
    "staff.review": N_("Decided on responses under review"),
    "staff.compute_agreement": N_("Computed the agreement of phúc tra"),
    "staff.weights": N_("Computed weights"),
    "staff.use_weights": N_("Chose the weights that hold"),
    "staff.import_counts": N_("Imported counts of transactions"),
    "staff.targets": N_("Set targets"),
    "staff.import_targets": N_("Imported targets from a file"),
    "staff.remove_target": N_("Took a target back"),
    "staff.read_remarks": N_("Began to read what people wrote"),
    "staff.remark": N_("Coded what people wrote"),
    "staff.themes": N_("Added a theme"),
    "staff.theme_step": N_("Closed, opened or removed a theme"),
    "staff.paraphrases": N_("Wrote a paraphrase"),
    "staff.withdraw_paraphrase": N_("Withdrew a paraphrase"),
    "staff.release_step": N_("Took a step towards a release"),
    "staff.issue": N_("Issued a report"),
    "staff.unit_reports": N_("Downloaded the reports of all communes"),
    "staff.table": N_("Looked at a free table"),
    "staff.table_file": N_("Downloaded a free table"),
    "api.wave_results": N_("Asked for a free table by the API"),
    "staff.download": N_("Downloaded a report"),
    "staff.unit_report": N_("Downloaded the report of a commune"),
    "staff.own_report": N_("Downloaded the report of the own commune"),
    "staff.issued_report": N_("Downloaded an issued report"),
    "staff.drawn_file": N_("Downloaded a drawn sample"),
    "staff.household_list_file": N_("Downloaded a list of households"),
    "staff.open_file": N_("Downloaded open data"),
}
# Pages that only show or send something, which stands in the trail nevertheless.
EXPORTS = frozenset(
    {
        "staff.read_remarks",
        "staff.table",
        "staff.table_file",
        "staff.download",
        "staff.unit_report",
        "staff.own_report",
        "staff.issued_report",
        "staff.drawn_file",
        "staff.household_list_file",
        "staff.open_file",
        "staff.printed_forms",
    }
)
# Pages that write of a single form: the trail would say when it came.
OF_ONE_FORM = frozenset(
    {
        "entry.sheet",
        "entry.open_form",
        "entry.printed",
        "entry.set_aside",
        "entry.save",
        "entry.give_back",
        "entry.settle",
        "interviewer.interview",
        "interviewer.households",
        "staff.forget_scan",
        "staff.reinterview",
        "staff.scanned",
        "staff.scans",
        "staff.take_back_form",
    }
)
# Parts of an address that an entry may name. Never a form, a sheet or a response.
NAMED = ("wave", "unit", "batch", "name", "format", "id", "number")
LOCK = 7_404_531  # of PostgreSQL, held to the end of a transaction: two entries never get one number
LONGEST = 300  # characters of what an act was on


@dataclass(frozen=True)
class Act:
    """Who does what to what, in the moment."""

    who: str
    what: str
    on: str


_act: ContextVar[Act | None] = ContextVar("act", default=None)


@contextmanager
def acting(who: str, what: str, on: Mapping[str, object] | str = "") -> Iterator[None]:
    """What is written inside the block goes into the trail under this act.

    on  the parts of an address, of which those in `NAMED` are kept, or a text
    """
    if not isinstance(on, str):
        on = " ".join(f"{name}={on[name]}" for name in NAMED if name in on)
    token = _act.set(Act(who, what, on[:LONGEST]))
    try:
        yield
    finally:
        _act.reset(token)


@contextmanager
def page(who: str, endpoint: str, on: Mapping[str, object]) -> Iterator[None]:
    """`acting` for a page of the staff; a page that writes of a single form leaves no entry."""
    if endpoint in OF_ONE_FORM:
        yield
    else:
        with acting(who, endpoint, on):
            yield


@contextmanager
def of_one_form() -> Iterator[None]:
    """What is written inside the block is of a single form, and leaves no entry."""
    token = _act.set(None)
    try:
        yield
    finally:
        _act.reset(token)


def annotate(**parts: object) -> None:
    """Adds to the present act what it is on, where the address alone doesn't say it: a name, a version."""
    act = _act.get()
    if act is not None:
        said = " ".join(f"{name}={value}" for name, value in parts.items())
        _act.set(replace(act, on=f"{act.on} {said}".strip()[:LONGEST]))


def discard() -> None:
    """Leaves the present act out of the trail: nothing came of it."""
    _act.set(None)


def append(session: Session) -> bool:
    """Adds the entry of the present act to its transaction; False where nobody of the staff acts."""
    act = _act.get()
    if act is None:
        return False
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(LOCK)))
    last = newest(session)
    entry = AuditEntry(
        number=last.number + 1 if last else 1,
        at=datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).isoformat(timespec="seconds"),
        who=act.who,
        what=act.what,
        subject=act.on,
        changes_figures=_changes_figures(act.what),
        digest="",
    )
    entry.digest = digest(last.digest if last else "", entry)
    session.add(entry)
    session.flush()
    return True


def newest(session: Session) -> AuditEntry | None:
    """The last entry, whose digest stands for the whole trail."""
    return session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).first()


def last_change(session: Session) -> int:
    """The number of the last entry by which figures or their names may have changed; 0 if none was."""
    numbers = select(AuditEntry.number).where(AuditEntry.changes_figures).order_by(AuditEntry.number.desc())
    return session.scalar(numbers.limit(1)) or 0


def _changes_figures(what: str) -> bool:
    """Sign-ins and downloads leave figures as they are."""
    return what == "command" or (what.startswith("staff.") and what not in EXPORTS)


def digest(before: str, entry: AuditEntry) -> str:
    """SHA-256 over the digest before and everything that the entry says to people."""
    said = [before, entry.number, entry.at, entry.who, entry.what, entry.subject]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True)
class Verified:
    """How far the chain holds.

    entries  the number of the last entry
    digest   its digest; keep it outside, and a cut-off end is found too
    broken   the first entry that does not follow from the ones before; None where all do
    kept     whether the digest that was kept outside stands in the chain; None where none was given
    """

    entries: int
    digest: str
    broken: int | None
    kept: bool | None


def verify(session: Session, kept: str | None = None) -> Verified:
    """Counts the chain again from its beginning; `kept` is a digest of before, from a report for instance."""
    before, number, found = "", 0, False
    query = select(AuditEntry).order_by(AuditEntry.number).execution_options(yield_per=1_000)
    with closing(session.scalars(query)) as entries:
        for entry in entries:
            if entry.digest != digest(before, entry):
                return Verified(number, before, number + 1, None if kept is None else found)
            before, number = entry.digest, entry.number
            if kept is not None and before.startswith(kept):
                found = True
    return Verified(number, before, None, None if kept is None else found)
