"""Does the edge read what an older sluice compiled?"""

from typing import Any


def test_what_an_older_part_does_not_say_is_empty_and_what_it_says_stays(lua: Any) -> None:
    completed = lua.eval(b"require('edge.older').completed")
    old = completed(lua.execute(b"return { hot = { greet = { fields = 'x' } } }"))
    assert (len(old[b"alarms"]), len(old[b"hot"][b"greet"][b"spoken"])) == (0, 0)
    new = completed(lua.execute(b"return { alarms = { 'a' }, hot = { greet = { spoken = { en = 'y' } } } }"))
    assert (new[b"alarms"][1], new[b"hot"][b"greet"][b"spoken"][b"en"]) == (b"a", b"y")
