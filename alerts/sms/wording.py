"""A notification as the text of short messages, within its budget of parts."""

from __future__ import annotations

from dataclasses import replace

from alerts import rendering
from alerts.fitting import Measure, utf16
from alerts.notification import Notification
from alerts.sms.alphabet import length, plain, typed
from alerts.sms.options import SmsOptions
from alerts.sms.parts import Coding, coded, room

_AGAIN = {"vi": "(Gửi lại) ", "en": "(Sent again) "}
"""stands before a repeat, where nothing can push it out of the message"""


def wording(notification: Notification, options: SmsOptions) -> str:
    """The text: in 7 bits where it was asked to be plain or is so by itself, else with its tone marks in UCS-2."""
    seven = room(Coding.GSM7, options.parts)
    if options.plain:
        return plain(_said(notification, seven, lambda text: length(plain(text))))
    text = typed(_said(notification, seven, lambda text: length(typed(text))))
    if coded(text)[0] is Coding.GSM7:
        return text
    return _said(notification, room(Coding.UCS2, options.parts), utf16)


def _said(notification: Notification, budget: int, measure: Measure) -> str:
    if not notification.repeat:
        return rendering.text(notification, budget, measure)
    mark = _AGAIN.get(notification.language, _AGAIN["vi"])
    once = replace(notification, repeat=False)
    return mark + rendering.text(once, budget - measure(mark), measure)
