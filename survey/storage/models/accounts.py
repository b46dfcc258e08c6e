"""Accounts, and what they sign in with."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from survey.storage.encrypted_columns import Document
from survey.storage.models.base import Base, enum_column


class Role(StrEnum):
    """What an account or a token may do; `accounts.RIGHTS` says it in full."""

    ADMIN = "admin"
    HEAD = "head"
    HOME_AFFAIRS = "home_affairs"
    COMMUNE = "commune"
    OFFICE = "office"
    SUPERVISOR = "supervisor"
    KEYER = "keyer"
    INTERVIEWER = "interviewer"
    AUDITOR = "auditor"


class Account(Base):
    """A member of staff who signs in. The password is kept as an Argon2id hash."""

    __tablename__ = "account"
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    role: Mapped[Role] = mapped_column(enum_column(Role))
    unit: Mapped[str | None] = mapped_column(ForeignKey("unit.code"))
    password: Mapped[str] = mapped_column(String(200))
    off: Mapped[bool] = mapped_column(default=False, server_default=false())  # never deleted: its name stands


class PasswordLink(Base):
    """The link by which the person of an account chooses a password, once; kept as a digest.

    until  the last day on which it holds
    """

    __tablename__ = "password_link"
    account: Mapped[str] = mapped_column(ForeignKey("account.name"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    until: Mapped[date]


class FailedAttempt(Base):
    """How many wrong passwords and codes were given for an account on a day.

    account  empty for all names that no account has
    """

    __tablename__ = "failed_attempt"
    day: Mapped[date] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(80), primary_key=True)
    count: Mapped[int]


class SignIn(Base):
    """A sign-in of an account on one device. Times are seconds since 1970.

    seen              the last use, to ten minutes
    authenticated_at  when its owner last gave the password, here or to the provider of single sign-on
    vouched           whether that provider vouches for a second factor of its own
    half              whether the second factor is still to come; nothing is open before
    """

    __tablename__ = "sign_in"
    __table_args__ = (UniqueConstraint("account", "number"),)
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    account: Mapped[str] = mapped_column(ForeignKey("account.name"))
    number: Mapped[int]
    begun: Mapped[date]
    until: Mapped[int] = mapped_column(BigInteger)
    seen: Mapped[int] = mapped_column(BigInteger)
    authenticated_at: Mapped[int] = mapped_column(BigInteger)
    vouched: Mapped[bool] = mapped_column(default=False, server_default=false())
    half: Mapped[bool] = mapped_column(default=False, server_default=false())


class Identity(Base):
    """Who an account is at the provider of single sign-on.

    subject  the provider's own mark of the person, which never changes; empty until the first sign-in
    claim    where an administrator entered it beforehand, what the provider will call the person, and `value` the
             word for it: `email` and an address; both are emptied at the first sign-in
    """

    __tablename__ = "identity"
    __table_args__ = (
        UniqueConstraint("issuer", "subject", name="uq_identity_subject"),
        UniqueConstraint("issuer", "claim", "value", name="uq_identity_value"),
    )
    account: Mapped[str] = mapped_column(ForeignKey("account.name"), primary_key=True)
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str | None] = mapped_column(String(255))
    claim: Mapped[str | None] = mapped_column(String(80))
    value: Mapped[str | None] = mapped_column(String(255))


class SecondFactor(Base):
    """What an account signs in with besides its password: the sealed secret of a phone (none where there are
    passkeys alone), the step of its last code that was used, and the digests of the recovery codes that are
    left."""

    __tablename__ = "second_factor"
    account: Mapped[str] = mapped_column(ForeignKey("account.name"), primary_key=True)
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    step: Mapped[int] = mapped_column(BigInteger)
    codes: Mapped[list[str]] = mapped_column(Document)


class SecondFactorRole(Base):
    """A role whose accounts need a second factor, as the administrator says."""

    __tablename__ = "second_factor_role"
    role: Mapped[Role] = mapped_column(enum_column(Role), primary_key=True)


class Passkey(Base):
    """The public half of a key whose private half stays in a device of the account; it goes with the second
    factor.

    `id` is the credential's, in base64url; `answered` when the challenge was made that it answered last, in
    nanoseconds since 1970.
    """

    __tablename__ = "passkey"
    id: Mapped[str] = mapped_column(String(1400), primary_key=True)
    account: Mapped[str] = mapped_column(ForeignKey("second_factor.account", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    added: Mapped[date]
    answered: Mapped[int | None] = mapped_column(BigInteger)


class Token(Base):
    """An API token: shown once, kept as a digest.

    unit   the commune of which it reads, for the role of a commune
    scope  what of the API it opens, each one of `tokens.Scope`
    owner  the account that made it; none where it was made on the server
    until  the last day on which it holds
    used   the last day on which it was used
    """

    __tablename__ = "token"
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    role: Mapped[Role] = mapped_column(enum_column(Role))
    unit: Mapped[str | None] = mapped_column(String(20))
    scope: Mapped[list[str]] = mapped_column(Document)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    owner: Mapped[str | None] = mapped_column(String(80))
    until: Mapped[date]
    used: Mapped[date | None]
