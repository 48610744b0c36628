"""Do nginx and Python see the same router, whatever the bytes?"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pyshim.language.router import Router, RouterFileError, fold

ordinary = st.text(alphabet=st.sampled_from("我的快递到哪了怎么退货？，！ aB３Ａ０9-😀㐀鿿é"), max_size=80)
anything = st.one_of(ordinary, st.text(max_size=80)).map(lambda text: text.encode("utf-8"))
any_bytes = st.one_of(anything, st.binary(max_size=60))

EXAMPLES = {
    "ＡＢｃ　１２-３": "abc0",
    "订单2023-11-05号": "订单0号",
    "你好！？": "你好",
    "㐀é鿿": "㐀鿿",
    "8" * 200 + "号": "0号",
}


def symbols(text: str) -> list[int]:
    return [60, *map(ord, text), 62]


@pytest.mark.parametrize(("text", "kept"), EXAMPLES.items())
def test_folding_keeps_letters_digits_and_ideographs(lua, text, kept):
    assert fold(text) == symbols(kept)
    assert lua.fold(text.encode()) == symbols(kept)


def test_sixty_four_symbols_are_read_and_sixty_five_have_no_guess(lua):
    assert fold("问" * 64) == lua.fold(("问" * 64).encode()) == symbols("问" * 64)
    assert fold("问" * 65) is None
    assert lua.fold(("问" * 65).encode()) is None


@pytest.mark.parametrize("text", ["", "？！😀", "13800138000", "２０２３-11"])
def test_a_text_without_words_has_no_guess(lua, text):
    assert fold(text) is None
    assert lua.fold(text.encode()) is None


@given(any_bytes)
@example(b"\xf0\xe4\xb8\xad")
@example(b"\xe4\xb8")
@example(b"\xe0\x81\xa1a")
@example(b"\xed\xa0\x80a")
@example(b"\xf4\x90\x80\x80a\xc1\xa1")
def test_both_fold_alike(lua, text):
    assert lua.fold(text) == fold(text)


@settings(max_examples=200)
@given(any_bytes)
def test_both_give_the_same_logits(lua, small_router, text):
    opened, _ = lua.open(small_router)
    expected = Router.load(small_router).logits(text)
    found = lua.logits(opened, text)
    if expected is None:
        assert found is None
    else:
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def test_a_guess_is_the_best_of_the_tenants_own_columns(lua, small_router):
    opened, _ = lua.open(small_router)
    columns = [1, 3, 4]
    own = Router.load(small_router).logits("快递到哪了")[columns]
    label, probability = lua.guess(opened, "快递到哪了".encode(), columns)
    assert label == columns[int(own.argmax())] + 1
    assert probability == pytest.approx(1 / np.exp(own - own.max()).sum())
    assert lua.guess(opened, "？！".encode(), columns) is None


def test_an_intent_of_another_tenant_has_its_prior(lua, small_router):
    opened, _ = lua.open(small_router)
    columns = [0, 1, 2, 3, 4]
    own = Router.load(small_router).logits("快递到哪了")
    best = int(own.argmax())
    priors = np.where(np.arange(5) == best, np.log(0.01), 0.0)
    shifted = own + priors
    label, probability = lua.guess(opened, "快递到哪了".encode(), columns, priors.tolist())
    assert label == int(shifted.argmax()) + 1
    assert probability == pytest.approx(1 / np.exp(shifted - shifted.max()).sum())


def test_a_column_beyond_the_table_is_refused(lua, small_router):
    opened, _ = lua.open(small_router)
    with pytest.raises(Exception, match="column 5 is not one of 5 classes"):
        lua.guess(opened, "快递".encode(), [1, 5])


def damaged(raw: bytes) -> dict[str, bytes]:
    def word(index: int, value: int) -> bytes:
        return raw[: 4 * index] + struct.pack("<I", value) + raw[4 * index + 4 :]

    return {
        "shorter than its header": raw[:20],
        "SLRT": b"GIF8" + raw[4:],
        "version 2": word(1, 2),
        "impossible shape": word(2, 1000),
        "impossible n-grams": word(6, 9),
        "wrong size": raw[:-1],
        "wrong size:": raw + b"\0",
        "not numbers": raw[:-4] + struct.pack("<f", float("nan")),
    }


@pytest.mark.parametrize("complaint", damaged(bytes(64)))
def test_a_damaged_file_is_refused_in_both(lua, small_router, tmp_path, complaint):
    path = tmp_path / "router.bin"
    path.write_bytes(damaged(small_router.read_bytes())[complaint])
    opened, err = lua.open(path)
    assert opened is None
    assert complaint in err
    with pytest.raises(RouterFileError, match=complaint):
        Router.load(path)


def test_a_missing_file_is_named(lua, tmp_path):
    missing = tmp_path / "none.bin"
    assert lua.open(missing) == (None, f"{missing}: cannot open: No such file or directory")
    with pytest.raises(RouterFileError, match="No such file"):
        Router.load(missing)


def test_an_opened_router_outlives_its_replaced_file(lua, small_router, tmp_path):
    path: Path = tmp_path / "router.bin"
    path.write_bytes(small_router.read_bytes())
    opened, _ = lua.open(path)
    before = lua.logits(opened, "退货".encode())
    path.unlink()
    lua.run("collectgarbage() collectgarbage()")
    np.testing.assert_array_equal(lua.logits(opened, "退货".encode()), before)


def test_the_module_can_be_loaded_twice_in_one_lua_state(lua):
    lua.run("package.loaded['edge.router'] = nil; require 'edge.router'")
