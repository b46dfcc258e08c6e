"""OpenID Connect towards the provider of single sign-on: authorization code with PKCE, what an ID token proves.

After OpenID Connect Core 1.0 (§ 3.1), Discovery 1.0 and RP-Initiated Logout 1.0, RFC 7636 (PKCE), RFC 9207 (`iss`
in the answer) and RFC 9700. What it stands on is slow to load: the pages load it when somebody signs in that way.
"""

from __future__ import annotations

import hmac
import ipaddress
import math
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypedDict
from urllib.parse import urlsplit

import requests
from authlib.integrations.base_client import BaseApp, OAuth2Mixin, OAuthError, OpenIDMixin
from authlib.integrations.requests_client import OAuth2Session
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError

from survey.accounts import identities
from survey.system.settings import SingleSignOn
from translations import Denied, Refusal, language

# Signatures by a key that the provider alone has: never `none`, never one by the secret that both know (HS256).
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
SKEW = 60  # seconds by which the clocks may differ
TIMEOUT = 5  # seconds for each answer of the provider
KEPT = 3_600  # seconds for which what it says of itself is believed
RESTS = 10  # seconds for which one that did not answer is not asked again
SCOPES = {"email": "openid email", "sub": "openid"}  # by claim; `profile` has all others


class Away(Refusal):
    """The provider does not answer, or not as OpenID Connect asks."""

    status = 503


class PendingSignIn(TypedDict):
    """What is remembered of a request until the answer comes: kept in the browser that made it, signed.

    at  when it was made, in seconds since 1970
    """

    state: str
    nonce: str
    verifier: str
    at: int


@dataclass(frozen=True)
class Proof:
    """Who signed in at the provider, and how.

    at       when, in seconds since 1970; 0 where it doesn't say
    methods  `amr` and `acr`: how the person signed in there
    claims   all that the ID token says
    """

    subject: str
    at: int
    methods: frozenset[str]
    claims: Mapping[str, Any] = field(repr=False)
    access: Mapping[str, Any] = field(repr=False)


class Client(OAuth2Mixin, OpenIDMixin, BaseApp):  # type: ignore[misc]
    """Authlib's client, over requests."""

    client_cls = OAuth2Session


