"""The command line: `ioc run`, `check`, `try`, `watch`, `health`, `explain`, `page`, `demo`, `rules` and others."""

from __future__ import annotations

import os
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from ioc.errors import ConfigError, IocError

app = typer.Typer(
    help="Real-time monitoring for a provincial smart operations center.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

influx = typer.Typer(help="Prepare an InfluxDB for history, and look after it.", no_args_is_help=True)
app.add_typer(influx, name="influx")
history = typer.Typer(help="Move history from one store to another.", no_args_is_help=True)
app.add_typer(history, name="history")
routes = typer.Typer(help="Try out a change of routes.", no_args_is_help=True)
app.add_typer(routes, name="routes")
rules = typer.Typer(help="Try rules before they page anybody.", no_args_is_help=True)
app.add_typer(rules, name="rules")

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="The configuration directory.")]
Where = Annotated[
    str, typer.Argument(metavar="URL|DIR", help="Where the service is, or its configuration directory.")
]
Listen = Annotated[
    str | None, typer.Option(metavar="HOST:PORT", help="Listen here instead of where the configuration says.")
]
Url = Annotated[str | None, typer.Option(metavar="URL", help="This InfluxDB instead of the configured one.")]
Org = Annotated[
    str | None, typer.Option(metavar="NAME", help="This organisation instead of the configured one.")
]
AdminTokenEnv = Annotated[
    str, typer.Option(metavar="NAME", help="Environment variable with an operator or all-access token.")
]


@app.command()
def run(directory: Directory, listen: Listen = None) -> None:
    """Run the service on a configuration directory until it is told to stop."""
    from ioc.lean import load

    load()  # before anything else imports these libraries
    from ioc.running import run as serve

    _loop(serve(directory, listen))


@app.command()
def check(directory: Directory) -> None:
    """Say every fault of a configuration at once, or what it would watch."""
    from ioc.clock import Clock
    from ioc.reading import check as read

    said = read(directory, os.environ, Clock())
    typer.echo(said.text)
    if not said.sound:
        raise typer.Exit(2)


@app.command("try")
def try_(
    directory: Directory,
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="A source, as a probe names it: sip, icmp, tcp, …")
    ],
    endpoint: Annotated[list[str] | None, typer.Option(help="Only this endpoint; may be repeated.")] = None,
) -> None:
    """Probe every endpoint of one source once and print what came back."""
    from ioc.trial import trial

    if not _loop(trial(directory, source, endpoint or [])):
        raise typer.Exit(1)


@app.command()
def watch(
    url: Annotated[
        str, typer.Argument(metavar="URL", help="Where the service is: http://HOST:PORT or https://…")
    ],
    token_file: Annotated[Path | None, typer.Option(help="A file that holds the read token.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Print one snapshot and end.")] = False,
) -> None:
    """Show the wall in the terminal, live."""
    from web.watch import run as show

    raise typer.Exit(show(url, _read_token(token_file) if token_file else "", once))


@app.command()
def oncall(
    directory: Directory,
    at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help='From this local time on: "2026-12-01 03:00"; default: now.'),
    ] = None,
    days: Annotated[int, typer.Option(metavar="N", help="For so many days, up to 366.")] = 14,
) -> None:
    """Show who is on call when, and where nobody is."""
    from ioc.oncall import oncall as show

    show(directory, at, days)


@app.command()
def explain(
    where: Where,
    incident: Annotated[int, typer.Argument(metavar="INCIDENT", help="Its number.", min=1)],
    person: Annotated[str, typer.Option(metavar="ID", help="Why this person was told, or was not.")] = "",
    language: Annotated[str, typer.Option(metavar="vi|en", help="The language of the sentences.")] = "vi",
    token_file: Annotated[Path | None, typer.Option(help="A file that holds the read token.")] = None,
) -> None:
    """Say every decision about an incident, and who was told what when, by which way and why."""
    from ioc.inquiry import explain as tell

    token = _read_token(token_file) if token_file else ""
    for line in tell(where, incident, person, language, token, os.environ):
        typer.echo(line)


@app.command()
def page(
    where: Where,
    to: Annotated[str, typer.Argument(metavar="TARGET", help="person:ID, receiver:NAME or schedule:ID")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who asks for it.")] = "ioc page",
    token_file: Annotated[Path | None, typer.Option(help="A file that holds the write token.")] = None,
) -> None:
    """Send a test page the real way, through the running service, and say what was answered."""
    from ioc.inquiry import page as send

    lines, arrived = send(where, to, by, _read_token(token_file) if token_file else "", os.environ)
    for line in lines:
        typer.echo(line)
    if not arrived:
        raise typer.Exit(1)


@app.command()
def silence(
    url: Annotated[
        str, typer.Argument(metavar="URL", help="Where the service is: http://HOST:PORT or https://…")
    ],
    what: Annotated[str, typer.Argument(metavar="[list|extend|expire]", help="Else one is begun.")] = "begin",
    id: Annotated[str, typer.Argument(metavar="[ID]", help="Which one to extend or to end.")] = "",
    match: Annotated[
        list[str] | None, typer.Option(metavar="MATCHER", help='unit="x", severity!="info"; may be repeated.')
    ] = None,
    lasts: Annotated[str, typer.Option("--for", metavar="DURATION", help="From now: 2h, 1d12h.")] = "",
    by: Annotated[str, typer.Option(metavar="NAME", help="Who asks for it.")] = "",
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for whoever reads it later.")] = "",
    token_file: Annotated[Path | None, typer.Option(help="A file that holds the write token.")] = None,
) -> None:
    """Tell nobody of what the matchers hold of for a while; list, extend or end what is silenced."""
    from web.silence import Service

    service = Service(url, _read_token(token_file) if token_file else "")
    match what:
        case "begin":
            typer.echo(service.begin(", ".join(match or ()), lasts, by, reason))
        case "list":
            for line in service.list():
                typer.echo(line)
        case "extend" if id:
            typer.echo(service.extend(id, lasts, by))
        case "expire" if id:
            typer.echo(service.expire(id, by))
        case _:
            raise IocError(
                f"{what} {id}".strip() + ": no such thing to do; write list, extend ID or expire ID"
            )


@app.command()
def health(
    url: Annotated[
        str, typer.Argument(metavar="URL", help="Where the service is: http://HOST:PORT or https://…")
    ],
) -> None:
    """Say whether a service answers; for container engines and scripts."""
    from web.health import check as ask

    typer.echo(ask(url))


@app.command()
def demo(
    listen: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where the wall is.")] = "127.0.0.1:8080",
    duration: Annotated[float | None, typer.Option(metavar="S", help="End after this many seconds.")] = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report here.")] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed, the same faults.")] = 1,
    keep: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the province's configuration here.")
    ] = None,
) -> None:
    """Run a whole simulated province beside the service: 600 endpoints, faults, and a report of both."""
    from ioc.demo.run import demo as play

    raise typer.Exit(play(listen=listen, duration=duration, report=report, seed=seed, keep=keep))


