"""The tables, and which of them are append-only."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from survey.storage.encrypted_columns import Document, Sealed, SealedDocument, SealedFile, SealedNumber


class Base(DeclarativeBase):
    """Names of constraints follow one pattern, so that a migration can name what it changes."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )


class WaveKind(StrEnum):
    """`sample`: people drawn by a design. `open`: whoever came."""

    SAMPLE = "sample"
    OPEN = "open"


class Mode(StrEnum):
    """The way in which a person answered."""

    PHONE = "phone"
    KIOSK = "kiosk"
    PAPER = "paper"
    INTERVIEWER = "interviewer"


class Role(StrEnum):
    """What an account or a token may do; `accounts.RIGHTS` says it in full."""

    ADMIN = "admin"
    HOME_AFFAIRS = "home_affairs"
    COMMUNE = "commune"
    SUPERVISOR = "supervisor"
    KEYER = "keyer"
    INTERVIEWER = "interviewer"
    AUDITOR = "auditor"


def _values(kind: type[StrEnum]) -> Enum:
    # Stored as text: a new member then needs no change of a database type.
    return Enum(kind, native_enum=False, length=20, values_callable=lambda members: [m.value for m in members])


class Unit(Base):
    """A commune (xã, phường, đặc khu), the province above them, later departments and service centres."""

    __tablename__ = "unit"
    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(40))
    parent: Mapped[str | None] = mapped_column(ForeignKey("unit.code"))
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    replaces: Mapped[str | None] = mapped_column(String(400))  # codes, separated by ;


class PublishedQuestionnaire(Base):
    """A version of a questionnaire, for good: its digest is its name in every response. Append-only."""

    __tablename__ = "questionnaire"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    version: Mapped[int]
    document: Mapped[dict[str, Any]] = mapped_column(Document)
    published: Mapped[date]
    __table_args__ = (UniqueConstraint("code", "version"),)


class PublishedCrosswalk(Base):
    """Which items of a later questionnaire are which of an earlier one; the newest between two versions holds.
    Append-only."""

    __tablename__ = "crosswalk"
    id: Mapped[int] = mapped_column(primary_key=True)
    old: Mapped[str] = mapped_column(ForeignKey("questionnaire.digest"))
    new: Mapped[str] = mapped_column(ForeignKey("questionnaire.digest"))
    document: Mapped[dict[str, Any]] = mapped_column(Document)
    published: Mapped[date]


class Wave(Base):
    """One round on one questionnaire version."""

    __tablename__ = "wave"
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    questionnaire: Mapped[str] = mapped_column(ForeignKey("questionnaire.digest"))
    kind: Mapped[WaveKind] = mapped_column(_values(WaveKind))
    public: Mapped[bool] = mapped_column(default=False)
    opens: Mapped[date]
    closes: Mapped[date]
    single_psu: Mapped[str] = mapped_column(String(20), default="centered")
    villages: Mapped[str] = mapped_column(String(10), default="new")  # kept | new, since the wave before
    simulated: Mapped[bool] = mapped_column(default=False)  # made-up data: every page and report says so
    weights: Mapped[int | None]  # the current weight version; none: everybody counts once
    draw: Mapped[int | None]  # the draw that holds; none: every village of the wave is in its sample
    closed: Mapped[date | None]  # the day on which the fieldwork was closed, all forms accounted for
    purged: Mapped[date | None]  # the last day on which its secrets were destroyed (`survey/operations/purge.py`)


class Village(Base):
    """A primary sampling unit of a wave: it belongs to one commune and one stratum."""

    __tablename__ = "village"
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"), primary_key=True)
    psu: Mapped[str] = mapped_column(String(60), primary_key=True)
    unit: Mapped[str] = mapped_column(ForeignKey("unit.code"))
    stratum: Mapped[str] = mapped_column(String(60))
    name: Mapped[str | None] = mapped_column(String(200))
    households: Mapped[int | None]
    adults: Mapped[int | None]


