"""Is a faulty tenant refused whole, with the file and what was wanted?"""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pyshim import config, snapshot
from pyshim.config import ROOT, Settings
from pyshim.errors import BadTenant


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The shipped shop alone, in a folder that may be spoilt."""
    shutil.copytree(ROOT / "gateway" / "tenants" / "shop", tmp_path / "tenants" / "shop")
    return config.read({"SLUICE_TENANTS": str(tmp_path / "tenants"), "SLUICE_VAR": str(tmp_path / "var")})


def spoil(settings: Settings, name: str, change: Callable[[str], str]) -> None:
    path = settings.tenants / "shop" / name
    before = path.read_text(encoding="utf-8")
    after = change(before)
    assert after != before
    path.write_text(after, encoding="utf-8")


def test_the_shipped_tenants_compile() -> None:
    compiled = snapshot.compile(config.read({}))
    assert set(compiled.tenants) == {"shop", "telecom", "bank"}


def test_the_same_files_make_the_same_version_and_others_another(settings: Settings) -> None:
    first, again = snapshot.compile(settings), snapshot.compile(settings)
    spoil(settings, "replies.yaml", lambda text: text.replace("您好", "你好"))
    assert first.version == again.version != snapshot.compile(settings).version


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("tenant.yaml", lambda text: text + "colour: red\n", "unknown field `colour`"),
        (
            "tenant.yaml",
            lambda text: text.replace("burst: 10}", "burst: many}"),
            "Expected `int`, got `str` - at `$.limits.user.burst`",
        ),
        ("tenant.yaml", lambda text: text.replace("rate_per_s: 2,", "rate_per_s: 0,"), "Expected `float` > 0.0"),
        ("tenant.yaml", lambda text: text.replace("burst: 10}", "burst: 0}"), "Expected `int` >= 1"),
        (
            "tenant.yaml",
            lambda text: text.replace("campaign:", "  routes: {histories: {rate_per_s: 1, burst: 1}}\ncampaign:"),
            "Invalid enum value 'histories'",
        ),
        ("replies.yaml", lambda text: text.replace("replies:", "replies: ["), "replies.yaml: while parsing"),
        ("replies.yaml", lambda text: text.replace("  greet:", "  greet_everybody:"), "does not know greet_everybody"),
        ("replies.yaml", lambda text: text.replace("title: 打招呼", "title: 道谢"), "same title"),
        ("replies.yaml", lambda text: text.replace("[查物流,", "[查火星,"), "suggestion '查火星' is no intent's title"),
        (
            "flows.yaml",
            lambda text: text.replace("slots: [order_id, reason]", "slots: [order_id, why]"),
            "'why' is not one of its slots",
        ),
        ("flows.yaml", lambda text: text.replace("(\\d{8,20})", "(\\d{8,20}"), "slot order_id: bad pattern"),
        ("faq.tsv", lambda text: text + "只有问题\n", "faq.tsv:32: question, tab, answer is wanted"),
    ],
)
def test_a_fault_names_the_file_and_what_was_wanted(
    settings: Settings, name: str, change: Callable[[str], str], says: str
) -> None:
    spoil(settings, name, change)
    with pytest.raises(BadTenant, match=re.escape(says)) as error:
        snapshot.compile(settings)
    assert str(settings.tenants) in str(error.value)


def test_a_missing_file_and_an_empty_folder_are_named(settings: Settings, tmp_path: Path) -> None:
    (settings.tenants / "shop" / "flows.yaml").unlink()
    with pytest.raises(BadTenant, match=r"flows\.yaml"):
        snapshot.compile(settings)
    with pytest.raises(BadTenant, match="no tenant's folder"):
        snapshot.compile(config.read({"SLUICE_TENANTS": str(tmp_path / "nothing")}))


def test_the_edge_answers_rules_but_no_flow_no_handover_and_nothing_that_needs_a_dialogue() -> None:
    compiled = snapshot.compile(config.read({}))
    shop = json.loads(snapshot.for_edge(compiled))["tenants"]["shop"]
    assert {"greet", "shipping_time", "return_policy"} <= set(shop["hot"])
    assert not {"ask_human", "complain", "affirm", "refund_apply", "logistics_track"} & set(shop["hot"])


def test_pages_learn_nothing_secret() -> None:
    text = snapshot.for_pages(snapshot.compile(config.read({}))).decode()
    assert set(json.loads(text)["tenants"][0]) == {"id", "name", "greeting", "examples", "guests"}


def test_the_edge_reads_the_limits_a_tenant_has_and_no_others(settings: Settings) -> None:
    def limits() -> dict[str, object]:
        return dict(json.loads(snapshot.for_edge(snapshot.compile(settings)))["tenants"]["shop"]["limits"])

    assert set(limits()) == {"tenant", "user"}
    more = "  address: {rate_per_s: 5, burst: 9, shadow: true}\n  concurrency: {turns: 7}\ncampaign:"
    spoil(settings, "tenant.yaml", lambda text: text.replace("campaign:", more))
    assert limits()["address"] == {"rate_per_s": 5.0, "burst": 9, "shadow": True}
    assert limits()["concurrency"] == {"turns": 7, "shadow": False}
