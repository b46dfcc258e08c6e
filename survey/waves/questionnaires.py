"""Published versions of questionnaires."""

from __future__ import annotations

import hashlib
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms import Questionnaire, parse
from forms.document import canonical
from survey.storage.models import PublishedQuestionnaire
from translations import Conflict, NotFound, Refusal

_parsed: dict[str, Questionnaire] = {}  # by digest: a version never changes, so it is read once


def publish(session: Session, questionnaire: Questionnaire, today: date) -> bool:
    """Stores a version for good; False if the same one is there already. The same name with another content is
    refused: what was published stays as it is."""
    stored = session.scalars(
        select(PublishedQuestionnaire).where(
            PublishedQuestionnaire.code == questionnaire.code,
            PublishedQuestionnaire.version == questionnaire.version,
        )
    ).first()
    if stored is not None and stored.digest == questionnaire.digest:
        return False
    if stored is not None:
        raise Conflict(
            "%(name)s is published already with other content. Give the new text the next version number.",
            name=questionnaire.name,
        )
    session.add(
        PublishedQuestionnaire(
            digest=questionnaire.digest,
            code=questionnaire.code,
            version=questionnaire.version,
            document=questionnaire.document,
            published=today,
        )
    )
    session.flush()
    return True


def published(session: Session) -> list[Questionnaire]:
    """Every version, in the order of code and version."""
    rows = session.scalars(
        select(PublishedQuestionnaire.digest).order_by(PublishedQuestionnaire.code, PublishedQuestionnaire.version)
    )
    return [by_digest(session, digest) for digest in rows]


def find(session: Session, name: str) -> Questionnaire:
    """The version of a name like ho_gia_dinh@1."""
    for questionnaire in published(session):
        if questionnaire.name == name:
            return questionnaire
    raise NotFound("There is no published questionnaire %(name)s. See: hailong questionnaire list", name=name)


def by_digest(session: Session, digest: str) -> Questionnaire:
    """The version that a wave or a response names; refused where its document is another than was published."""
    if digest not in _parsed:
        stored = session.get(PublishedQuestionnaire, digest)
        if stored is None:
            raise NotFound("There is no questionnaire of this digest. See: hailong questionnaire list")
        if not is_as_published(stored):
            raise Refusal(
                "The document of %(name)s is not the one that was published: somebody changed it in the database. "
                "Nobody is asked by it until it is restored. See: hailong doctor",
                name=f"{stored.code}@{stored.version}",
            )
        _parsed[digest] = parse(stored.document)
    return _parsed[digest]


def is_as_published(stored: PublishedQuestionnaire) -> bool:
    """Whether the document is the one that was published: the key under which it lies is its digest."""
    return hashlib.sha256(canonical(stored.document).encode()).hexdigest() == stored.digest
