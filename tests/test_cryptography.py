"""Which algorithms the code takes, and that docs/gioi-han.md names each of them and no other."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from itsdangerous import TimestampSigner

from survey.operations.backups import keys
from survey.responses import sealed_responses
from survey.storage import master_key
from survey.system import settings

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("translations", "forms", "survey", "analysis")
TABLE = (ROOT / "docs" / "gioi-han.md").read_text(encoding="utf-8").partition("\n## Thuật toán và khóa")[2]
# What the code takes, and how the table calls it.
SAID = {
    "argon2.PasswordHasher": "Argon2id",
    "hashlib.sha256": "SHA-256",
    "hashlib.blake2b": "BLAKE2b",
    "hashlib.pbkdf2_hmac": "PBKDF2-HMAC-SHA-256",
    "aead.AESGCM": "AES-256-GCM",
    "aead.ChaCha20Poly1305": "ChaCha20-Poly1305",
    "KEM.P256": "P-256",
    "ec.SECP256R1": "P-256",
    "KDF.HKDF_SHA256": "HKDF-SHA-256",
    "AEAD.AES_128_GCM": "AES-128-GCM",
    "totp.TOTP": "RFC 6238",
    "hashes.SHA1": "HMAC-SHA-1",
    "hashlib.sha1": "SHA-1",
    "scrypt.Scrypt": "age (scrypt",
    "hkdf.HKDF": "HKDF-SHA-256",
    "hashes.SHA256": "SHA-256",
}
# Where one that is otherwise too weak stands, and may: the codes that telephones know, and the lists of stolen
# passwords, which name them so.
SHA1 = {
    ("hashes.SHA1", "survey/accounts/second_factors.py"),
    ("hashlib.sha1", "survey/accounts/passwords.py"),
}
CHOICES = {"hashlib", "KEM", "KDF", "AEAD", "ec"}
# Imported to choose of them, or no algorithm by itself.
NEUTRAL = {
    *("hpke.AEAD", "hpke.KDF", "hpke.KEM", "hpke.Suite", "asymmetric.ec", "primitives.serialization"),
    *(
        "ec.EllipticCurvePrivateKey",
        "ec.EllipticCurvePublicKey",
        "ec.generate_private_key",
        "hashlib.file_digest",
    ),
}


def taken() -> Iterator[tuple[str, str]]:
    """Each algorithm by its last module and name, with the file that takes it."""
    for path in (path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))):
        name = path.relative_to(ROOT).as_posix()
        if "node_modules" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and re.match(
                r"(cryptography\.hazmat.*|argon2)$", node.module or ""
            ):
                yield from ((f"{str(node.module).rpartition('.')[2]}.{one.name}", name) for one in node.names)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in CHOICES:
                yield f"{node.value.id}.{node.attr}", name
            if isinstance(node, ast.Constant) and node.value in hashlib.algorithms_available:
                yield f"hashlib.{node.value}", name


def test_the_code_takes_the_algorithms_of_the_table_and_no_other() -> None:
    found = {one for one in taken() if one[0] not in NEUTRAL}
    assert {one for one, _file in found} == set(SAID)
    assert {one for one in found if one[0] in ("hashes.SHA1", "hashlib.sha1")} == SHA1
    assert not [said for said in SAID.values() if said not in TABLE]


def test_each_key_of_an_installation_has_its_life_in_the_guide(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))
    settings.secret_key()
    sealed_responses.current()
    master_key.read_or_make()
    there = {name.partition("/")[0] for name in keys.gathered()}
    lives = re.findall(r"^\| (.+?) \| .+ \| .+ \| .+ \| .+ \|$", TABLE.partition("NIST SP 800-57")[2], re.M)
    assert there == {"secret.key", "sealing", "texts.key"}
    assert not [name for name in there if not any(life.startswith(f"`{name}") for life in lives)]


def test_cookies_and_the_tokens_of_forms_are_signed_with_sha_256(client: FlaskClient) -> None:
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/dang-nhap").text)
    cookie = client.get_cookie("phien")
    assert token is not None
    assert cookie is not None
    for salt, derivation, signed in (
        ("wtf-csrf-token", "django-concat", token[1]),
        ("cookie-session", "hmac", cookie.value),
    ):
        signer = TimestampSigner("tests", salt, key_derivation=derivation, digest_method=hashlib.sha256)
        assert signer.unsign(signed)
