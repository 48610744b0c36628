"""Whose turn is it, and how many talk at once?"""

from pathlib import Path

import msgspec

from loadtest.running.plan import Plan
from loadtest.who.people import People


def test_who_still_thinks_is_not_asked_and_somebody_new_comes(plan: Plan) -> None:
    people = People(plan, 0)
    first = people.next(now=0)
    assert first is not None
    people.think(first, until=10)

    second = people.next(now=5)

    assert second is not None and second is not first
    assert people.next(now=11) is first
    assert people.talking == 2


def test_who_has_waited_longest_comes_first(plan: Plan) -> None:
    people = People(plan, 0)
    waiting = [people.begin() for _ in range(3)]
    for until, one in zip((7, 3, 5), waiting, strict=True):
        assert one is not None
        people.think(one, until)

    assert [people.next(now=8) for _ in range(3)] == [waiting[1], waiting[2], waiting[0]]


def test_a_customer_comes_back_with_another_session(plan: Plan) -> None:
    people = People(plan, 0)
    first = people.begin()
    assert first is not None
    people.leave(first)

    second = people.begin()

    assert second is not None
    assert second.person is first.person
    assert second.session != first.session


def test_who_gave_up_does_not_come_back(plan: Plan) -> None:
    people = People(plan, 0)
    first = people.begin()
    assert first is not None
    people.leave(first, come_back=False)

    second = people.begin()

    assert second is not None and second.person is not first.person
    assert people.talking == 1


def test_workers_play_each_conversation_once(plan: Plan) -> None:
    three = msgspec.structs.replace(plan, workers=3)
    numbers = []
    for worker in range(3):
        people = People(three, worker)
        numbers += [one.number for _ in range(5) if (one := people.begin())]

    assert sorted(numbers) == list(range(15))


def test_tokens_that_were_given_are_shared_out_and_nobody_uses_one_twice_at_once(plan: Plan) -> None:
    place = msgspec.structs.replace(plan.places[0], tokens=["a", "b", "c"], guests=False)
    two = msgspec.structs.replace(plan, workers=2, places=[place])
    first, second = People(two, 0), People(two, 1)

    assert [one.person.token for _ in range(2) if (one := first.begin())] == ["a", "c"]
    assert [one.person.token for _ in range(1) if (one := second.begin())] == ["b"]
    assert first.next(now=0) is None


def test_where_all_tokens_are_in_use_somebody_answers_sooner(plan: Plan) -> None:
    place = msgspec.structs.replace(plan.places[0], tokens=["a"], guests=False)
    people = People(msgspec.structs.replace(plan, places=[place]), 0)
    only = people.begin()
    assert only is not None
    people.think(only, until=100)

    assert people.next(now=0) is only


def test_a_turn_is_sent_twice_as_often_as_was_wanted(plan: Plan) -> None:
    people = People(msgspec.structs.replace(plan, again=0.5), 0)
    drawn = [people.impatient() for _ in range(4_000)]

    assert abs(drawn.count("meanwhile") - 1_000) < 150
    assert abs(drawn.count("after") - 1_000) < 150


def test_tokens_are_made_where_a_key_is_at_hand(plan: Plan, tmp_path: Path) -> None:
    place = msgspec.structs.replace(plan.places[0], keys=str(tmp_path), guests=False)
    made = People(msgspec.structs.replace(plan, places=[place]), 0)

    one, other = made.begin(), made.begin()

    assert one is not None and other is not None
    assert one.person.token != other.person.token
