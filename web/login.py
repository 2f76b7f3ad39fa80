"""The login page: a token typed once becomes a cookie, so that it is never in an address."""

from __future__ import annotations

import base64
import hashlib
import html
from urllib.parse import parse_qsl

from aiohttp import web

from ioc.errors import Refused
from web.api import body
from web.auth import COOKIE, COOKIE_DAYS, Gate, Need, seal
from web.deps import Route

STYLE = (
    "body{font:18px/1.5 system-ui,sans-serif;background:#0b1220;color:#dbe4f0;display:grid;"
    "place-items:center;min-height:90vh}form{width:min(26rem,90vw)}input,button{font:inherit;width:100%;box-sizing:border-box;"
    "padding:.6em;margin:.4em 0}p{color:#ff7a7c;min-height:1.5em}"
)
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
PAGE = (
    '<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>Đăng nhập</title>'
    '<meta name="viewport" content="width=device-width"><style>{style}</style></head><body>'
    '<form method="post" action="/login"><h1>Màn hình điều hành</h1>'
    '<label for="token">Mã truy cập</label>'
    '<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>'
    '<button>Đăng nhập</button><p role="alert">{message}</p></form></body></html>'
)
WRONG = "Mã truy cập không đúng."
TOO_MANY = "Sai quá nhiều lần. Hãy chờ một phút rồi thử lại."
TOKEN_LIMIT = 512


class Login:
    """`GET /login` shows the page, `POST /login` takes the token."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def routes(self) -> list[Route]:
        """Both open to everybody; the post must come from our own page."""
        return [
            Route("GET", "/login", Need.NOTHING, self._show),
            Route("POST", "/login", Need.NOTHING, self._take),
        ]

    async def _show(self, request: web.Request) -> web.StreamResponse:
        return _page("", 200)

    async def _take(self, request: web.Request) -> web.StreamResponse:
        token = _token(await body.raw(request))
        if len(token) > TOKEN_LIMIT:
            return _page(WRONG, 401)
        try:
            may = self._gate.redeem(request.remote or "", token.strip())
        except Refused:
            return _page(TOO_MANY, 429)
        if may is Need.NOTHING:
            return _page(WRONG, 401)
        answer = web.Response(status=303, headers={"Location": "/"})
        access = self._gate.access
        answer.set_cookie(
            COOKIE,
            seal(access, may),
            max_age=COOKIE_DAYS * 86_400,
            httponly=True,
            samesite="Strict",
            secure=request.secure or access.public_url.startswith("https://"),
        )
        return answer


def _token(form: bytes) -> str:
    """The token in a form as browsers send ours (HTML, application/x-www-form-urlencoded); empty when there is none."""
    pairs = parse_qsl(form.decode("utf-8", "replace"), errors="replace")
    return dict(pairs).get("token", "")


def _page(message: str, status: int) -> web.Response:
    return web.Response(
        status=status,
        text=PAGE.format(style=STYLE, message=html.escape(message)),
        content_type="text/html",
        headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-store"},
    )
