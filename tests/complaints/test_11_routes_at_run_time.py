"""Complaint 11, "No runtime routes/receivers API": alertmanager#4346, #2242, #2335.

Routes and receivers are files under version control, taken while the service runs (`POST /-/reload`, which answers
with what changed, or with every fault and goes on with the old ones: tests/service/test_reload.py).
"""

import shutil
from datetime import date
from pathlib import Path

from ioc.config.diff import changes
from ioc.config.load import examine
from ioc.reading import parts
from tests.oncall.acts import CONFIG, MORNING, begin, cut, wait
from tests.oncall.province import read

ROUTE = '{id: nghiem-trong, severities: [critical], tell: ["receiver:desk"], chain: truc}'
OTHER = '{id: nghiem-trong, severities: [critical], tell: ["person:hai"]}'


def rewritten(folder: Path, new: str) -> Path:
    """The golden week's configuration with another route for what is critical."""
    shutil.copytree(CONFIG, folder)
    duty = folder / "duty.yaml"
    duty.write_text(duty.read_text("utf-8").replace(ROUTE, new), "utf-8")
    return folder


async def test_a_changed_route_is_taken_while_the_service_runs_and_what_changed_is_said(
    tmp_path: Path,
) -> None:
    province = await begin(tmp_path / "state", MORNING)
    fresh = read(rewritten(tmp_path / "c", OTHER), date(2026, 11, 25))
    assert any("nghiem-trong" in each for each in changes(province.config, fresh))
    province.apply(fresh)
    cut(province, "up-a")
    await wait(province, 60)
    told = {(name, each.because) for name, end in province.ends.items() for each in end.got}
    assert told == {("carrier", "route cap-quang"), ("sms", "route nghiem-trong")}
    await province.stop()


def test_a_route_to_somebody_who_does_not_exist_is_refused_with_its_line(tmp_path: Path) -> None:
    bad = OTHER.replace("person:hai", "person:hang")
    reading = examine(rewritten(tmp_path / "c", bad), parts(), {}, date(2026, 11, 25))
    assert reading.config is None
    assert len(reading.faults) == 1
    assert reading.faults[0].startswith("duty.yaml:66: ")
    assert "hang" in reading.faults[0]
