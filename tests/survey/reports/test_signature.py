"""The director signs the PDF with a certificate, and the file is then as it was, and signed."""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pypdfium2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, pkcs12
from cryptography.x509.oid import NameOID

from survey.pdf import signature
from survey.reports import report
from survey.results.summary import Summary

Signer = tuple[Any, Any]  # pyHanko's, and its certificate


def hanko(module: str) -> Any:
    """A module of pyHanko, loaded when a test runs: each of the processes that run tests collects them all."""
    return importlib.import_module(f"pyhanko{module}")


def apart(work: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """pyHanko starts an event loop, and where a browser was started before it one runs already: so, a thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work, *given, **named).result()


@pytest.fixture(scope="module")
def pdf(kept: Summary) -> bytes:
    return report.write(kept, "pdf")


@pytest.fixture(scope="module")
def director() -> Signer:
    """A made-up director, who vouches for herself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Giám đốc thử nghiệm")])
    usage = {
        "content_commitment": True, "key_encipherment": False, "data_encipherment": False, "key_agreement": False,
        "key_cert_sign": False, "crl_sign": False, "encipher_only": False, "decipher_only": False,
    }  # fmt: skip
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(1))
        .not_valid_after(now + timedelta(1))
        .add_extension(x509.KeyUsage(digital_signature=True, **usage), critical=True)
        .sign(key, hashes.SHA256())
    )
    packed = pkcs12.serialize_key_and_certificates(b"giam-doc", key, made, None, NoEncryption())
    signer = hanko(".sign.signers").SimpleSigner.load_pkcs12_data(packed, other_certs=[])
    assert signer is not None
    return signer, importlib.import_module("asn1crypto.x509").Certificate.load(made.public_bytes(Encoding.DER))


def signed(pdf: bytes, director: Signer) -> bytes:
    """The file with a PAdES signature in the field that is there."""
    signers = hanko(".sign.signers")
    about = signers.PdfSignatureMetadata(
        field_name=signature.FIELD, subfilter=hanko(".sign.fields").SigSeedSubFilter.PADES, md_algorithm="sha256"
    )
    made = io.BytesIO()
    writer = hanko(".pdf_utils.incremental_writer").IncrementalPdfFileWriter(io.BytesIO(pdf))
    apart(signers.sign_pdf, writer, about, director[0], existing_fields_only=True, output=made)
    return made.getvalue()


def status_of(pdf: bytes, director: Signer) -> Any:
    [there] = hanko(".pdf_utils.reader").PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    trust = hanko("_certvalidator").ValidationContext(trust_roots=[director[1]], allow_fetching=False)
    return apart(hanko(".sign.validation").validate_pdf_signature, there, trust)


def test_the_pdf_has_one_field_that_nobody_signed(pdf: bytes) -> None:
    [(name, value, field)] = hanko(".sign.fields").enumerate_sig_fields(
        hanko(".pdf_utils.reader").PdfFileReader(io.BytesIO(pdf))
    )
    assert (name, value) == (signature.FIELD, None)
    assert field.get_object()["/TU"] == "Chữ ký của Giám đốc"


def test_a_pades_signature_in_it_is_valid_and_covers_the_whole_file(pdf: bytes, director: Signer) -> None:
    made = signed(pdf, director)
    assert made.startswith(pdf)
    [there] = hanko(".pdf_utils.reader").PdfFileReader(io.BytesIO(made)).embedded_signatures
    assert there.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    found = status_of(made, director)
    assert found.bottom_line
    assert (found.intact, found.valid, found.trusted) == (True, True, True)
    assert found.coverage.name == "ENTIRE_FILE"


def test_a_figure_changed_after_signing_is_noticed(pdf: bytes, director: Signer) -> None:
    made = bytearray(signed(pdf, director))
    made[len(pdf) // 2] ^= 1
    assert not status_of(bytes(made), director).bottom_line


def test_a_signed_file_keeps_its_pages_tags_and_standards(pdf: bytes, director: Signer) -> None:
    made = signed(pdf, director)
    before, after = (pypdfium2.PdfDocument(one) for one in (pdf, made))
    assert after.is_tagged()
    for page in range(len(before)):
        assert before[page].get_textpage().get_text_range() == after[page].get_textpage().get_text_range()
    assert b"pdfuaid:part" in made
    assert b"pdfaid:part" in made


def test_the_field_is_what_an_archive_and_a_screen_reader_ask_for(pdf: bytes) -> None:
    """PDF/A-2a 6.3: printed, with an appearance. PDF/UA-1 7.18: a form of the structure, named, in its order."""
    root = hanko(".pdf_utils.reader").PdfFileReader(io.BytesIO(pdf)).root
    structure, field = root["/StructTreeRoot"], root["/AcroForm"]["/Fields"][0]
    assert field["/F"] == 4
    assert field["/AP"]["/N"]["/Subtype"] == "/Form"
    assert field["/P"]["/Tabs"] == "/S"
    assert "/NeedAppearances" not in root["/AcroForm"]
    numbers = structure["/ParentTree"]["/Nums"]
    pairs = {int(numbers[at]): numbers[at + 1] for at in range(0, len(numbers), 2)}
    assert sorted(pairs) == list(range(structure["/ParentTreeNextKey"]))
    form = pairs[field["/StructParent"]]
    assert form["/S"] == "/Form"
    assert form["/K"]["/Obj"]["/T"] == signature.FIELD
    assert form["/P"]["/K"][-1]["/S"] == "/Form"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_field_stands_between_the_title_and_the_name_of_who_signs(kept: Summary, language: str) -> None:
    made = report.write(kept, "pdf", language)
    field = hanko(".pdf_utils.reader").PdfFileReader(io.BytesIO(made)).root["/AcroForm"]["/Fields"][0]
    left, bottom, right, top = (float(number) for number in field["/Rect"])
    words = pypdfium2.PdfDocument(made)
    title, name = {"vi": ("GIÁM ĐỐC", "(Họ và tên)"), "en": ("DIRECTOR", "(Full name)")}[language]
    [page] = [page for page in map(pypdfium2.PdfPage.get_textpage, words) if page.search(name).get_next()]
    [above, below] = [page.get_charbox(page.search(text).get_next()[0]) for text in (title, name)]
    assert above[1] > top > bottom > below[3]
    assert left < above[0] < right < 595


def test_a_page_without_a_signatory_is_refused(pdf: bytes) -> None:
    with pytest.raises(ValueError, match="nobody signs"):
        signature.with_field(pdf, "CHỦ TỊCH", "")