class Response(Base):
    """One person's answers. Append-only.

    `id` is made where the form is filled in, at random, and is the order on disk
    (`survey/responses/arrival.py`), so neither the order nor the time of arrival is kept.
    The stratum follows from the village.
    """

    __tablename__ = "response"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    unit: Mapped[str] = mapped_column(ForeignKey("unit.code"))
    psu: Mapped[str | None] = mapped_column(String(60))
    mode: Mapped[Mode] = mapped_column(_values(Mode))
    day: Mapped[date]
    questionnaire: Mapped[str] = mapped_column(ForeignKey("questionnaire.digest"))
    answers: Mapped[dict[str, Any]] = mapped_column(Document)
    marks: Mapped[list[str]] = mapped_column(Document, default=list)
    adults: Mapped[int | None]  # in the household, of whom this person was chosen; enters the weight
    __table_args__ = (
        ForeignKeyConstraint(["wave", "psu"], ["village.wave", "village.psu"], name="fk_response_village"),
        Index("ix_response_wave", "wave"),
        {"sqlite_with_rowid": False},
    )


class ResponseText(Base):
    """What a person wrote in words, apart from the rest because it may name somebody, and sealed. Append-only.

    `survey.storage.encrypted_texts` seals and opens.
    """

    __tablename__ = "response_text"
    response: Mapped[UUID] = mapped_column(ForeignKey("response.id"), primary_key=True)
    texts: Mapped[dict[str, str]] = mapped_column(Document)
    __table_args__ = ({"sqlite_with_rowid": False},)


class TextKey(Base):
    """The key of a wave's texts, wrapped by the master key; empty once it is destroyed."""

    __tablename__ = "text_key"
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"), primary_key=True)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)


