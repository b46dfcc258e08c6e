"""What an ID token must hold: tokens made with a key of ours, one thing wrong in each."""

from __future__ import annotations

import hmac
import json
import math
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from survey.accounts import openid
from survey.accounts.openid import Provider
from survey.system.settings import SingleSignOn
from translations import Denied

ISSUER, CLIENT, NONCE = "https://sso.tinh.gov.vn", "hai-long", "once"
CURVE = ECKey.generate_key("P-256", {"kid": "two"})
CONFIGURED = SingleSignOn(ISSUER, CLIENT, None, None, "email", frozenset({"mfa"}))


@cache
def rsa(_whose: str = "the provider's") -> RSAKey:
    """A key under the provider's name for it, made when a test first needs it."""
    return RSAKey.generate_key(2048, {"kid": "one"})


def claims(**changed: Any) -> dict[str, Any]:
    """Those of a good token; a claim that is None is left out."""
    now = int(time.time())
    good = {"iss": ISSUER, "sub": "lan", "aud": CLIENT, "exp": now + 60, "iat": now, "nonce": NONCE}
    return {name: value for name, value in (good | changed).items() if value is not None}


def signed(said: dict[str, Any], key: Any = None, alg: str = "RS256", **header: str) -> str:
    return jwt.encode({"alg": alg, "kid": "one", **header}, said, key or rsa(), algorithms=[alg])


def by_hand(alg: str, sign: Callable[[bytes], bytes]) -> str:
    """A token that the library would not make."""
    parts = [json.dumps(part).encode() for part in ({"alg": alg, "kid": "one"}, claims())]
    text = b".".join(map(urlsafe_b64encode, parts)).replace(b"=", b"")
    return (text + b"." + urlsafe_b64encode(sign(text)).replace(b"=", b"")).decode()


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    """A provider that has said of itself already what it says."""
    made = Provider(CONFIGURED, "https://hailong.tinh.gov.vn/dang-nhap/mot-lan/ve")
    monkeypatch.setattr(openid.OAuth2Session, "request", lambda _self, _how, address, **_more: Answer(address))
    return made


class Answer:
    """What the provider says at an address."""

    def __init__(self, address: str) -> None:
        self.address = address

    def raise_for_status(self) -> None:
        """It does."""

    def json(self) -> dict[str, Any]:
        said = {
            "issuer": ISSUER,
            **{name: f"{ISSUER}/{name}" for name in ("jwks_uri", "authorization_endpoint", "token_endpoint")},
        }
        return dict(KeySet([rsa(), CURVE]).as_dict(private=False)) if self.address.endswith("jwks_uri") else said


def test_a_good_token_says_who_it_is(provider: Provider) -> None:
    proof = provider.read({"id_token": signed(claims(amr=["pwd", "mfa"], auth_time=17))}, NONCE)
    assert (proof.subject, proof.at, proof.methods) == ("lan", 17, {"pwd", "mfa"})
    assert provider.vouches(proof)
    curve = signed(claims(aud=[CLIENT, "other"], azp=CLIENT, acr="mfa"), CURVE, "ES256", kid="two")
    assert provider.vouches(provider.read({"id_token": curve}, NONCE))


def test_clocks_may_differ_by_a_minute_and_no_more(provider: Provider) -> None:
    now = int(time.time())
    for good in ({"exp": now - 50}, {"iat": now + 50}, {"auth_time": now + 50}):
        proof = provider.read({"id_token": signed(claims(**good))}, NONCE)
        assert proof.at <= time.time()
    for wrong in ({"exp": now - 70}, {"iat": now + 80}, {"nbf": now + 80}):
        with pytest.raises(Denied, match="đồng hồ"):
            provider.read({"id_token": signed(claims(**wrong))}, NONCE)


WRONG: dict[str, Callable[[], str]] = {
    "another nonce": lambda: signed(claims(nonce="twice")),
    "no nonce": lambda: signed(claims(nonce=None)),
    "another audience": lambda: signed(claims(aud="another-platform", azp=CLIENT)),
    "two audiences, and for whom": lambda: signed(claims(aud=[CLIENT, "other"])),
    "another authorized party": lambda: signed(claims(azp="other")),
    "no audience": lambda: signed(claims(aud=None)),
    "another issuer": lambda: signed(claims(iss=f"{ISSUER}.example.org")),
    "no subject": lambda: signed(claims(sub=None)),
    "an empty subject": lambda: signed(claims(sub="")),
    "a list of subjects": lambda: signed(claims(sub=["lan"])),
    "a long subject": lambda: signed(claims(sub="x" * 256)),
    "a subject that can't be kept": lambda: signed(claims(sub="lan\0")),
    "no end": lambda: signed(claims(exp=None)),
    "an end in words": lambda: signed(claims(exp="tomorrow")),
    "a time in words": lambda: signed(claims(auth_time="now")),
    "a time that is none": lambda: signed(claims(auth_time=math.nan)),
    "another access token": lambda: signed(claims(at_hash="of-another-token")),
    "another key of the same name": lambda: signed(claims(), rsa("another's")),
    "a key that is not known": lambda: signed(claims(), kid="unknown"),
    "no signature": lambda: by_hand("none", lambda _text: b""),
    "signed by the secret of both": lambda: signed(claims(), OctKey.import_key("x" * 40), "HS256"),
    "signed by the public key": lambda: by_hand(
        "HS256", lambda text: hmac.digest(rsa().as_pem(private=False), text, "sha256")
    ),
    "a broken signature": lambda: signed(claims())[:-8] + "AAAAAAAA",
    "no token": lambda: "x",
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_token_with_one_thing_wrong_proves_nobody(provider: Provider, wrong: str) -> None:
    with pytest.raises(Denied, match="không đúng"):
        provider.read({"id_token": WRONG[wrong](), "access_token": "an access token"}, NONCE)


def test_only_an_address_that_the_provider_verified_counts(provider: Provider) -> None:
    address = {"email": "lan@tinh.gov.vn"}
    for verified, found in ((True, "lan@tinh.gov.vn"), (False, None), ("true", None), (None, None)):
        proof = provider.read({"id_token": signed(claims(**address, email_verified=verified))}, NONCE)
        assert provider.value(proof) == found


def test_a_provider_that_calls_itself_otherwise_is_not_the_one(provider: Provider) -> None:
    other = Provider(replace(CONFIGURED, issuer=f"{ISSUER}/"), provider.back)
    with pytest.raises(openid.Away):
        other.begin()


def test_each_request_is_another_and_asks_for_the_password_where_it_is_wanted(provider: Provider) -> None:
    (first, asked), (second, other) = provider.begin(), provider.begin(again=True)
    assert not {asked["state"], asked["nonce"], asked["verifier"]} & set(other.values())
    assert "code_challenge_method=S256" in first
    assert asked["verifier"] not in first
    assert "max_age" not in first
    assert "prompt=login&max_age=0" in second


@pytest.mark.parametrize(
    ("address", "is_safe"),
    [
        ("https://sso.tinh.gov.vn", True),
        ("http://127.0.0.1:8080", True),
        ("http://localhost", True),
        ("http://sso.tinh.gov.vn", False),
        ("http://127.0.0.1.example.org", False),
        ("ftp://localhost", False),
        ("https://", False),
        ("", False),
    ],
)
def test_nothing_is_sent_where_others_can_read_it(address: str, is_safe: bool) -> None:
    assert openid.safe(address) is is_safe