class Provider:
    """The provider as it is configured, with what it says of itself, read when it is first needed.

    back  the address of ours to which it sends people back
    """

    def __init__(self, configured: SingleSignOn, back: str) -> None:
        self.configured, self.back = configured, back
        self._lock = threading.Lock()
        self._client: Client | None = None
        self._read_at = self._away_until = -math.inf

    def begin(self, *, again: bool = False) -> tuple[str, PendingSignIn]:
        """Where to send the browser; `again`: the person gives the password there once more, signed in or not."""
        more = {"prompt": "login", "max_age": "0"} if again else {}
        asked = self.client().create_authorization_url(self.back, ui_locales=language(), **more)
        pending = PendingSignIn(
            state=asked["state"], nonce=asked["nonce"], verifier=asked["code_verifier"], at=int(time.time())
        )
        return str(asked["url"]), pending

    def end(self, afterwards: str) -> str | None:
        """Where a browser signs out there; None if the provider has no such page."""
        client = self.client()
        if not client.server_metadata.get("end_session_endpoint"):
            return None
        return str(client.create_logout_url(afterwards, client_id=self.configured.client)["url"])

    def prove(self, asked: PendingSignIn, answer: Mapping[str, str], *, again: bool = False) -> Proof:
        """Who signed in, by the answer with which the browser came back."""
        code = self._code(asked, answer)
        client = self.client()
        with _reached():
            access = client.fetch_access_token(
                self.back, code=code, code_verifier=asked["verifier"], allow_redirects=False
            )
        proof = self.read(access, asked["nonce"])
        if again and proof.at < asked["at"] - SKEW:
            raise Denied(
                "The provider of single sign-on did not ask for your password once more. Give your password here."
            )
        return proof

    def _code(self, asked: PendingSignIn, answer: Mapping[str, str]) -> str:
        """What is changed for a token; refused where the answer is not one to this question, or holds none."""
        if not hmac.compare_digest(answer.get("state", "").encode(), asked["state"].encode()):
            raise Denied("This answer belongs to another sign-in. Begin once more.")
        if answer.get("iss", self.configured.issuer) != self.configured.issuer:
            raise _not_valid()
        if not answer.get("code"):
            error = answer.get("error", "")
            raise Denied(
                "The provider of single sign-on did not sign you in (%(error)s). Try once more, or sign in with "
                "the password.",
                error=error if re.fullmatch("[a-z_]{1,40}", error) else "?",
            )
        return answer["code"]

    def read(self, access: Mapping[str, Any], nonce: str) -> Proof:
        """What the ID token of an answer says, once signature, issuer, audience, nonce and times are right."""
        expected = (("iss", self.configured.issuer), ("aud", self.configured.client))
        options = {name: {"essential": True, "value": value} for name, value in expected}
        try:
            claims = self.client().parse_id_token(access, nonce, claims_options=options, leeway=SKEW) or {}
            at = min(int(claims.get("auth_time") or 0), int(time.time()))
            subject = claims["sub"]
        except requests.RequestException as error:  # its keys can't be had
            raise _away() from error
        except ExpiredTokenError as error:
            raise _clocks() from error
        except InvalidClaimError as error:
            raise (_clocks() if error.claim in {"iat", "nbf"} else _not_valid()) from error
        except (JoseError, ValueError, TypeError, KeyError, OverflowError) as error:
            raise _not_valid() from error
        if not 0 < len(subject) <= identities.LONGEST or not subject.isprintable():
            raise _not_valid()
        methods = (*(claims.get("amr") or ()), claims.get("acr"))
        return Proof(subject, at, frozenset(one for one in methods if isinstance(one, str)), dict(claims), access)

    def value(self, proof: Proof) -> str | None:
        """What the provider calls the person, by the claim that administrators enter; from its page of the person
        where the ID token doesn't say it. An address that it has not verified counts for none."""
        name, claims, client = self.configured.claim, proof.claims, self.client()
        if name not in claims and client.server_metadata.get("userinfo_endpoint"):
            with _reached():
                claims = client.userinfo(token=dict(proof.access), allow_redirects=False)
            if claims.get("sub") != proof.subject:
                raise _not_valid()
        if name == "email" and claims.get("email_verified") is not True:
            return None
        value = claims.get(name)
        return value if isinstance(value, str) and value and value.isprintable() else None

    def vouches(self, proof: Proof) -> bool:
        """Whether the person gave a second factor there that is trusted here."""
        return bool(proof.methods & self.configured.vouches)

    def client(self) -> Client:
        """Authlib's client, with what the provider said of itself within the last hour. One that did not answer is
        left alone for a moment: those who wait for it don't take up the whole server."""
        with self._lock:
            now = time.monotonic()
            if self._client is not None and now - self._read_at < KEPT:
                return self._client
            if now < self._away_until:
                raise _away()
            try:
                self._client, self._read_at = self._load(), now
            except Refusal:
                self._away_until = time.monotonic() + RESTS
                raise
            return self._client

    def _load(self) -> Client:
        issuer = self.configured.issuer
        if not safe(issuer):
            raise _away()
        how = {
            "scope": SCOPES.get(self.configured.claim, "openid profile"),
            "code_challenge_method": "S256",
            "default_timeout": TIMEOUT,
        }
        client = Client(
            None,
            client_id=self.configured.client,
            client_secret=self._secret(),
            server_metadata_url=f"{issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs=how,
        )
        with _reached():
            known = client.load_server_metadata()
        addresses = [known.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
        if known.get("issuer") != issuer or not all(isinstance(one, str) and safe(one) for one in addresses):
            raise _away()
        known["id_token_signing_alg_values_supported"] = ALGORITHMS
        methods = known.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        basic = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
        how["token_endpoint_auth_method"] = basic if client.client_secret else "none"
        return client

    def _secret(self) -> str | None:
        if self.configured.secret is None:
            return None
        try:
            return self.configured.secret.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise Away(
                "Single sign-on is not set up completely. Sign in with the password, and tell the administrator: "
                "hailong doctor says what is missing."
            ) from error


@contextmanager
def _reached() -> Iterator[None]:
    """Whatever goes wrong while the provider is asked, told to a person."""
    try:
        yield
    except OAuthError as error:
        raise _not_valid() from error
    except (requests.RequestException, ValueError, TypeError) as error:
        raise _away() from error


def _away() -> Away:
    return Away(
        "The provider of single sign-on does not answer now, or not as it should. Sign in with the password, or "
        "try again in a minute; if it lasts, tell the administrator."
    )


def _not_valid() -> Denied:
    return Denied(
        "What the provider of single sign-on sent is not valid. Begin once more; if it comes again, sign in with "
        "the password and tell the administrator."
    )


def _clocks() -> Denied:
    return Denied(
        "By the clock of this server, what the provider of single sign-on sent is too old or not yet valid. Begin "
        "once more; if it comes again, tell the administrator that the clocks of the two differ."
    )


def safe(address: str) -> bool:
    """Whether what is sent to an address can be read by nobody on the way: by TLS, or within this machine."""
    parts = urlsplit(address)
    if parts.scheme == "https":
        return bool(parts.hostname)
    try:
        within = parts.hostname == "localhost" or ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        within = False
    return parts.scheme == "http" and within