@influx.command("init")
def influx_init(
    directory: Directory,
    url: Url = None,
    org: Org = None,
    admin_token_env: AdminTokenEnv = "INFLUX_ADMIN_TOKEN",  # noqa: S107 -- a variable's name
) -> None:
    """Make buckets, down-sampling tasks and tokens, or mend them; may be run again at any time."""
    from ioc.provision.commands import init

    _loop(init(directory, url, org, admin_token_env))


@influx.command("verify")
def influx_verify(
    directory: Directory,
    url: Url = None,
    org: Org = None,
    admin_token_env: AdminTokenEnv = "INFLUX_ADMIN_TOKEN",  # noqa: S107 -- a variable's name
) -> None:
    """Look at address, rights, buckets, tasks and clocks, and write a point and read it back."""
    from ioc.provision.commands import check as look

    if not _loop(look(directory, url, org, admin_token_env)):
        raise typer.Exit(1)


@influx.command("fill")
def influx_fill(
    directory: Directory,
    since: Annotated[str, typer.Option(metavar="DURATION", help="How far back: 5d, 12h; 30d at most.")],
    url: Url = None,
    org: Org = None,
    admin_token_env: AdminTokenEnv = "INFLUX_ADMIN_TOKEN",  # noqa: S107 -- a variable's name
) -> None:
    """Make five-minute and hourly windows of what is raw, once, for what came later than the tasks look back."""
    from ioc.provision.commands import fill

    _loop(fill(directory, url, org, admin_token_env, _duration(since)))


@history.command("migrate")
def history_migrate(
    directory: Directory,
    file: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="The embedded history; default: the configured one."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="Only what is newer: 90d, 12h; default: everything."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be moved, and end.")] = False,
    admin_token_env: AdminTokenEnv = "INFLUX_ADMIN_TOKEN",  # noqa: S107 -- a variable's name
) -> None:
    """Move the embedded history into InfluxDB, beside a running service; goes on where it was stopped."""
    from ioc.provision.migration import migrate

    newer = _duration(since) if since is not None else None
    if not _loop(migrate(directory, file, newer, admin_token_env, dry=dry_run)):
        raise typer.Exit(1)


@rules.command("test")
def rules_test(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Files of tests; docs/rules.md shows them.")
    ],
) -> None:
    """Play what is found over time to the real rules, and say where alerts, incidents or pages come otherwise."""
    from ioc.clock import Clock
    from ioc.rehearsal import rehearse, said

    sound = True
    for file in files:
        outcomes = _loop(rehearse(file, os.environ, Clock()))
        typer.echo(said(file, outcomes))
        sound = sound and not any(each.differences for each in outcomes)
    if not sound:
        raise typer.Exit(1)


@routes.command("test")
def routes_test(
    directory: Directory,
    new: Annotated[Path, typer.Argument(metavar="NEW_DIR", help="The changed configuration directory.")],
    days: Annotated[float, typer.Option(min=0.1, max=366, help="Incidents of so many days.")] = 7.0,
) -> None:
    """Say who would have been told otherwise of the last days' incidents; nothing is sent."""
    from ioc.rerouting import test

    for line in test(directory, new, days, os.environ):
        typer.echo(line)


def main() -> None:
    """The entry point; an error made on purpose is a sentence on stderr, not a traceback."""
    try:
        app()
    except ConfigError as error:
        for fault in error.faults:
            typer.echo(fault, err=True)
        count = len(error.faults)
        typer.echo(f"{count} {'fault' if count == 1 else 'faults'}; nothing was started", err=True)
        raise SystemExit(2) from None
    except IocError as error:
        typer.echo(f"ioc: {error}", err=True)
        raise SystemExit(1) from None


def _duration(text: str) -> float:
    from ioc.config.scalars import UnfitError, duration

    try:
        return duration(text)
    except UnfitError as unfit:
        raise IocError(f"{text!r}: {unfit.what}; {unfit.hint}") from None


def _read_token(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise IocError(f"--token-file {file}: {getattr(error, 'strerror', None) or 'not text'}") from error


def _loop(work: Coroutine[Any, Any, Any]) -> Any:
    import uvloop

    try:
        return uvloop.run(work)
    except KeyboardInterrupt:
        raise SystemExit(130) from None
