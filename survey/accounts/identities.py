"""Which account somebody is who signed in at the provider of single sign-on: linked here, never made by it.

An account is linked by the provider's own mark of a person (`sub`), which it gives to nobody else. Either its
owner, signed in, links it; or an administrator enters beforehand what the provider calls the person, and the first
sign-in under that name links it. A name that was used once links nothing again: a provider may give it away.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.accounts import accounts, sign_ins
from survey.storage import audit
from survey.storage.models import Account, Identity
from translations import Conflict
from translations.formats import nfc

LONGEST = 255  # characters, as many as OpenID Connect allows a `sub`


def find(session: Session, name: str) -> Identity | None:
    """What is known of the account at a provider."""
    return session.get(Identity, name)


def has(session: Session, name: str) -> bool:
    """Whether the account is linked."""
    identity = find(session, name)
    return identity is not None and identity.subject is not None


def linked(session: Session, issuer: str, subject: str) -> Account | None:
    """The account that is linked with this person of the provider."""
    query = select(Account).join(Identity).where(Identity.issuer == issuer, Identity.subject == subject)
    return session.scalars(query).first()


def expected(session: Session, issuer: str, claim: str, value: str) -> Account | None:
    """The account for which an administrator entered what the provider calls this person."""
    query = select(Account).join(Identity).where(Identity.issuer == issuer, Identity.claim == claim)
    return session.scalars(query.where(Identity.value == nfc(value))).first()


def link(session: Session, name: str, issuer: str, subject: str) -> None:
    """Links the account with this person of the provider, in place of whoever it was linked with before."""
    other = linked(session, issuer, subject)
    if other is not None and other.name != name:
        raise Conflict("You are already linked with another account there. Ask the administrator which is yours.")
    _forget(session, name)
    session.add(Identity(account=name, issuer=issuer, subject=subject))
    session.flush()


def expect(session: Session, name: str, issuer: str, claim: str, value: str) -> None:
    """Enters what the provider will call the person; refused where the account is linked already."""
    account = accounts.find(session, name)
    identity = find(session, account.name)
    if identity is not None and identity.subject is not None:
        raise Conflict("The account %(name)s is linked already. Take the link away first.", name=account.name)
    other = expected(session, issuer, claim, value)
    if other is not None and other.name != account.name:
        raise Conflict("This is entered for the account %(name)s already.", name=other.name)
    _forget(session, account.name)
    audit.annotate(account=account.name, act="identity")
    session.add(Identity(account=account.name, issuer=issuer, claim=claim, value=value))
    session.flush()


def remove(session: Session, name: str) -> None:
    """Takes away what is known of the account at a provider, and ends its sign-ins."""
    account = accounts.find(session, name)
    audit.annotate(account=account.name, act="no-identity")
    if not _forget(session, account.name):
        raise Conflict("The account %(name)s is not linked.", name=account.name)
    sign_ins.end(session, account.name)


def unlink(session: Session, name: str) -> None:
    """Takes the own link away; the sign-ins stay."""
    _forget(session, name)


def _forget(session: Session, name: str) -> bool:
    identity = find(session, name)
    if identity is not None:
        session.delete(identity)
        session.flush()  # before the one that takes its place
    return identity is not None
