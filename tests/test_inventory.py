"""What is watched: the topology, and who answers for a thing."""

from __future__ import annotations

from ioc.inventory import Endpoint, Inventory, Owner, Probe, Site
from ioc.units import Units


def endpoint(id: str, parent: str = "", site: str = "", owner: Owner = Owner()) -> Endpoint:  # noqa: B008
    return Endpoint(id, id, "room", "vc", "u", "127.0.0.1", (), site=site, parent=parent, owner=owner)


def tree() -> Inventory:
    """A core, two uplinks behind it, three rooms behind those."""
    parents = {"core": "", "up1": "core", "up2": "core", "r1": "up1", "r2": "up1", "r3": "up2"}
    return Inventory(Units(), (), [endpoint(id, parent) for id, parent in parents.items()], ("core",))


def test_children_are_directly_behind() -> None:
    assert tree().children("core") == ("up1", "up2")
    assert tree().children("r1") == ()
    assert tree().children("nothing") == ()


def test_ancestors_stand_in_front_nearest_first() -> None:
    assert list(tree().ancestors("r3")) == ["up2", "core"]
    assert list(tree().ancestors("core")) == []
    assert list(tree().ancestors("nothing")) == []


def test_descendants_come_after_their_parents() -> None:
    found = list(tree().descendants("core"))
    assert sorted(found) == ["r1", "r2", "r3", "up1", "up2"]
    assert found.index("up1") < found.index("r1")
    assert found.index("up2") < found.index("r3")


def test_a_parent_that_is_not_declared_ends_the_line() -> None:
    inventory = Inventory(Units(), (), [endpoint("r", "elsewhere")])
    assert list(inventory.ancestors("r")) == ["elsewhere"]


def test_an_owner_is_filled_field_by_field_from_the_site() -> None:
    site = Site("s", "Hạc Thành", "u", Owner("Lan", "0901", "VNPT", "C-1", "18001166"))
    own = Owner(phone="0999", circuit="C-2")
    inventory = Inventory(Units(), [site], [endpoint("e", site="s", owner=own), endpoint("f", site="s")])
    assert inventory.owner("e") == Owner("Lan", "0999", "VNPT", "C-2", "18001166")
    assert inventory.owner("f") == site.owner


def test_without_a_site_the_own_owner_stands_alone() -> None:
    own = Owner(name="Minh")
    inventory = Inventory(Units(), [], [endpoint("e", owner=own), endpoint("f", site="gone", owner=own)])
    assert inventory.owner("e") == own
    assert inventory.owner("f") == own


def test_stale_after_three_intervals() -> None:
    assert Probe("sip", 10.0, 1.0, None).stale_after == 30.0
