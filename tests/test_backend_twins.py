"""Is the fake back end of the unit tests like the real client, and does the real client say what the example back end says?"""

import inspect

import pytest

from pyshim.outside.backend import Backend, Done, Refused
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
    done = await backend.call(shop, READ, {"order_id": "20231105"}, "u", "", 5)
    assert isinstance(done, Done)
    assert done.fields["item"] == "加厚羽绒服 黑色 L"
    refused = await backend.call(shop, READ, {"order_id": "20239999"}, "u", "", 5)
    assert isinstance(refused, Refused)
    assert refused.code == "not_found"
    refused = await backend.call(shop, READ, {"order_id": "20231105/refund?x=1#"}, "u", "", 5)
    assert isinstance(refused, Refused)
    assert refused.code == "unknown_path"  # a slot's value stays one segment of the path
    nobody = await backend.call(f"http://127.0.0.1:{free_ports(1)[0]}", READ, {"order_id": "1"}, "u", "", 5)
    assert isinstance(nobody, Refused)
    assert nobody.code == ""  # nothing was sent
    await backend.close()


@pytest.mark.real
async def test_the_same_key_does_it_once(stack: Stack) -> None:
    backend = Backend()
    shop = f"{stack.settings.example_backend}/shop"
    first = await backend.call(shop, CANCEL, {"order_id": "20231106"}, "twins", "key-1", 5)
    again = await backend.call(shop, CANCEL, {"order_id": "20231106"}, "twins", "key-1", 5)
    other = await backend.call(shop, CANCEL, {"order_id": "20231106"}, "twins", "key-2", 5)
    assert first == again
    assert isinstance(first, Done)
    assert isinstance(other, Refused)
    assert other.code == "not_allowed"
    await backend.close()