class WeightVersion(Base):
    """A set of weights of a wave, with where it came from. Append-only; `wave.weights` names the current one."""

    __tablename__ = "weight_version"
    id: Mapped[int] = mapped_column(primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    version: Mapped[int]
    made: Mapped[date]
    source: Mapped[str] = mapped_column(String(200))
    report: Mapped[dict[str, Any] | None] = mapped_column(Document)  # how they were computed, and what came of it
    __table_args__ = (UniqueConstraint("wave", "version"),)


class Weight(Base):
    """How many people of the population one response stands for. Append-only."""

    __tablename__ = "weight"
    version: Mapped[int] = mapped_column(ForeignKey("weight_version.id"), primary_key=True)
    response: Mapped[UUID] = mapped_column(ForeignKey("response.id"), primary_key=True)
    weight: Mapped[float]
    __table_args__ = ({"sqlite_with_rowid": False},)


class Account(Base):
    """A member of staff who signs in. The password is kept as an Argon2id hash."""

    __tablename__ = "account"
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    role: Mapped[Role] = mapped_column(_values(Role))
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
    role: Mapped[Role] = mapped_column(_values(Role), primary_key=True)


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
    role: Mapped[Role] = mapped_column(_values(Role))
    unit: Mapped[str | None] = mapped_column(String(20))
    scope: Mapped[list[str]] = mapped_column(Document)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    owner: Mapped[str | None] = mapped_column(String(80))
    until: Mapped[date]
    used: Mapped[date | None]


class Device(Base):
    """A browser that may send what it sealed, until it is revoked: a kiosk or an interviewer's tablet.

    A kiosk opened a one-use link, which binds it to a wave, a unit and a place. A tablet was bound by an
    interviewer who signed in on it; it sends for any village, and wave and unit only say where that was. The link
    and the token are kept as digests. `key` names the key to which it began to seal.

    owner    the account that bound the tablet or made the link of the kiosk, and whose switching off revokes it;
             none where that was done on the server
    follows  the number of the revoked device that this browser was before: what it sealed by the day of the new
             binding is held
    """

    __tablename__ = "device"
    id: Mapped[int] = mapped_column(primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    unit: Mapped[str] = mapped_column(ForeignKey("unit.code"))
    place: Mapped[str] = mapped_column(String(200))
    mode: Mapped[Mode] = mapped_column(_values(Mode), default=Mode.KIOSK, server_default=Mode.KIOSK)
    link: Mapped[str] = mapped_column(String(64), unique=True)
    token: Mapped[str | None] = mapped_column(String(64), unique=True)
    leave_salt: Mapped[str] = mapped_column(String(32))
    leave_digest: Mapped[str] = mapped_column(String(64))
    key: Mapped[str | None] = mapped_column(String(32))
    made: Mapped[date]
    bound: Mapped[date | None]
    heard: Mapped[date | None]  # the last day on which it sent something
    revoked: Mapped[date | None]
    owner: Mapped[str | None] = mapped_column(String(80))
    follows: Mapped[int | None]


class QuarantinedResponse(Base):
    """What a device sealed and could not be counted as it is: kept, still sealed, until staff look. Append-only.

    Known by the SHA-256 of the sealed bytes, so that what is sent again is kept once. What stands around the
    seal is kept as the device said it; `reason` is one of `sealing.REASONS`.
    """

    __tablename__ = "quarantined_response"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    device: Mapped[int] = mapped_column(ForeignKey("device.id"))
    reason: Mapped[str] = mapped_column(String(20))
    id: Mapped[UUID]
    wave: Mapped[str] = mapped_column(String(40))
    unit: Mapped[str] = mapped_column(String(20))
    psu: Mapped[str | None] = mapped_column(String(60))
    mode: Mapped[Mode] = mapped_column(_values(Mode))
    day: Mapped[str] = mapped_column(String(10))
    key: Mapped[str] = mapped_column(String(32))
    sealed: Mapped[str] = mapped_column(Text)
    __table_args__ = ({"sqlite_with_rowid": False},)


class Verdict(StrEnum):
    """What people decided of a response that was held."""

    ACCEPTED = "accepted"
    DECLINED = "declined"


class QuarantineDecision(Base):
    """A decision on a held response; the newest one holds, and none follows an acceptance. Append-only."""

    __tablename__ = "quarantine_decision"
    id: Mapped[int] = mapped_column(primary_key=True)
    quarantined: Mapped[str] = mapped_column(ForeignKey("quarantined_response.digest"))
    verdict: Mapped[Verdict] = mapped_column(_values(Verdict))
    reason: Mapped[str] = mapped_column(String(400))
    person: Mapped[str] = mapped_column(String(80))
    day: Mapped[date]
    __table_args__ = (Index("ix_quarantine_decision_quarantined", "quarantined"),)


class Invitation(Base):
    """A code that lets one person of a sampled village answer, known by its keyed digest alone.

    Nothing leads from it to a response: not even the day is kept. The response has the village, the code is
    `used`.
    """

    __tablename__ = "invitation"
    digest: Mapped[str] = mapped_column(String(32), primary_key=True)
    wave: Mapped[str] = mapped_column(String(40))
    psu: Mapped[str] = mapped_column(String(60))
    used: Mapped[bool] = mapped_column(default=False)
    __table_args__ = (
        ForeignKeyConstraint(["wave", "psu"], ["village.wave", "village.psu"], name="fk_invitation_village"),
        Index("ix_invitation_village", "wave", "psu"),
        {"sqlite_with_rowid": False},
    )


class Draw(Base):
    """A sample drawn from the frame of a wave, which frame, plan and seed give again to the row. Append-only.

    A later draw is a further one; `wave.draw` names the one that holds.
    """

    __tablename__ = "draw"
    id: Mapped[int] = mapped_column(primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    number: Mapped[int]
    made: Mapped[date]
    seed: Mapped[str] = mapped_column(String(40))
    frame: Mapped[str] = mapped_column(String(64))  # SHA-256 of the villages drawn from
    plan: Mapped[dict[str, Any]] = mapped_column(Document)
    __table_args__ = (UniqueConstraint("wave", "number"),)


class DrawnVillage(Base):
    """A village that a draw took. Append-only."""

    __tablename__ = "drawn_village"
    draw: Mapped[int] = mapped_column(ForeignKey("draw.id"), primary_key=True)
    psu: Mapped[str] = mapped_column(String(60), primary_key=True)
    stratum: Mapped[str] = mapped_column(String(130))  # within which it was drawn: the stratum of its estimates
    probability: Mapped[float]


class DrawnHousehold(Base):
    """A household that a draw took, by its number in the list of its village. Append-only.

    Nothing joins it to a sheet or a response: the list and the answers are two stores.
    """

    __tablename__ = "drawn_household"
    draw: Mapped[int] = mapped_column(ForeignKey("draw.id"), primary_key=True)
    psu: Mapped[str] = mapped_column(String(60), primary_key=True)
    household: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int]  # 1, 2 … : replacements are used in this order
    replacement: Mapped[bool]
    probability: Mapped[float]  # of the household, over both stages
    weight: Mapped[float]  # households that it stands for


class Visit(Base):
    """What became of a drawn household: one of `fieldwork.OUTCOMES`. It says nothing of what was answered."""

    __tablename__ = "visit"
    draw: Mapped[int] = mapped_column(ForeignKey("draw.id"), primary_key=True)
    psu: Mapped[str] = mapped_column(String(60), primary_key=True)
    household: Mapped[int] = mapped_column(primary_key=True)
    outcome: Mapped[str] = mapped_column(String(20))


class SheetState(StrEnum):
    """Where a paper form is. `out`: not back; `waiting`: back, to be entered; `void`: back or known to be lost to
    the survey, with the reason; `entered`: its response is stored."""

    OUT = "out"
    WAITING = "waiting"
    VOID = "void"
    ENTERED = "entered"


class Batch(Base):
    """A packet of paper forms that goes to one village. Printed is issued."""

    __tablename__ = "batch"
    code: Mapped[str] = mapped_column(String(60), primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    psu: Mapped[str] = mapped_column(String(60))
    printed: Mapped[date]
    interviewer: Mapped[str | None] = mapped_column(String(80))  # to whom it was handed over
    handed_over: Mapped[date | None]
    returned: Mapped[date | None]
    counted: Mapped[int | None]  # forms in the packet when it came back, filled in or not
    __table_args__ = (
        ForeignKeyConstraint(["wave", "psu"], ["village.wave", "village.psu"], name="fk_batch_village"),
        Index("ix_batch_wave", "wave"),
    )


class Sheet(Base):
    """One paper form. It belongs to a batch, not to a household."""

    __tablename__ = "sheet"
    serial: Mapped[str] = mapped_column(String(12), primary_key=True)
    batch: Mapped[str] = mapped_column(ForeignKey("batch.code"))
    place: Mapped[int]  # 1, 2 … in its batch
    state: Mapped[SheetState] = mapped_column(_values(SheetState), default=SheetState.OUT)
    reason: Mapped[str | None] = mapped_column(String(200))  # why it is void, or why it is missing at the closing
    double: Mapped[bool] = mapped_column(default=False)  # chosen for blind second keying
    reinterview: Mapped[bool] = mapped_column(default=False)  # chosen for phúc tra
    replaced: Mapped[str | None] = mapped_column(String(20))  # why a replacement was asked instead
    adults: Mapped[int | None]  # in the household, as noted on the sheet
    response: Mapped[UUID | None] = mapped_column(ForeignKey("response.id"))
    __table_args__ = (Index("ix_sheet_batch", "batch"), Index("ix_sheet_response", "response"))


class OpenKeying(Base):
    """A form that somebody is keying, or has keyed while its response waits for the other turn.

    `typed` is kept after every field, sealed. Free texts stand here alone until the response is stored, then the
    row goes.
    """

    __tablename__ = "open_keying"
    sheet: Mapped[str] = mapped_column(ForeignKey("sheet.serial"), primary_key=True)
    turn: Mapped[int] = mapped_column(primary_key=True)  # 1 first, 2 second and blind, 3 who settles the two
    keyer: Mapped[str] = mapped_column(String(80))
    typed: Mapped[dict[str, str]] = mapped_column(SealedDocument("open_keying.typed"))
    at: Mapped[str | None] = mapped_column(String(60))  # the item where the keyer stands
    finished: Mapped[bool] = mapped_column(default=False)


class Keying(Base):
    """What was keyed of a form in one turn, without its free texts. Append-only."""

    __tablename__ = "keying"
    id: Mapped[int] = mapped_column(primary_key=True)
    sheet: Mapped[str] = mapped_column(ForeignKey("sheet.serial"))
    turn: Mapped[int]
    keyer: Mapped[str] = mapped_column(String(80))
    source: Mapped[str] = mapped_column(String(10))  # person | scan
    typed: Mapped[dict[str, str]] = mapped_column(Document)
    day: Mapped[date]
    __table_args__ = (UniqueConstraint("sheet", "turn"),)


class Scan(Base):
    """A scanned page of a form, until its doubtful marks are settled; then it goes.

    What was read and the picture of what wasn't clear are sealed: there is handwriting on it. The picture is
    fetched only by who looks at it.
    """

    __tablename__ = "scan"
    sheet: Mapped[str] = mapped_column(ForeignKey("sheet.serial"), primary_key=True)
    page: Mapped[int] = mapped_column(primary_key=True)
    marks: Mapped[dict[str, Any]] = mapped_column(SealedDocument("scan.marks"))
    picture: Mapped[bytes | None] = mapped_column(SealedFile("scan.picture"), deferred=True)


class ReviewState(StrEnum):
    """What people decided of a response. A rejected one stays, out of the estimates."""

    NEW = "new"
    APPROVED = "approved"
    ON_HOLD = "on_hold"
    REJECTED = "rejected"


class Review(Base):
    """A decision on a response; the newest one holds. Append-only."""

    __tablename__ = "review"
    id: Mapped[int] = mapped_column(primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    response: Mapped[UUID] = mapped_column(ForeignKey("response.id"))
    state: Mapped[ReviewState] = mapped_column(_values(ReviewState))
    reason: Mapped[str] = mapped_column(String(400))
    person: Mapped[str] = mapped_column(String(80))
    day: Mapped[date]
    __table_args__ = (Index("ix_review_response", "response"), Index("ix_review_wave", "wave"))


class Reinterview(Base):
    """A form chosen for phúc tra: the one link from a form to a household, and what was answered the second time.

    `household` and `answers` are sealed, and emptied when the agreement is computed, at the closing of the wave at
    the latest. No sensitive item is asked again.
    """

    __tablename__ = "reinterview"
    sheet: Mapped[str] = mapped_column(ForeignKey("sheet.serial"), primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    household: Mapped[int | None] = mapped_column("link", SealedNumber("reinterview.link"))
    answers: Mapped[dict[str, Any] | None] = mapped_column(SealedDocument("reinterview.answers"))
    person: Mapped[str | None] = mapped_column(String(80))
    day: Mapped[date | None]


class Agreement(Base):
    """How far the answers of phúc tra agree with the first ones: figures alone. Append-only."""

    __tablename__ = "agreement"
    id: Mapped[int] = mapped_column(primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    made: Mapped[date]
    figures: Mapped[dict[str, Any]] = mapped_column(Document)


class ServiceCount(Base):
    """Transactions of a service at a unit in a week, from the one-stop system: the population of an open wave."""

    __tablename__ = "service_count"
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"), primary_key=True)
    unit: Mapped[str] = mapped_column(ForeignKey("unit.code"), primary_key=True)
    service: Mapped[str] = mapped_column(String(60), primary_key=True)
    week: Mapped[date] = mapped_column(primary_key=True)  # its Monday
    count: Mapped[int]


class Release(Base):
    """A wave's data as they were frozen on a day, so that what is shown of them can't move any more.

    It goes through hands: frozen, checked, approved, each by name and day. Only an approved one is seen by
    communes, programs and open files; the newest of these is the one shown.
    """

    __tablename__ = "release"
    id: Mapped[int] = mapped_column(primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    number: Mapped[int]
    responses: Mapped[bytes] = mapped_column(LargeBinary)  # the ids, 16 bytes each, in their order
    rejected: Mapped[int]  # responses that a review had taken out by then
    data: Mapped[str] = mapped_column(String(64))  # `Sample.version` of these responses
    weights: Mapped[int | None] = mapped_column(ForeignKey("weight_version.id"))
    draw: Mapped[int | None] = mapped_column(ForeignKey("draw.id"))
    # Ids of the codings and paraphrases that held, the themes, and how many remarks nobody had read
    remarks: Mapped[dict[str, Any] | None] = mapped_column(Document)
    frozen: Mapped[date]
    frozen_by: Mapped[str] = mapped_column(String(80))
    checked: Mapped[date | None]
    checked_by: Mapped[str | None] = mapped_column(String(80))
    approved: Mapped[date | None]
    approved_by: Mapped[str | None] = mapped_column(String(80))
    correction: Mapped[str | None] = mapped_column(String(500))  # why few forms changed; declared by `frozen_by`
    __table_args__ = (UniqueConstraint("wave", "number"),)


class IssuedReport(Base):
    """A report as it went out, byte for byte. Append-only: a correction is a new one that names the old."""

    __tablename__ = "issued_report"
    id: Mapped[int] = mapped_column(primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    release: Mapped[int] = mapped_column(ForeignKey("release.id"))
    number: Mapped[str] = mapped_column(String(60))  # Số: 123/BC-SNV
    day: Mapped[date]
    issued_by: Mapped[str] = mapped_column(String(80))
    replaces: Mapped[int | None] = mapped_column(ForeignKey("issued_report.id"))
    word: Mapped[bytes] = mapped_column(LargeBinary)
    pdf: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = (UniqueConstraint("wave", "number"),)


class Target(Base):
    """What a figure of a wave is to reach by a decision, and the office and head who answer for it."""

    __tablename__ = "target"
    id: Mapped[int] = mapped_column(primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    measure: Mapped[str] = mapped_column(String(80))  # as `hailong results --item` takes it: index, C5=1
    unit: Mapped[str] = mapped_column(ForeignKey("unit.code"))  # a commune, or the province
    value: Mapped[float]  # a fraction
    at_most: Mapped[bool] = mapped_column(default=False)  # not to be exceeded, where else it is to be reached
    office: Mapped[str] = mapped_column(String(200))
    head: Mapped[str] = mapped_column(String(120))
    decision: Mapped[str] = mapped_column(String(200))  # the document that decided it
    day: Mapped[date | None]  # when the value was set or changed; of older ones nobody knows
    __table_args__ = (UniqueConstraint("wave", "measure", "unit"),)


class Theme(Base):
    """What remarks of a wave can be about. Once something names one, it is closed, never removed."""

    __tablename__ = "theme"
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"), primary_key=True)
    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    place: Mapped[int]  # 1, 2 … in the list; the key that ticks it
    vi: Mapped[str] = mapped_column(String(80))
    en: Mapped[str] = mapped_column(String(80))
    closed: Mapped[bool] = mapped_column(default=False)


class Coding(Base):
    """The themes that somebody found in what a person wrote; the newest of the first turn holds. Append-only."""

    __tablename__ = "coding"
    id: Mapped[int] = mapped_column(primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    response: Mapped[UUID] = mapped_column(ForeignKey("response.id"))
    turn: Mapped[int]  # 1 counts; 2 is another person's, blind, to see how far two agree
    themes: Mapped[list[str]] = mapped_column(Document)  # codes, in the order of the list
    person: Mapped[str] = mapped_column(String(80))
    day: Mapped[date]
    __table_args__ = (Index("ix_coding_response", "response"), Index("ix_coding_wave", "wave"))


class Paraphrase(Base):
    """A short sentence that says what people of a unit wrote about a theme, and names nobody.

    Nothing leads from it to a response. Withdrawn, its words are emptied for good; a correction is a new one.
    """

    __tablename__ = "paraphrase"
    id: Mapped[int] = mapped_column(primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    unit: Mapped[str] = mapped_column(ForeignKey("unit.code"))
    theme: Mapped[str] = mapped_column(String(20))
    words: Mapped[str] = mapped_column(String(300))
    person: Mapped[str] = mapped_column(String(80))
    day: Mapped[date]
    __table_args__ = (
        ForeignKeyConstraint(["wave", "theme"], ["theme.wave", "theme.code"], name="fk_paraphrase_theme"),
        Index("ix_paraphrase_wave", "wave"),
    )


class AuditEntry(Base):
    """Who of the staff did what to what, and when; each entry's digest covers the one before. Append-only."""

    __tablename__ = "audit_entry"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(40))  # ISO 8601, in Việt Nam
    who: Mapped[str] = mapped_column(String(80))
    what: Mapped[str] = mapped_column(String(80))  # an English sentence of the catalogue
    subject: Mapped[str] = mapped_column(String(300))
    changes_figures: Mapped[bool]  # or their names: figures made before it are stale
    digest: Mapped[str] = mapped_column(String(64))


APPEND_ONLY = (
    "questionnaire",
    "crosswalk",
    "response",
    "response_text",
    "weight_version",
    "weight",
    "quarantined_response",
    "quarantine_decision",
    "draw",
    "drawn_village",
    "drawn_household",
    "keying",
    "review",
    "agreement",
    "issued_report",
    "coding",
    "audit_entry",
)

# What is sealed under the master key itself, and not by a wave's own key.
SEALED = tuple(
    column for table in Base.metadata.sorted_tables for column in table.columns if isinstance(column.type, Sealed)
)
