"""Does training read the rows of a text that the router reads, in the same order?"""

import pytest

from pyshim.language.router import Shape, buckets_of, fold
from triton_models.build.ngrams import Bags

TEXTS = ["我的快递到哪了", "", "12", "a", "我的快递到哪了", "！！", "ＶＩＰ 会员2023年到期", "退"]
SHAPES = [Shape(1024, 8, 2, 1, 4), Shape(1024, 8, 2, 2, 3), Shape(1024, 8, 2, 1, 1), Shape(1024, 8, 2, 1, 3, 5)]


@pytest.mark.parametrize("shape", SHAPES)
def test_each_text_has_the_rows_of_its_n_grams(shape: Shape) -> None:
    bags = Bags.of(TEXTS, shape)
    read = [bags.rows[start : start + size].tolist() for start, size in zip(bags.starts, bags.sizes, strict=True)]
    assert read == [buckets_of(symbols, shape) if (symbols := fold(text, shape.symbols)) else [] for text in TEXTS]


def test_of_no_text_there_are_no_rows() -> None:
    assert Bags.of([], SHAPES[0]).rows.tolist() == []
    assert Bags.of(["", "！"], SHAPES[0]).sizes.tolist() == [0, 0]
