"""Rules and receivers: compiled by whoever runs them, placed and checked here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel

from ioc.config import schema
from ioc.config.compiled import Receiver
from ioc.config.directory import Piece
from ioc.config.faults import Faults, Place, did_you_mean, listed
from ioc.config.fit import fit
from ioc.config.offline import HostOf, near, nothing_needed
from ioc.config.probes import options_of, part
from ioc.config.secrets import Secrets
from ioc.errors import RuleError

Compile = Callable[[Mapping[str, object], Collection[str]], object]
"""makes a rule of what was written, which may read numbers of these names; raises RuleError"""
_COMMON = ("channel", "severities", "unit", "digest", "per_minute", "max_age", "offline")


@dataclass(slots=True)
class Rules:
    """Each rule compiled and as it was written, by id; a shipped one was not written."""

    compiled: dict[str, object] = field(default_factory=dict)
    sources: dict[str, Mapping[str, object]] = field(default_factory=dict)


def rules(
    own: Iterable[Piece],
    chosen: Sequence[str],
    place: Place,
    shipped: Mapping[str, object],
    compile: Callable[[Mapping[str, object]], object],
    faults: Faults,
) -> Rules:
    """The shipped rules that were chosen, then the own ones; an own one replaces a shipped one of its id."""
    out = Rules(_chosen(chosen, place, shipped, faults))
    out.sources.update((id, {}) for id in out.compiled)
    first: dict[str, Place] = {}
    for piece in own:
        _add(piece, compile, first, out, faults)
    return out


def receivers(
    named: Iterable[tuple[str, Piece]],
    channels: Mapping[str, type[BaseModel]],
    secrets: Secrets,
    faults: Faults,
    host: HostOf = nothing_needed,
) -> dict[str, Receiver]:
    """Whom incidents are told, by name; `host` says what a channel talks to."""
    out: dict[str, Receiver] = {}
    for name, piece in named:
        common = fit(schema.Receiver, part(piece, _COMMON, keep=True), faults, "receiver")
        if common is None:
            continue
        options = options_of("channel", common.channel, channels, piece, _COMMON, secrets, faults)
        if options is not None:
            severities = frozenset(common.severities)
            offline = near(host(common.channel, options)) if common.offline is None else common.offline
            out[name] = Receiver(
                name, common.channel, severities, options, common.unit or "", common.digest,
                common.per_minute, common.max_age, offline,
            )  # fmt: skip
    return out


def _chosen(
    chosen: Sequence[str], place: Place, shipped: Mapping[str, object], faults: Faults
) -> dict[str, object]:
    if chosen in (["all"], ["none"]):
        return dict(shipped) if chosen == ["all"] else {}
    for id in chosen:
        if id not in shipped:
            hint = did_you_mean(id, shipped, f"`all`, `none`, or of {listed(shipped)}")
            faults.add("unknown-rule", place, "unknown shipped rule", id, hint)
    return {id: rule for id, rule in shipped.items() if id in chosen}


def _add(
    piece: Piece,
    compile: Callable[[Mapping[str, object]], object],
    first: dict[str, Place],
    out: Rules,
    faults: Faults,
) -> None:
    id = piece.data.get("id")
    if not isinstance(id, str):
        faults.add(
            "missing-key", piece.place(), "rule without the key", "id", "each rule has an id of its own"
        )
        return
    if id in first:
        faults.add("duplicate-id", piece.place("id"), "rule id twice:", id, f"{first[id]} has it already")
        return
    first[id] = piece.place("id")
    whole = "template" in piece.data  # every template says what to do, and which page to follow
    if piece.data.get("severity") == "critical" and not piece.data.get("next_action", whole):
        hint = "say what whoever is woken does first"
        faults.add("missing-next-action", piece.place("id"), "critical rule without next_action:", id, hint)
    if not piece.data.get("runbook", whole):
        faults.warn(
            "missing-runbook", piece.place("id"), "rule without runbook:", id, "name the page to follow"
        )
    try:
        out.compiled[id] = compile(piece.data)
        out.sources[id] = piece.data
    except RuleError as error:
        said = str(error).removeprefix(f"rule {id!r}: ")
        key = said.partition(":")[0]
        faults.add("bad-rule", piece.place(key), f"rule {id}: {said}")
