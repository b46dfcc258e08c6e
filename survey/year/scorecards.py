"""Published versions of scorecard documents."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms import scorecard
from forms.scorecard import Scorecard
from survey.storage import audit
from survey.storage.models import PublishedScorecard
from translations import Conflict, NotFound

_parsed: dict[str, Scorecard] = {}  # by digest: a version never changes, so it is read once


def publish(session: Session, card: Scorecard, today: date) -> bool:
    """Stores a version for good; False if the same one is there already.

    The same name with another content is refused: what was published stays as it is.
    """
    stored = session.scalars(
        select(PublishedScorecard).where(
            PublishedScorecard.code == card.code, PublishedScorecard.version == card.version
        )
    ).first()
    if stored is not None and stored.digest == card.digest:
        return False
    if stored is not None:
        raise Conflict(
            "%(name)s is published already with other content. Give the new text the next version number.",
            name=card.name,
        )
    row = PublishedScorecard(
        digest=card.digest, code=card.code, version=card.version, document=card.document, published=today
    )
    session.add(row)
    session.flush()
    audit.annotate(scorecard=card.name)
    return True


def published(session: Session) -> list[Scorecard]:
    """Every version, in the order of code and version."""
    rows = select(PublishedScorecard.digest).order_by(PublishedScorecard.code, PublishedScorecard.version)
    return [by_digest(session, digest) for digest in session.scalars(rows)]


def newest(session: Session, code: str) -> Scorecard:
    """The newest version of a document."""
    rows = select(PublishedScorecard.digest).where(PublishedScorecard.code == code)
    digest = session.scalars(rows.order_by(PublishedScorecard.version.desc()).limit(1)).first()
    if digest is None:
        raise _unknown(code)
    return by_digest(session, digest)


def find(session: Session, name: str) -> Scorecard:
    """The version of a name like par_tinh@1."""
    for card in published(session):
        if card.name == name:
            return card
    raise _unknown(name)


def by_digest(session: Session, digest: str) -> Scorecard:
    """The version that a score names."""
    if digest not in _parsed:
        stored = session.get(PublishedScorecard, digest)
        if stored is None:
            raise _unknown(digest)
        _parsed[digest] = scorecard.parse(stored.document)
    return _parsed[digest]


def _unknown(name: str) -> NotFound:
    return NotFound("There is no published scorecard %(name)s. See: hailong scorecard list", name=name[:60])
