"""Are large word lists read strictly, and masked only where they ought to be?"""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyshim.errors import BadTenant
from pyshim.language.router import HEADER, MAGIC, VERSION, Router, Shape, buckets_of, fold
from pyshim.settings import read_settings
from pyshim.tenants.compile import compile_all, composer
from pyshim.tenants.schema import Tenant
from pyshim.words import lexicon, offence
from pyshim.words.lexicon import Entry, Usage, key
from pyshim.words.offence import Confirmer, Sheet, rows_of, window
from pyshim.words.sensitive import Sensitive, load

USAGE = Usage(ordinary=frozenset({key("手机")}), mixed=frozenset({key("垃圾")}), hurting=frozenset({key("傻帽")}))


@dataclass
class Told:
    """A confirmer that finds offence wherever it reads 滚."""

    usage: Usage = USAGE
    threshold: float = 0.5
    router: Router = field(
        default_factory=lambda: Router(Shape(4, 1, 2), np.zeros((4, 1), np.int8), np.zeros((2, 1)), np.zeros(2))
    )

    asked: int = 0

    def offends(self, piece: str) -> float:
        self.asked += 1
        return 1.0 if "滚" in piece else 0.0


def words(**lists_and_category: tuple[int, str]) -> lexicon.Lexicon:
    return {word: Entry(lists, {category}) for word, (lists, category) in lists_and_category.items()}


LISTED = words(
    手机=(3, "广告"), 垃圾=(3, "-"), 傻帽=(2, "-"), 笨鸟=(1, "-"), 春药铺=(2, "色情类"), 色区=(2, "色情类"), cao=(1, "-")
)


@pytest.fixture
def masks() -> Sensitive:
    return Sensitive(LISTED, Told())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("你个傻帽", "你个＊＊"),
        ("春药铺在哪", "＊＊＊在哪"),
        ("颜色区别", "颜色区别"),
        ("手机滚", "手机滚"),
        ("垃圾桶在哪", "垃圾桶在哪"),
        ("垃圾，滚", "＊＊，滚"),
        ("笨鸟先飞", "笨鸟先飞"),
        ("滚，笨鸟", "滚，＊＊"),
        ("ＣＡＯ，滚", "＊＊＊，滚"),
        ("滚 cacao 123cao", "滚 cacao 123cao"),
        ("", ""),
        ("没有坏话", "没有坏话"),
    ],
)
def test_strong_words_are_masked_and_doubtful_ones_where_their_surroundings_offend(
    shop: Tenant, masks: Sensitive, text: str, masked: str
) -> None:
    bare = msgspec.structs.replace(shop, mask=[], allow=[])
    assert composer(bare, masks).masked(text) == masked


def test_a_tenants_own_words_and_allowed_phrases_stay_above_the_lists(shop: Tenant, masks: Sensitive) -> None:
    own = composer(msgspec.structs.replace(shop, mask=["手机"], allow=["傻帽相机"]), masks)
    assert own.masked("手机和傻帽相机，傻帽") == "＊＊和傻帽相机，＊＊"


def test_overlapping_words_are_all_masked(shop: Tenant) -> None:
    both = Sensitive(words(甲乙丙=(2, "色情"), 丙丁戊=(2, "色情")), None)
    assert composer(msgspec.structs.replace(shop, mask=[], allow=[]), both).masked("甲乙丙丁戊") == "＊＊＊＊＊"


def test_without_a_confirmer_only_what_the_lists_alone_are_sure_of_is_masked() -> None:
    assert Sensitive(LISTED, None).spans("垃圾傻帽手机滚，春药铺") == [(8, 11)]


def test_what_stands_far_away_does_not_confirm(masks: Sensitive) -> None:
    assert masks.spans("滚" + "好" * 200 + "笨鸟" + "好" * 200) == []


def test_a_long_text_full_of_doubtful_words_is_judged_once_for_every_few_characters(masks: Sensitive) -> None:
    assert len(masks.spans("笨鸟" * 1000 + "滚")) in range(10, 40)
    assert masks.confirmer is not None
    assert masks.confirmer.asked <= 251  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("rows", "read"),
    [
        (b"word\tcategory\n\xe5\x82\xbb\xe5\xb8\xbd\t-\n", ["傻帽"]),
        ("\ufeff傻帽\r\n\r\nＦＵＣＫ\n".encode(), ["傻帽", "fuck"]),
        ("退\nQQ\n10086\n！！\n退款\n".encode(), ["退款"]),
    ],
)
def test_a_list_has_a_category_or_none_and_short_words_are_left_out(tmp_path: Path, rows: bytes, read: list[str]) -> None:
    (tmp_path / "a.tsv").write_bytes(rows)
    assert list(lexicon.read((tmp_path / "a.tsv",))) == read


