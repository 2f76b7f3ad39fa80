"""Every dashboard there is, one line each: the name of its file and what makes it, told where the wall is."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from grafana_foundation_sdk.builders.dashboard import Dashboard

from grafana.source.boards import conference, endpoint, overview, service, sites

BOARDS: Mapping[str, Callable[[str], Dashboard]] = {
    "conference": conference.board,
    "endpoint": endpoint.board,
    "overview": overview.board,
    "service": service.board,
    "sites": sites.board,
}
