"""Receipts: a short code which proves that a form was received on a day, and opens nothing."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import date

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32 signs that can't be taken for one another: no 0/O, no 1/I
HALF = 6  # signs of chance, and as many that prove them: 30 bits each


def issue(key: str, wave: str, day: date) -> str:
    """A new code in groups of four. It is made by chance, from nothing of the response, and kept nowhere."""
    chance = "".join(ALPHABET[byte & 31] for byte in secrets.token_bytes(HALF))
    code = chance + _proof(key, wave, day, chance)
    return "-".join(code[place : place + 4] for place in range(0, len(code), 4))


def holds(key: str, wave: str, day: date, code: str) -> bool:
    """Whether the code was given out for this wave on this day; groups and small letters don't matter."""
    signs = "".join(sign for sign in code.upper() if sign in ALPHABET)
    chance, proof = signs[:HALF], signs[HALF:]
    return len(signs) == 2 * HALF and hmac.compare_digest(proof, _proof(key, wave, day, chance))


def _proof(key: str, wave: str, day: date, chance: str) -> str:
    text = f"receipt:{wave}:{day.isoformat()}:{chance}"
    number = int.from_bytes(hmac.digest(key.encode(), text.encode(), hashlib.sha256)[:8], "big")
    return "".join(ALPHABET[number >> 5 * place & 31] for place in range(HALF))
