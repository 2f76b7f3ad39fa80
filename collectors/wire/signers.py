"""Who signed an edXML message, as far as its XML signatures (W3C xmldsig-core, KeyInfo) name a certificate.

No signature is verified, and none inside an attachment is seen: a mark says what the message says of itself.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

SIGNED, AGENCY, PERSONAL = "signed", "signed_agency", "signed_personal"
MOST_SIGNATURES = 16
_CN = re.compile(r"(?:^|[,/;+])\s*(?:CN|2\.5\.4\.3)\s*=\s*(\"[^\"]*\"|(?:\\.|[^,/;+\\])*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Signed:
    """What one signature names: the subject of its certificate, and the certificate in base64; either may be empty."""

    subject: str
    certificate: str


def marks(signatures: Iterable[Signed], organ: str, person: str) -> tuple[str, ...]:
    """`signed` where there is a signature, `signed_agency` and `signed_personal` by whose name the certificate bears.

    `organ` is the sending body's name (OrganName), `person` the signer's (SignerInfo/FullName).
    """
    given = list(signatures)[:MOST_SIGNATURES]
    names = {_plain(name) for each in given if (name := _named(each))}
    found = [SIGNED] if given else []
    if _plain(organ) in names:
        found.append(AGENCY)
    if _plain(person) in names:
        found.append(PERSONAL)
    return tuple(found)


def _named(signed: Signed) -> str:
    """The common name of a signature's certificate; empty where none can be read."""
    found = _CN.search(signed.subject)
    if found:
        return found[1].strip().strip('"').replace("\\", "")
    return _of_certificate(signed.certificate) if signed.certificate else ""


def _of_certificate(text: str) -> str:
    from cryptography.x509 import load_der_x509_certificate
    from cryptography.x509.oid import NameOID

    try:
        subject = load_der_x509_certificate(base64.b64decode(text, validate=False)).subject
        named = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    except ValueError:
        return ""
    return str(named[0].value) if named else ""


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())
