"""edXML messages that tests make, in the shape of QCVN 102:2016/BTTTT."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Letter:
    """One document of the province's office, and what is said of it."""

    id: str = "000.00.00.H44,2026/11/24,101/UBND-VP"
    to: Sequence[str] = ("000.00.12.H44",)
    sent: str = "2026/11/24 08:00:00"
    organ_name: str = "UBND tỉnh Phú Thọ"
    priority: str = "0"

    def document(self) -> bytes:
        """The document, with one attachment."""
        head, tail = self.enclosing()
        return head + b"QUJD" + tail

    def enclosing(self) -> tuple[bytes, bytes]:
        """What stands before and after the base64 of its attachment."""
        to = "".join(f"<To><OrganId>{each}</OrganId></To>" for each in self.to)
        head = (
            '<?xml version="1.0" encoding="UTF-8"?><edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016">'
            "<edXMLEnvelope><edXMLHeader><MessageHeader>"
            f"<From><OrganId>000.00.00.H44</OrganId><OrganName>{self.organ_name}</OrganName></From>{to}"
            f"<OtherInfo><Priority>{self.priority}</Priority></OtherInfo><DocumentId>{self.id}</DocumentId>"
            "</MessageHeader><TraceHeaderList><TraceHeader><OrganId>000.00.00.H44</OrganId>"
            f"<Timestamp>{self.sent}</Timestamp></TraceHeader></TraceHeaderList></edXMLHeader></edXMLEnvelope>"
            "<AttachmentEncoded><Attachment><ContentTransferEncoded>"
        )
        return head.encode(), b"</ContentTransferEncoded></Attachment></AttachmentEncoded></edXML>"

    def status(self, code: str, at: str = "2026/11/24 09:00:00", organ: str = "000.00.12.H44") -> bytes:
        """What a recipient says of it."""
        return (
            '<?xml version="1.0" encoding="UTF-8"?><edXML><edXMLEnvelope><edXMLHeader><Status><ResponseFor>'
            f"<OrganId>000.00.00.H44</OrganId><DocumentId>{self.id}</DocumentId></ResponseFor>"
            f"<From><OrganId>{organ}</OrganId></From><StatusCode>{code}</StatusCode><Timestamp>{at}</Timestamp>"
            "</Status></edXMLHeader></edXMLEnvelope></edXML>"
        ).encode()
