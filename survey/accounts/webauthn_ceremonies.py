"""What a browser is asked when a device makes a passkey or signs with one, and the check of what it answers.

The work is the library's, which takes 6 MB and is read when a passkey is first used: so pages import this module.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import bytes_to_base64url, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

# The library means to raise its own alone, but takes what a device says at its word while it reads.
MALFORMED = (WebAuthnException, LookupError, RecursionError, TypeError, ValueError)
NAME = "Hài Lòng"
UNLOCKED = UserVerificationRequirement.REQUIRED

decoded, encoded = base64url_to_bytes, bytes_to_base64url


@dataclass(frozen=True)
class Site:
    """Whom a passkey is for: the name that devices bind it to, and where browsers say that they are."""

    name: str
    origin: str


def to_add(site: Site, account: str, handle: bytes, challenge: bytes, known: Sequence[str]) -> str:
    """What lets a device make a passkey, as JSON; `handle` stands for the account, `known` are its passkeys."""
    return options_to_json(
        generate_registration_options(
            rp_id=site.name,
            rp_name=NAME,
            user_name=account,
            user_id=handle,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UNLOCKED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(decoded(id)) for id in known],
        )
    )


def added(site: Site, challenge: bytes, answer: str) -> VerifiedRegistration | None:
    """The passkey that a device made for this challenge; None if the answer is wrong."""
    try:
        return verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.name,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except MALFORMED:
        return None


def to_sign(site: Site, challenge: bytes) -> str:
    """What lets a device sign with any passkey that it has for the site, as JSON."""
    return options_to_json(
        generate_authentication_options(rp_id=site.name, challenge=challenge, user_verification=UNLOCKED)
    )


def signed(
    site: Site, challenge: bytes, answer: str, public_key: bytes, count: int
) -> VerifiedAuthentication | None:
    """What a device signed with the passkey of this key, which has signed `count` times; None if it is wrong."""
    try:
        return verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.name,
            expected_origin=site.origin,
            credential_public_key=public_key,
            credential_current_sign_count=count,
            require_user_verification=True,
        )
    except MALFORMED:
        return None


def id_of(answer: str) -> str | None:
    """The passkey that an answer names, before it is checked."""
    try:
        return encoded(parse_authentication_credential_json(answer).raw_id)
    except MALFORMED:
        return None