def test_lists_that_agree_are_counted_once_each(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("傻帽\t甲\n傻帽\t乙\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text("傻帽\n", encoding="utf-8")
    (tmp_path / "SOURCE.md").write_text("# no list", encoding="utf-8")
    assert lexicon.read((tmp_path,)) == {"傻帽": Entry(2, {"甲", "乙"})}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (b"\xff\xfe", "not UTF-8"),
        (b"\tcategory", "no word before the tab"),
        (b"a word\tb\tc", "more than two columns"),
        (b"w" * 201, "a word of 201 characters, at most 200"),
        (b"be\x07ll", "a control character"),
    ],
)
def test_a_broken_row_refuses_the_snapshot_with_file_and_line(tmp_path: Path, row: bytes, says: str) -> None:
    (tmp_path / "bad.tsv").write_bytes(b"fine\t-\n" + row)
    with pytest.raises(BadTenant, match=rf"bad\.tsv:2: {says}"):
        compile_all(read_settings({"SLUICE_WORD_LISTS": str(tmp_path)}))


def test_a_missing_list_is_named() -> None:
    with pytest.raises(BadTenant, match=r"none\.tsv: no such word list"):
        load((Path("none.tsv"),), Path())


def test_the_lists_change_the_snapshots_version_and_are_used(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("特制词语\t色情\n", encoding="utf-8")
    (tmp_path / "b.tsv").write_text("特制词语\t-\n", encoding="utf-8")
    before = compile_all(read_settings({}))
    after = compile_all(read_settings({"SLUICE_WORD_LISTS": f"{tmp_path}/a.tsv, {tmp_path}/b.tsv"}))
    assert before.digest != after.digest
    assert after.served["shop"].composer.masked("一个特制词语") == "一个＊＊＊＊"


@given(st.text(max_size=90))
def test_the_confirmer_reads_the_rows_that_the_router_reads(text: str) -> None:
    symbols = fold(text)
    for shape in (Shape(1024, 8, 2, 1, 4), Shape(1024, 8, 2, 2, 3)):
        if symbols:
            assert sorted(rows_of(symbols, shape).tolist()) == sorted(buckets_of(symbols, shape))


@given(st.text(max_size=200), st.integers(0, 200), st.integers(1, 9))
def test_a_window_is_never_too_wide_and_holds_its_word(text: str, start: int, length: int) -> None:
    start = min(start, len(text))
    end = min(start + length, len(text))
    seen = window(text, start, end)
    assert len(seen) == min(64, len(text))
    assert text[start:end] in seen


def sheet_and_table(folder: Path, classes: int = 2) -> Path:
    rng, shape = np.random.default_rng(3), Shape(1024, 8, classes)
    table = rng.integers(-127, 128, (shape.buckets, shape.dims), dtype=np.int8)
    floats = rng.normal(scale=0.05, size=classes * (shape.dims + 1)).astype("<f4")
    header = HEADER.pack(MAGIC, VERSION, shape.buckets, shape.dims, classes, shape.min_n, shape.max_n, 0)
    (folder / offence.TABLE).write_bytes(header + table.tobytes() + floats.tobytes())
    (folder / offence.SHEET).write_bytes(msgspec.json.encode(Sheet(0.7, USAGE)))
    return folder


def test_a_confirmer_gives_the_routers_probability(tmp_path: Path) -> None:
    found = offence.load(sheet_and_table(tmp_path))
    assert found is not None
    assert (found.threshold, found.usage) == (0.7, USAGE)
    logits = Router.load(tmp_path / offence.TABLE).logits("这是什么垃圾")
    assert logits is not None
    assert found.offends("这是什么垃圾") == pytest.approx(1 / (1 + np.exp(logits[0] - logits[1])))
    assert found.offends("？！") == 0.0


def test_a_folder_without_a_confirmer_has_none_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    assert offence.load(tmp_path) is None
    folder = sheet_and_table(tmp_path)
    (folder / offence.SHEET).write_text('{"threshold": "high"}')
    with pytest.raises(BadTenant, match=r"sensitive\.json: Expected `float`"):
        offence.load(folder)
    with pytest.raises(BadTenant, match="3 classes, wanted 2"):
        offence.load(sheet_and_table(tmp_path, classes=3))
    (folder / offence.TABLE).write_bytes(b"no table")
    with pytest.raises(BadTenant, match="not a router file"):
        offence.load(folder)


def test_a_probability_can_be_no_number_out_of_range() -> None:
    far = Router(Shape(4, 1, 2), np.full((4, 1), 127, np.int8), np.array([[9e4], [-9e4]], np.float32), np.zeros(2, np.float32))
    assert Confirmer(far, 0.5, USAGE).offends("垃圾") < 1e-300
