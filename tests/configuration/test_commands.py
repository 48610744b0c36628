"""Is `sluice config` good to its user?"""

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from pyshim.commands.config.control import ConfigControl
from pyshim.commands.control import run
from tests.configuration.conftest import HOT, Office
from tests.conftest import Stack, make_stack
from tests.sluice import process

pytestmark = pytest.mark.real


def test_nothing_runs(tmp_path: Path) -> None:
    said = Office(make_stack(tmp_path), tmp_path, process).refused("versions")
    assert "nothing answers at" in said
    assert "`make run` starts sluice" in said


def test_check_says_what_would_serve(office: Office) -> None:
    said = office.done("check")
    assert "shop       云集商城: " in said
    assert "no fault; content " in said


def test_check_says_all_that_is_wrong_with_file_and_line(office: Office) -> None:
    office.edit("replies.yaml", lambda text: text.replace("[查物流,", "[查火星,"))
    office.edit("faq.tsv", lambda text: text + "只有问题\n", "bank")
    office.edit("replies.yaml", lambda text: text.replace("  greet:", "  greet_everybody:"), "telecom")
    for said in (office.refused("check"), office.refused("apply")):
        assert f"{office.tenants}/shop/replies.yaml:6: greet: suggestion '查火星' is no intent's title" in said
        assert f"{office.tenants}/bank/faq.tsv:32: question, tab, answer is wanted" in said
        assert f"{office.tenants}/telecom/replies.yaml:2: the model (version 1) does not know greet_everybody" in said
        assert "faults; nothing was changed" in said
    assert office.ask(HOT, "unharmed").status_code == 200


def test_another_folder_can_be_checked_and_applied(office: Office, tmp_path: Path) -> None:
    other = tmp_path / "other"
    office.tenants.rename(other)
    try:
        assert "no tenant's folder here" in office.refused("check")
        assert "no fault" in office.done("check", other)
        assert "nothing is different" in office.done("apply", other)
    finally:
        other.rename(office.tenants)


def test_diff_shows_lines_and_of_keys_only_their_names(office: Office) -> None:
    serving = office.record().serving
    office.greet("【改】")
    path = office.stack.settings.keys / "shop.jwks.json"
    before = path.read_text()
    keys = json.loads(before)
    keys["keys"].insert(0, {"kid": "shop-new", "k": "A" * 43, "kty": "oct", "alg": "HS256"})
    path.write_text(json.dumps(keys))
    try:
        said = office.done("diff")
        assert f"--- version {serving}: shop/replies.yaml" in said
        assert "+    answer: 【改】 您好" in said
        assert "shop: keys +shop-new" in said
        assert "A" * 43 not in said
        office.applied("--why", "a new key")
        assert "shop: keys +shop-new" in office.done("versions")
        assert office.ask(HOT, "signed-by-the-new-key").status_code == 200
    finally:
        path.write_text(before)
    assert "no difference" in office.done("diff", serving, serving)


def test_the_log_says_who_did_what_when_and_why(office: Office) -> None:
    office = replace(office, typed=process)
    office.greet("【记】")
    version = office.applied("--why", "because of the sale")
    office.done("rollback", "--why", "it was too early")
    said = office.done("versions")
    applied = next(line for line in said.splitlines() if f"applied {version}" in line)
    assert "because of the sale; shop: replies.yaml +2 -2" in applied
    assert "@" in applied
    assert "it was too early" in said.splitlines()[-1]
    assert f"rolled back to {office.record().serving}: serves as {office.record().serving}" in said.splitlines()[-1]


def test_what_is_the_same_is_not_applied(office: Office) -> None:
    version = office.record().serving
    assert f"nothing is different from version {version}, which serves" in office.done("apply")


def test_two_at_once_do_not_mix(office: Office) -> None:
    """While a version is being prepared by somebody, another command waits for nobody and changes nothing."""
    office.greet("【乙】")

    async def prepare_and_apply(control: ConfigControl) -> None:
        number = await control.store.next_number()
        await control.change(lambda record: record.but(preparing=number, since=time.time()))

    run(ConfigControl, office.stack.settings, prepare_and_apply)
    try:
        assert "is being applied by somebody else; nothing was changed" in office.refused("apply")
    finally:

        async def over(control: ConfigControl) -> None:
            await control.change(lambda record: record.but(preparing=0))

        run(ConfigControl, office.stack.settings, over)


def test_a_restart_serves_what_served_and_says_that_the_folder_is_another(office: Office) -> None:
    office.greet("【前】")
    version = office.applied()
    office.greet("【后】")
    stack: Stack = office.stack
    stack.stop()
    stack.start()
    assert f"version {version} of the configuration serves; {office.tenants} is different" in stack.said()
    assert office.ask(HOT, "returned").json()["answer"].startswith("【前】")
    office.edit("faq.tsv", lambda text: text + "只有问题\n")
    stack.stop()
    stack.start()
    assert f"version {version} of the configuration serves; {office.tenants} has faults: " in stack.said()
    assert office.ask(HOT, "returned").json()["answer"].startswith("【前】")
