"""A notification as a mail: one thread an incident, plain text and HTML beside each other (RFC 5322, 2047, 3834).

Every mail of an incident names one root that was never sent, and has the same subject, since readers put together by
both. A Message-ID is made of what is told alone, so that a mail sent twice is seen to be one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape

from alerts import rendering
from alerts.fitting import Part, cut
from alerts.messages import ZONE
from alerts.notification import Notification

MOST = 20_000
"""characters of a text"""
LONGEST_SUBJECT = 150
COLOURS = {"critical": "#c62828", "warning": "#b26a00", "info": "#1565c0"}
OVER = "#2e7d32"


def letter(notification: Notification, sender: Address, to: Sequence[Address]) -> EmailMessage:
    """The mail, ready to be sent."""
    mail = EmailMessage(policy=SMTP)
    mail["Message-ID"] = message_id(notification, sender.domain)
    mail["References"] = mail["In-Reply-To"] = root_id(notification, sender.domain)
    mail["Date"] = format_datetime(datetime.fromtimestamp(notification.at, ZONE))
    mail["From"] = sender
    mail["To"] = tuple(to)
    mail["Subject"] = subject(notification)
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail["X-IOC-Incident"] = str(notification.incident)
    mail["X-IOC-Kind"] = notification.kind
    mail["X-IOC-Severity"] = notification.severity
    if notification.severity == "critical" and notification.status == "firing":
        mail["Importance"] = "high"
    chosen = rendering.fitted(notification, MOST, _size)
    mail.set_content("\n".join(_line(each) for each in chosen) + "\n", cte="base64")
    mail.add_alternative(html(notification, chosen), subtype="html", cte="base64")
    return mail


def subject(notification: Notification) -> str:
    """The subject that all mails of an incident share."""
    if notification.kind in rendering.OWN:
        return rendering.heading(notification, LONGEST_SUBJECT)
    return f"[#{notification.incident}] {cut(rendering.title(notification), LONGEST_SUBJECT)}"


def message_id(notification: Notification, domain: str) -> str:
    """The same for the same delivery, however often it is tried."""
    return f"<ioc-{notification.incident}-{notification.id}-{notification.at:.0f}@{domain}>"


def root_id(notification: Notification, domain: str) -> str:
    """What the mails of one incident refer to."""
    kind = f"-{notification.kind}" if notification.kind in rendering.OWN else ""
    return f"<ioc-{notification.incident}-{notification.started:.0f}{kind}@{domain}>"


def html(notification: Notification, parts: Sequence[Part]) -> str:
    """The same as a page without pictures, scripts or anything that is fetched."""
    colour = OVER if notification.kind in rendering.ENDED else COLOURS.get(notification.severity, "#37474f")
    language = "en" if notification.language == "en" else "vi"
    head, *rest = parts
    return (
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8"></head>'
        f'<body style="font-family:sans-serif;font-size:16px">\n'
        f'<h1 style="font-size:20px;border-left:6px solid {colour};padding-left:10px">{escape(head.text)}</h1>\n'
        f'<table cellpadding="4">\n{"".join(_row(each) for each in rest)}</table></body></html>\n'
    )


def _row(part: Part) -> str:
    said = escape(part.text)
    if rendering.is_address(part.text):
        said = f'<a href="{said}">{said}</a>'
    if not part.label:
        return f'<tr><td colspan="2">{said}</td></tr>\n'
    label = f'<th align="left" valign="top" style="white-space:nowrap">{escape(part.label)}</th>'
    return f"<tr>{label}<td>{said}</td></tr>\n"


def _line(part: Part) -> str:
    return f"{part.label}: {part.text}" if part.label else part.text


def _size(parts: Sequence[Part]) -> int:
    return sum(len(_line(each)) + 1 for each in parts)
