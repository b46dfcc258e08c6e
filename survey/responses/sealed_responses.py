"""What a bound device sealed: the keys, opening, and keeping it as a response or for staff to look at.

HPKE (RFC 9180): DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, which old phones have too. What stands
around the seal (day, id, mode, unit, wave; from a tablet psu) is bound to it as `info`, in the canonical form of
`associated_data`: with one letter of it changed, nothing opens.

The private keys lie in files beside the database, readable by their owner alone, so that neither the database nor
its backup opens what was sealed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forms import check
from survey.responses import devices, holding, lots, submission
from survey.responses.submission import MARKS
from survey.storage.models import (
    Account,
    Device,
    LotKind,
    Mode,
    QuarantineDecision,
    QuarantinedResponse,
    Role,
    Verdict,
    Village,
    Wave,
    WaveKind,
)
from survey.system import dates, settings
from survey.waves import waves
from translations import Conflict, Refusal

SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_128_GCM)
ABOUT = ("day", "id", "mode", "psu", "unit", "wave")  # psu: from a tablet that interviews in a sample
OLDEST = timedelta(days=14)
FETCHED = timedelta(days=60)  # for which what waits on a revoked device can still be brought in
# Why a sealed response is held instead of counted: its key is not here; it does not open or holds no answers and
# marks; the answers fail the check; it came after the wave's end; its day can't be; it names another place than
# the device's; its device was taken out of service, and bound anew since; its id is known with other content; and
# why what somebody sends for another person waits (`holding`): nobody assigned them, the village is closed, or has
# as many forms as households were drawn.
REASONS = (
    "key", "seal", "answers", "late", "day", "place", "revoked", "conflict", "assignment", "closed", "beyond"
)  # fmt: skip
# What a device may write around the seal; anything else is a fault of its program.
FORMS = {
    "day": re.compile(r"\d{4}-\d\d-\d\d"),
    "id": submission.UUID4,
    "key": re.compile(r"[0-9a-f]{16}"),
    "mode": re.compile(f"{Mode.KIOSK}|{Mode.INTERVIEWER}"),
    "psu": re.compile(r"[^\x00-\x1f\x7f]{1,60}"),
    "sealed": re.compile(r"[A-Za-z0-9_-]+"),
    "unit": re.compile(r"[A-Za-z0-9.-]{1,20}"),
    "wave": waves.CODE,
}
_FILE = re.compile(r"(\d{4})-([0-9a-f]{16})\.key")


@dataclass(frozen=True)
class Key:
    """A pair of keys; `id` is the beginning of the SHA-256 of the public one."""

    id: str
    private: ec.EllipticCurvePrivateKey

    @property
    def public(self) -> str:
        """The public key as a device takes it: the uncompressed point (SEC 1) in base64url."""
        return _written(_point(self.private))


def keys() -> dict[str, Key]:
    """Every key that is still there, the oldest first."""
    pairs = {}
    for path in sorted(_folder().iterdir()):
        if named := _FILE.fullmatch(path.name):
            pairs[named[2]] = Key(named[2], _private(path))
    return pairs


@cache
def _private(path: Path) -> ec.EllipticCurvePrivateKey:
    """The key in a file, read once: a file never changes, since its name says what is in it."""
    return cast(ec.EllipticCurvePrivateKey, serialization.load_pem_private_key(path.read_bytes(), None))


def current() -> Key:
    """The key to which devices seal now; the first is made when it is first asked for."""
    known = keys()
    return list(known.values())[-1] if known else _add(1)


def rotate() -> Key:
    """Makes a new key. Devices seal to it once they have heard of it; the old ones stay to open what waits."""
    numbers = [int(named[1]) for path in _folder().iterdir() if (named := _FILE.fullmatch(path.name))]
    return _add(max(numbers, default=0) + 1)


def _keys_in_use(session: Session, over: Collection[str]) -> tuple[set[str | None], set[str]]:
    """The keys that devices may seal with, and those of the responses that wait."""
    revoked_recently = (Device.revoked >= dates.today() - FETCHED) & Device.wave.not_in(over)
    may_send = select(Device.key).where(Device.bound.is_not(None), or_(Device.revoked.is_(None), revoked_recently))
    accepted = select(QuarantineDecision.quarantined).where(QuarantineDecision.verdict == Verdict.ACCEPTED)
    waiting = QuarantinedResponse.digest.not_in(accepted) & QuarantinedResponse.wave.not_in(over)
    held = select(QuarantinedResponse.key).where(waiting).distinct()
    return set(session.scalars(may_send)), set(session.scalars(held))


def delete_expired(session: Session, over: Collection[str] = ()) -> int:
    """Destroys the keys that no bound device and no held response may need; gives their number.

    over  waves whose time is over: what is held of them needs no key any more

    A device may need the key with which it was bound and every later one, for 60 days after it was revoked too:
    who finds it binds it anew and brings in what waits there. A held response needs its own until it is accepted.
    """
    needed, held = _keys_in_use(session, over)
    gone = 0
    known = list(keys())
    for id in known[:-1]:
        if id in needed:
            break
        if id not in held:
            next(_folder().glob(f"*-{id}.key")).unlink()
            gone += 1
    return gone


def associated_data(sent: dict[str, str]) -> bytes:
    """The associated data in canonical form: JSON, keys in order, no spaces, UTF-8."""
    return json.dumps(
        {name: sent[name] for name in ABOUT if name in sent},
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    ).encode()


def malformed(sent: Any) -> list[str]:
    """The names of what is wrong with what a device sent, apart from what is sealed: missing, badly written, too
    much; `""` where it is no object at all."""
    if not isinstance(sent, dict):
        return [""]
    wrong = [
        name
        for name, form in FORMS.items()
        if (name in sent or name != "psu") and not (isinstance(sent.get(name), str) and form.fullmatch(sent[name]))
    ]
    return wrong + sorted(map(str, sent.keys() - FORMS.keys()))[:10]


def seal(public: str, sent: dict[str, str], content: dict[str, Any]) -> str:
    """Seals as a device does: the encapsulated key and the ciphertext, one after the other, in base64url."""
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _read(public))
    return _written(
        SUITE.encrypt(json.dumps(content, ensure_ascii=False).encode(), point, info=associated_data(sent))
    )


def store_sealed(session: Session, device: Device, sent: dict[str, str]) -> tuple[str, str]:
    """Opens, checks and keeps what a bound device sealed; call inside `writing()`.

    sent  id, wave, unit, mode, day, key, sealed, from a tablet psu: texts; the id a UUID, the mode the device's

    Gives what came of it (`stored`, `known` or `held`) and, where it is held, why (one of REASONS). It is never
    refused: the person who answered is gone and can mend nothing. The same again is kept once.
    """
    devices.heard(session, device.id)
    answers, marks, adults, reason = decrypted(sent)
    if not reason:
        reason = _misplaced(session, device, sent)
    if not reason:
        place = waves.place(session, sent["wave"], sent["unit"], date.fromisoformat(sent["day"]))
        checked = check(place.questionnaire, answers)
        if checked.problems:
            reason = "answers"
        else:
            try:
                new = submission.submit(
                    session.connection(),
                    place,
                    UUID(sent["id"]),
                    Mode(sent["mode"]),
                    checked.answers,
                    marks=marks,
                    psu=sent.get("psu"),
                    day=date.fromisoformat(sent["day"]),
                    adults=adults,
                    lot=lot_of_device(session, device.id, sent),
                )
            except Conflict:
                reason = "conflict"
            else:
                return ("stored" if new else "known"), ""
    _hold(session, device, sent, reason)
    return "held", reason


def lot_of_device(session: Session, device: int, sent: dict[str, str]) -> int:
    """The lot of what a device sent of a place and day."""
    mode, about = Mode(sent["mode"]), {"unit": sent["unit"], "psu": sent.get("psu")}
    kind = LotKind.KIOSK if mode is Mode.KIOSK else LotKind.TABLET
    day = date.fromisoformat(sent["day"])
    return lots.number(session, sent["wave"], kind, day, **about, mode=mode, sender=lots.of_device(device))


def decrypted(sent: dict[str, str]) -> tuple[Any, tuple[str, ...], int | None, str]:
    """What lies under a seal: the answers, unchecked, the marks, and from a tablet the number of adults in the
    household; and why it can't be had: `key`, `seal` or ""."""
    key = keys().get(sent["key"])
    if key is None:
        return None, (), None, "key"
    try:
        content = json.loads(SUITE.decrypt(_read(sent["sealed"]), key.private, info=associated_data(sent)))
    except (InvalidTag, ValueError, RecursionError):
        return None, (), None, "seal"
    known = {"answers", "marks", "adults"} if sent["mode"] == Mode.INTERVIEWER else {"answers", "marks"}
    if not isinstance(content, dict) or content.keys() - known:
        return None, (), None, "seal"
    marks, adults = content.get("marks", []), content.get("adults")
    if not isinstance(marks, list) or any(mark not in MARKS for mark in marks):
        return None, (), None, "seal"
    if adults is not None and not submission.may_be_adults(adults):
        return None, (), None, "seal"
    return content.get("answers"), tuple(marks), adults, ""


