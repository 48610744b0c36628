"""Is the fake back end of the unit tests like the real client, and does the real client say what the example back end says?"""

import inspect

import pytest

from pyshim.errors import BackendAway
from pyshim.outside.backend import Backend
from pyshim.tenants.schema import Call
from tests.conftest import Stack, free_ports
from tests.shim.conftest import ToldBackend

READ = Call("GET", "/orders/{order_id}")
CANCEL = Call("POST", "/cancellations", ["order_id"])


@pytest.mark.parametrize("method", ["call", "close"])
def test_the_fake_has_the_same_methods(method: str) -> None:
    assert inspect.signature(getattr(ToldBackend, method)) == inspect.signature(getattr(Backend, method))


@pytest.mark.real
async def test_an_answer_a_refusal_and_silence(stack: Stack) -> None:
    backend = Backend()
    shop = f"{stack.settings.example_backend}/shop"
    code, fields = await backend.call(shop, READ, {"order_id": "20231105"}, "u", "", 5)
    assert (code, fields["item"]) == (None, "加厚羽绒服 黑色 L")
    code, _ = await backend.call(shop, READ, {"order_id": "20239999"}, "u", "", 5)
    assert code == "not_found"
    code, _ = await backend.call(shop, READ, {"order_id": "20231105/refund?x=1#"}, "u", "", 5)
    assert code == "unknown_path"  # a slot's value stays one segment of the path
    with pytest.raises(BackendAway):
        await backend.call(f"http://127.0.0.1:{free_ports(1)[0]}", READ, {"order_id": "1"}, "u", "", 5)
    await backend.close()


@pytest.mark.real
async def test_the_same_key_does_it_once(stack: Stack) -> None:
    backend = Backend()
    shop = f"{stack.settings.example_backend}/shop"
    first = await backend.call(shop, CANCEL, {"order_id": "20231106"}, "twins", "key-1", 5)
    again = await backend.call(shop, CANCEL, {"order_id": "20231106"}, "twins", "key-1", 5)
    other = await backend.call(shop, CANCEL, {"order_id": "20231106"}, "twins", "key-2", 5)
    assert first == again
    assert first[0] is None
    assert other[0] == "not_allowed"
    await backend.close()
