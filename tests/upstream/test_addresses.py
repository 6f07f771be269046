"""What is known of the peers' names, and when they are looked up again."""

from __future__ import annotations

from ivr.upstream.addresses import FRESH_S, HANGING_S, KEPT_S, MOST_LOOKUPS, Addresses

HOST = "agent.example"
HERE = ("192.0.2.1",)


def known(at: float = 0.0) -> Addresses:
    addresses = Addresses()
    assert addresses.begin(HOST, at)
    assert addresses.end(HOST, HERE, at) is None
    return addresses


def test_a_fresh_address_needs_no_lookup() -> None:
    addresses = known()
    assert addresses.fresh(HOST, FRESH_S - 0.1) == HERE
    assert addresses.fresh(HOST, FRESH_S) == ()
    assert addresses.fresh("other.example", 0.0) == ()
    assert addresses.kept("other.example", 0.0) == ()


def test_the_last_good_address_stands_in_for_an_hour() -> None:
    addresses = known()
    assert addresses.begin(HOST, 60.0)
    assert addresses.end(HOST, (), 60.0) == "lost"
    assert addresses.kept(HOST, KEPT_S - 0.1) == HERE
    assert addresses.kept(HOST, KEPT_S) == ()


def test_a_failed_connection_asks_for_a_lookup() -> None:
    addresses = known()
    addresses.doubt("never heard of")
    addresses.doubt(HOST)
    assert (addresses.fresh(HOST, 1.0), addresses.kept(HOST, 1.0)) == ((), HERE)
    assert addresses.begin(HOST, 1.0)
    addresses.end(HOST, HERE, 1.0)
    assert addresses.fresh(HOST, 1.0) == HERE


def test_one_lookup_of_a_name_at_a_time_unless_it_hangs() -> None:
    addresses = Addresses()
    begun = [at for at in range(100) if addresses.begin(HOST, float(at))]
    assert begun == [round(HANGING_S) * number for number in range(MOST_LOOKUPS)]
    assert repr(addresses) == f"<Addresses 1 names, {MOST_LOOKUPS} looked up>"
    addresses.end(HOST, (), 100.0)
    assert addresses.begin(HOST, 100.0)


def test_only_a_change_is_told() -> None:
    addresses = known()
    told = []
    for found in [(), (), (), HERE, HERE, ()]:
        addresses.begin(HOST, 1.0)
        told.append(addresses.end(HOST, found, 1.0))
    assert told == ["lost", None, None, "found", None, "lost"]