def _misplaced(session: Session, device: Device, sent: dict[str, str]) -> str:
    """Why a response of this place and day can't be counted, or "" where it can.

    Whether it may be sent from there at all is looked at before its day: whoever decides on it is to know that.
    """
    wave = session.get(Wave, sent["wave"])
    if wave is None or not _belongs(session, device, wave, sent):
        return "place"
    try:
        waves.place(session, wave.code, sent["unit"], wave.opens)
    except Refusal:
        return "place"
    try:
        day = date.fromisoformat(sent["day"])
    except ValueError:
        return "day"
    if device.follows is not None and device.bound is not None and day <= device.bound:
        return "revoked"  # somebody else had it, of whom nothing else can be told
    return _unassigned(session, device, wave, sent, day) or _untimely(wave, day)


def _untimely(wave: Wave, day: date) -> str:
    now = dates.today()
    if not max(wave.opens, now - OLDEST) <= day <= min(wave.closes, now):
        return "day"
    return "late" if now > wave.closes else ""


def _unassigned(session: Session, device: Device, wave: Wave, sent: dict[str, str], day: date) -> str:
    """Why what a tablet sends waits, or "" where it counts; a kiosk belongs to its place, and needs nobody."""
    if device.mode is not Mode.INTERVIEWER:
        return ""
    reason = holding.reason(session, wave, device.owner, device.mode, sent.get("psu"), day)
    return "" if reason and holding.is_stored(session, UUID(sent["id"])) else reason


