"""Are the questions the same for the same seed, and none that a model was trained on?"""

import random
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from loadtest.what import questions
from loadtest.what.questions import MIX, Questions
from pyshim.settings import read_settings
from pyshim.tenants.schema import Tenant
from triton_models.build.corpus import own
from triton_models.build.split import split


def built(tenants: dict[str, Tenant], datasets: Path, seed: int = 7) -> tuple[dict[str, Questions], list[str]]:
    settings = replace(read_settings({}), datasets=datasets)
    return questions.build(settings, tenants.values(), seed)


def everything(one: Questions) -> set[str]:
    return {*one.hot, *one.hard, *one.out_of_scope, *one.popular, *(text for pair in one.pairs for text in pair)}


def test_every_sentence_is_of_the_validation_side(tenants: dict[str, Tenant], tmp_path: Path) -> None:
    train, held = split(own())
    learned = {text for group in train.groups for text in group.sentences}
    kept = {text for group in held.groups for text in group.sentences}

    found, _ = built(tenants, tmp_path)

    for name, one in found.items():
        asked = everything(one) - set(questions.buttons(tenants[name]))
        assert len(asked) > 500
        assert asked <= kept
        assert not asked & learned


@pytest.mark.long
def test_the_same_seed_asks_the_same(tenants: dict[str, Tenant], tmp_path: Path) -> None:
    def asked(seed: int) -> list[tuple[str, str]]:
        found, _ = built(tenants, tmp_path, seed)
        return list(questions.drawn(found["telecom"], random.Random(seed), 200))

    assert asked(7) == asked(7)
    assert asked(7) != asked(8)


def test_shares_of_a_long_run_are_those_of_the_mix(tenants: dict[str, Tenant], tmp_path: Path) -> None:
    found, _ = built(tenants, tmp_path)
    kinds = [kind for kind, _ in questions.drawn(found["shop"], random.Random(1), 20_000)]

    shares = {kind: kinds.count(kind) / len(kinds) for kind in MIX}

    pairs = sum(MIX.values()) + MIX["paraphrased"]  # a paraphrase is two turns
    wanted = {kind: (2 if kind == "paraphrased" else 1) * share / pairs for kind, share in MIX.items()}
    assert shares == pytest.approx(wanted, abs=0.015)


def test_a_few_questions_are_repeated_and_the_first_of_them_most(tenants: dict[str, Tenant], tmp_path: Path) -> None:
    found, _ = built(tenants, tmp_path)
    chance, popular = random.Random(3), found["bank"].popular

    asked = [found["bank"].draw("repeated", chance)[0] for _ in range(5_000)]

    assert set(asked) <= set(popular)
    assert asked.count(popular[0]) > asked.count(popular[1]) > asked.count(popular[2])


def test_paraphrases_are_of_one_meaning(tenants: dict[str, Tenant], tmp_path: Path) -> None:
    meaning = {text: group.digest for group in questions.held() for text in group.sentences}
    found, _ = built(tenants, tmp_path)

    assert all(first != second and meaning[first] == meaning[second] for first, second in found["shop"].pairs)


def test_data_sets_that_are_missing_are_said_to_be(tenants: dict[str, Tenant], tmp_path: Path) -> None:
    _, missing = built(tenants, tmp_path)

    assert [text.split(":")[0] for text in missing] == [f"{tmp_path}/jddc_intent", f"{tmp_path}/crosswoz"]


def test_data_sets_that_are_there_are_asked(tenants: dict[str, Tenant], tmp_path: Path) -> None:
    (tmp_path / "jddc_intent").mkdir()
    (tmp_path / "jddc_intent/valid.tsv").write_text("id\ttext\tlabel\ndev-1\t我的快递到哪了呀\t物流\n", encoding="utf-8")
    (tmp_path / "crosswoz").mkdir()
    said = [{"role": "usr", "text": "推荐一家驴肉馆"}, {"role": "sys", "text": "讲礼驴肉馆"}]
    (tmp_path / "crosswoz/val.jsonl").write_bytes(msgspec.json.encode({"messages": said}) + b"\n")

    found, missing = built(tenants, tmp_path)

    assert missing == []
    assert "我的快递到哪了呀" in found["shop"].hard
    assert "我的快递到哪了呀" not in found["bank"].hard
    assert "推荐一家驴肉馆" in found["bank"].out_of_scope
    assert "讲礼驴肉馆" not in found["bank"].out_of_scope


def test_a_tenant_without_sentences_is_asked_by_its_buttons(tenants: dict[str, Tenant], tmp_path: Path) -> None:
    stranger = msgspec.structs.replace(
        tenants["shop"], id="florist", replies={"opening": tenants["shop"].replies["greet"]}, tasks={}
    )

    found, missing = questions.build(replace(read_settings({}), datasets=tmp_path), [stranger], 7)

    assert found["florist"].hot == ["打招呼"]
    assert missing[-1].startswith("florist: no validation sentences of its own")
