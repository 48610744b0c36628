"""Does a sentence become the same token ids everywhere, and the right ones?"""

from __future__ import annotations

from random import Random

import pytest
from tokenizers import Tokenizer

from triton_models.build.pieces import Pieces
from triton_models.build.vocabulary import MAX_TOKENS, build_tokenizer

SENTENCES = ["怎么退款", "密码 password 忘了", "the password is wrong", "wifi 连不上", "网速 100 兆", "😭 退不了"]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return build_tokenizer(SENTENCES)


def test_an_ideograph_a_mark_and_an_emoji_are_one_token_each(tokenizer):
    assert tokenizer.encode("退款！😭").tokens == ["[CLS]", "退", "款", "!", "😭"]


def test_a_latin_word_that_was_read_is_whole_and_another_is_its_pieces(tokenizer):
    assert tokenizer.encode("Password").tokens == ["[CLS]", "password"]
    assert tokenizer.encode("xyz").tokens == ["[CLS]", "x", "##y", "##z"]


@pytest.mark.parametrize("text", ["流量100兆", "流量７兆", "流量0兆"])
def test_a_run_of_digits_is_one_zero(tokenizer, text):
    assert tokenizer.encode(text).tokens == ["[CLS]", "流", "量", "0", "兆"]


def test_what_it_never_saw_is_unknown_and_nothing_else_is(tokenizer):
    assert tokenizer.encode("退𠮷款").tokens == ["[CLS]", "退", "[UNK]", "款"]


def test_the_same_texts_give_the_same_ids_in_any_order(tokenizer):
    shuffled = [*SENTENCES, SENTENCES[0]]
    Random(3).shuffle(shuffled)
    assert build_tokenizer(shuffled).to_str() == tokenizer.to_str()


def test_what_is_shorter_is_filled_up_with_zero_and_what_is_longer_is_cut(tokenizer):
    short, long = tokenizer.encode_batch(["好", "好" * 100])
    assert len(short.ids) == len(long.ids) == MAX_TOKENS == 64
    assert short.ids[2:] == [0] * 62
    assert tokenizer.token_to_id("[PAD]") == 0


def test_what_looks_like_a_piece_is_read_as_written(tokenizer):
    assert tokenizer.encode("##a").tokens == ["[CLS]", "#", "#", "a"]


def test_a_share_of_none_cuts_as_usual_and_of_all_into_letters(tokenizer):
    said = "The PASSWORD 123, is wrong?! 密码𠮷"
    assert Pieces(tokenizer, 0.0).ids(said, Random(1)) == tokenizer.encode(said).ids
    assert len(Pieces(tokenizer, 1.0).ids("password", Random(1))) == 9


def test_the_same_chance_cuts_the_same_way_and_another_otherwise(tokenizer):
    def cut(seed: int) -> list[list[int]]:
        return [one.ids for one in Pieces(tokenizer, 0.3).by(Random(seed)).encode_batch(["the password is wrong"] * 8 + ["好"])]

    assert cut(1) == cut(1) != cut(2)
    assert len({tuple(ids) for ids in cut(1)}) > 3
    assert len({len(ids) for ids in cut(1)}) == 1


def test_what_is_too_long_is_cut_off_there_too(tokenizer):
    assert len(Pieces(tokenizer, 1.0).ids("password " * 20, Random(1))) == MAX_TOKENS