def _belongs(session: Session, device: Device, wave: Wave, sent: dict[str, str]) -> bool:
    """Whether a device may send for a place: a kiosk for its own, a tablet for any village, and for any commune of
    an open wave, which has no villages; that of an interviewer of one commune for that one."""
    if sent["mode"] != device.mode:
        return False
    owner = session.get(Account, device.owner) if device.owner and device.mode is Mode.INTERVIEWER else None
    if owner is not None and owner.role is Role.INTERVIEWER and owner.unit not in (None, sent["unit"]):
        return False
    if device.mode is Mode.KIOSK:
        return "psu" not in sent and (wave.code, sent["unit"]) == (device.wave, device.unit)
    if wave.kind is WaveKind.OPEN:
        return "psu" not in sent
    village = session.get(Village, (wave.code, sent.get("psu", "")))
    return village is not None and village.unit == sent["unit"]


def _hold(session: Session, device: Device, sent: dict[str, str], reason: str) -> None:
    hold(session, sent, reason, device=device.id)


def hold(
    session: Session, sent: dict[str, str], reason: str, *, device: int | None = None, account: str | None = None
) -> None:
    """Keeps what a device sealed, or the server for an account, until somebody decides; the same again is kept
    once."""
    digest = hashlib.sha256(associated_data(sent) + sent["sealed"].encode()).hexdigest()
    form: dict[str, Any] = {name: sent.get(name) for name in ("wave", "unit", "psu", "day", "key", "sealed")}
    form |= {"id": UUID(sent["id"]), "mode": Mode(sent["mode"])}
    held = QuarantinedResponse(digest=digest, device=device, account=account, reason=reason, **form)
    try:
        with session.begin_nested():
            session.add(held)
    except IntegrityError:
        if session.get(QuarantinedResponse, digest) is None:
            raise


def _folder() -> Path:
    folder = settings.data_folder() / "sealing"
    folder.mkdir(exist_ok=True, mode=0o700)
    return folder


def _add(number: int) -> Key:
    """A new key under this number, given once its file is on disk."""
    private = ec.generate_private_key(ec.SECP256R1())
    key = Key(hashlib.sha256(_point(private)).hexdigest()[:16], private)
    text = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = _folder() / f"{number:04}-{key.id}.key"
    draft = path.with_suffix(f".{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
    return key


def _point(private: ec.EllipticCurvePrivateKey) -> bytes:
    return private.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


def _written(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _read(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
