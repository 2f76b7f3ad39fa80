"""The web application: every address in one list, each behind the gate, every error in one form."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from ioc.errors import ConfigError, NotCommitted, Refused
from ioc.telemetry import Tally, Telemetry
from web import static
from web.api import answer
from web.api.alerts import AlertsApi
from web.api.body import BODY_LIMIT
from web.api.deliveries import DeliveriesApi
from web.api.endpoints import EndpointsApi
from web.api.health import HealthApi
from web.api.heartbeats import HeartbeatsApi
from web.api.history import HistoryApi
from web.api.incidents import IncidentsApi
from web.api.maintenance import MaintenanceApi
from web.api.oncall import OncallApi
from web.api.paging import PagingApi
from web.api.picture import PictureApi
from web.api.recurring import RecurringApi
from web.api.shift import ShiftApi
from web.api.silences import SilencesApi
from web.api.write import WriteApi
from web.auth import Gate, asked_of
from web.deps import MAY, Deps, Handler, Route
from web.leaders import LeadersPage
from web.login import Login
from web.push import Push
from web.screens import Screens

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # not no-referrer: that would make a browser send `Origin: null` with our own login form
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

Signal = Callable[[web.Request, web.StreamResponse], Awaitable[None]]

log = structlog.get_logger("web")


def build(deps: Deps) -> web.Application:
    """The application; nothing listens yet."""
    gate = Gate(deps.access, deps.clock, deps.telemetry)
    site = static.load(deps.static)
    push = Push(deps.clock, deps.picture, deps.telemetry, deps.pace)
    screens = Screens(push, deps.clock, deps.telemetry, deps.wall, deps.picture.epoch, site.build)
    crashes = deps.telemetry.tally("ioc_web_errors", "Requests that ended in an error of our own.")
    app = web.Application(client_max_size=BODY_LIMIT, middlewares=[_errors(crashes)])
    every: list[Route] = [
        *static.routes(site),
        *Login(gate).routes(),
        *screens.routes(),
        *LeadersPage(deps).routes(),
        *PictureApi(deps).routes(),
        *EndpointsApi(deps).routes(),
        *IncidentsApi(deps).routes(),
        *MaintenanceApi(deps).routes(),
        *HistoryApi(deps).routes(),
        *HealthApi(deps, gate).routes(),
        *(OncallApi(deps, deps.rota).routes() if deps.rota else ()),
        *(DeliveriesApi(deps.paging).routes() if deps.paging else ()),
        *(PagingApi(deps.paging).routes() if deps.paging else ()),
        *(ShiftApi(deps.shift).routes() if deps.shift else ()),
        *(WriteApi(deps, deps.door).routes() if deps.door else ()),
        *(AlertsApi(deps, deps.visitors).routes() if deps.visitors else ()),
        *(HeartbeatsApi(deps, deps.visitors).routes() if deps.visitors else ()),
        *(SilencesApi(deps, deps.silencing).routes() if deps.silencing else ()),
        *(RecurringApi(deps, deps.recurring).routes() if deps.recurring else ()),
    ]
    for route in every:
        handler = _guarded(gate, route)
        app.router.add_route(route.method, route.path, handler)
        if route.method == "GET" and not route.upgrades:
            app.router.add_route("HEAD", route.path, handler)
    app.on_response_prepare.append(_dress)
    app.on_response_prepare.append(_counted(deps.telemetry))

    async def stop(app: web.Application) -> None:
        push.stop()
        await screens.close()

    app.on_shutdown.append(stop)
    return app


def _guarded(gate: Gate, route: Route) -> Handler:
    """A route's handler, reached only by who may; `request[MAY]` says what that is."""

    if route.own_token:
        return route.handler

    async def handler(request: web.Request) -> web.StreamResponse:
        asked = asked_of(request.remote or "", request.headers, request.cookies)
        try:
            request[MAY] = gate.check(asked, route.need, writes=route.writes, upgrades=route.upgrades)
        except Refused as refused:
            if refused.status == 401 and "text/html" in request.headers.get("Accept", ""):
                return web.Response(status=303, headers={"Location": "/login"})
            raise
        return await route.handler(request)

    return handler


def _errors(crashes: Tally) -> Middleware:
    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except Refused as error:
            coded = {"code": error.code, "about": error.about} if error.code else {}
            return answer.error(str(error), error.status, _challenge(error.status), **coded)
        except ConfigError as error:
            return answer.error("the configuration is refused; the old one goes on", 422, faults=error.faults)
        except NotCommitted as error:
            said = f"not kept, the state file refused it: {error}; try again"
            return answer.error(said, 503, code="not_kept", about="")
        except web.HTTPException as error:
            return _http(request, error)
        except Exception as error:
            crashes.n += 1
            log.exception("request failed", method=request.method, path=request.path)
            return answer.error(f"an error of this service, {type(error).__name__}; its log has it", 500)

    return middleware


def _http(request: web.Request, error: web.HTTPException) -> web.StreamResponse:
    """aiohttp's own errors in our form."""
    if error.status == 404:
        return answer.error(f"there is nothing at {request.path[:200]!r}", 404)
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        return answer.error(
            f"{request.path[:200]!r} takes {allowed}, not {request.method}", 405, {"Allow": allowed}
        )
    if error.status == 413:
        return answer.error(f"the body is larger than {BODY_LIMIT} bytes", 413)
    return answer.error(error.text or error.reason, error.status)


def _challenge(status: int) -> dict[str, str]:
    return {"WWW-Authenticate": 'Bearer realm="ioc"'} if status == 401 else {}


def _counted(telemetry: Telemetry) -> Signal:
    """Counts answers by the class of their status."""
    classes = {
        each: telemetry.tally("ioc_web_answers", "HTTP answers.", status=f"{each}xx") for each in range(1, 6)
    }

    async def count(request: web.Request, response: web.StreamResponse) -> None:
        classes[response.status // 100].n += 1

    return count


async def _dress(request: web.Request, response: web.StreamResponse) -> None:
    """The headers that every answer carries, unless it says otherwise."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = "ioc"
