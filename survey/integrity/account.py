"""What there is to tell outsiders of a wave: how forms came, what is set aside, what was looked at and found. It
names no place and nobody; of people only the role of their account. How it reads: `account_words.py`.

Gathering it looks at every pattern of the wave; it is done beforehand and kept (`kept_account.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis import Estimate
from survey.integrity import account_checks, account_figures, account_lots, account_way, digests
from survey.integrity.account_checks import Check, Decided
from survey.integrity.account_lots import AsideLot
from survey.integrity.account_way import Drawing, Paper
from survey.responses.respondents import sample
from survey.results import releases
from survey.storage.models import Account as StaffAccount
from survey.storage.models import Assignment, Release, Wave
from survey.system import dates


@dataclass(frozen=True)
class Shown:
    """The release that everybody sees.

    correction   why few forms were changed; empty of any other
    by_operator  whether a command checked or approved it: one person may be who is told as two
    """

    number: int
    frozen: date
    approved: date
    correction: str
    by_operator: bool


@dataclass(frozen=True)
class Withdrawn:
    """The release that everybody saw, and why it was taken back."""

    number: int
    day: date
    reason: str


@dataclass(frozen=True)
class LastDigest:
    """The newest digest of a day."""

    number: int
    day: date
    digest: str


@dataclass(frozen=True)
class Account:
    """What there is to tell of a wave; counts are of forms unless said otherwise.

    received  = counted + the sum of `left_out`
    left_out  `aside`, `rejected` in the review, `held`, `declined` after it was held, `outside` the sample, and
              what came or was decided after the release (`later`)
    answered  the response rates RR1 and RR2 as 0…1 and of how many households; None where none were drawn
    aside_since  forms of the release that were set aside after it was frozen
    figure    the first one of the province, its index or first headline, as it is released; None before
    whole     what it would be with all that is set aside; None where nothing is, or where that would tell too much
    waiting   matters that wait for a decision, by their kind; `held` counts as one
    """

    made: date
    shown: Shown | None
    withdrawn: Withdrawn | None
    received: int
    counted: int
    left_out: dict[str, int]
    modes: dict[str, int]
    drawing: Drawing | None
    paper: Paper | None
    answered: tuple[float, float, int] | None
    assigned: bool
    aside: tuple[AsideLot, ...]
    aside_since: int
    figure: Estimate | None
    whole: Estimate | None
    checks: tuple[Check, ...]
    decided: tuple[Decided, ...]
    waiting: dict[str, int]
    digest: LastDigest | None

    @property
    def found(self) -> int:
        """How much is unusual, decided or not."""
        return sum(one.found for one in self.checks)

    @property
    def open(self) -> int:
        """How much waits for a decision, unusual or not."""
        return sum(self.waiting.values())


def gather(session: Session, wave: Wave, release: Release | None) -> Account:
    """What there is to tell of a wave, its counts those of a release if one is given."""
    people = sample(session, wave, release)
    figure, whole = account_figures.both(session, wave, release) if release else (None, None)
    left_out, received = account_way.left_out(session, wave, people, release)
    roles: dict[str, str] = dict(session.execute(select(StaffAccount.name, StaffAccount.role)).all())
    last = digests.newest(session, wave.code)
    checks, decided, waiting = account_checks.gather(session, wave, people, roles, release)
    return Account(
        made=dates.today(),
        shown=_shown(release),
        withdrawn=withdrawn(session, wave.code),
        received=received,
        counted=len(people),
        left_out=left_out,
        modes={str(mode): count for mode, count in people.mode.counts().items()},
        drawing=account_way.drawing(session, wave),
        paper=account_way.paper(session, wave),
        answered=account_way.answered(session, wave, people),
        assigned=bool(session.scalar(select(func.count()).where(Assignment.wave == wave.code))),
        aside=account_lots.aside(session, wave, release, roles),
        aside_since=releases.aside_since(session, release) if release else 0,
        figure=figure,
        whole=whole,
        checks=checks,
        decided=decided,
        waiting=waiting,
        digest=None if last is None else LastDigest(last.number, last.day, last.digest),
    )


def _shown(release: Release | None) -> Shown | None:
    if release is None or release.approved is None:
        return None
    by_operator = not {"checked", "approved"}.isdisjoint(release.by_operator or ())
    return Shown(release.number, release.frozen, release.approved, release.correction or "", by_operator)


def withdrawn(session: Session, wave: str) -> Withdrawn | None:
    """The release that was taken back, with the reason that stands now."""
    release = releases.newest_public(session, wave).withdrawn
    if release is None or release.withdrawn is None:
        return None
    return Withdrawn(release.number, release.withdrawn, release.withdrawal or "")
