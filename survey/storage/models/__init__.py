"""The tables, a module for each room, and which of them are append-only."""

from __future__ import annotations

from survey.storage.encrypted_columns import EncryptedColumn
from survey.storage.models.accounts import (
    Account,
    FailedAttempt,
    Identity,
    Passkey,
    PasswordLink,
    Role,
    SecondFactor,
    SecondFactorRole,
    SignIn,
    Token,
)
from survey.storage.models.audit import AuditEntry
from survey.storage.models.base import Base
from survey.storage.models.fieldwork import (
    Agreement,
    Batch,
    Invitation,
    Keying,
    OpenKeying,
    Reinterview,
    Review,
    ReviewState,
    Scan,
    ServiceCount,
    Sheet,
    SheetState,
    Visit,
)
from survey.storage.models.remarks import Coding, Paraphrase, Theme
from survey.storage.models.responses import (
    Device,
    Mode,
    QuarantineDecision,
    QuarantinedResponse,
    Response,
    ResponseText,
    TextKey,
    Verdict,
)
from survey.storage.models.results import IssuedReport, Release, Target
from survey.storage.models.sampling import Draw, DrawnHousehold, DrawnVillage, Weight, WeightVersion
from survey.storage.models.waves import PublishedCrosswalk, PublishedQuestionnaire, Unit, Village, Wave, WaveKind

__all__ = [
    "APPEND_ONLY",
    "Account",
    "Agreement",
    "AuditEntry",
    "Base",
    "Batch",
    "Coding",
    "Device",
    "Draw",
    "DrawnHousehold",
    "DrawnVillage",
    "FailedAttempt",
    "Identity",
    "Invitation",
    "IssuedReport",
    "Keying",
    "Mode",
    "OpenKeying",
    "Paraphrase",
    "Passkey",
    "PasswordLink",
    "PublishedCrosswalk",
    "PublishedQuestionnaire",
    "QuarantineDecision",
    "QuarantinedResponse",
    "Reinterview",
    "Release",
    "Response",
    "ResponseText",
    "Review",
    "ReviewState",
    "Role",
    "ENCRYPTED",
    "Scan",
    "SecondFactor",
    "SecondFactorRole",
    "ServiceCount",
    "Sheet",
    "SheetState",
    "SignIn",
    "Target",
    "TextKey",
    "Theme",
    "Token",
    "Unit",
    "Verdict",
    "Village",
    "Visit",
    "Wave",
    "WaveKind",
    "Weight",
    "WeightVersion",
]

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

# What is encrypted under the master key itself, and not by a key of its wave.
ENCRYPTED = tuple(
    column
    for table in Base.metadata.sorted_tables
    for column in table.columns
    if isinstance(column.type, EncryptedColumn)
)
