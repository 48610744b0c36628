"""Is the `sluice` command good to its user?"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jwt
import pytest

from pyshim import __main__ as command
from pyshim.settings import ROOT
from tests.conftest import Stack, make_stack
from tests.http.test_once import actions

pytestmark = pytest.mark.real


def environment(stack: Stack) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": "/tmp", "COLUMNS": "200", "LANG": "C.UTF-8", **stack.environment}


def sluice(stack: Stack, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pyshim", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment(stack), input=typed, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_conversation_in_the_terminal_shows_who_answered_and_how_fast(stack: Stack) -> None:
    talk = sluice(stack, "chat", "--tenant", "shop", "--user", "cli-1", typed="一般下单后多久发货\n/new\n申请退款\n\n")
    assert talk.returncode == 0, talk.stderr
    assert "云集商城" in talk.stdout
    assert "48 小时" in talk.stdout
    assert "l3_hot" in talk.stdout
    assert " ms  shipping_time" in talk.stdout
    assert "新的对话" in talk.stdout
    assert "l5_dialogue" in talk.stdout


def test_y_and_n_press_the_buttons_that_the_terminal_shows(stack: Stack) -> None:
    said = ["y", "取消订单", "20231106", "n", "取消订单", "y", "y"]  # the first and the last where there is no button
    talk = sluice(stack, "chat", "--tenant", "shop", "--user", "cli-presses", typed="\n".join([*said, ""]))
    assert talk.returncode == 0, talk.stderr
    assert talk.stdout.count("[y] 确认  [n] 不办了") == 2
    assert "订单 20231106 已取消" in talk.stdout
    history = [turn["query"] for turn in reversed(stack.customer("shop", "cli-presses").history())]
    assert history == ["y", "取消订单", "20231106", "不办了", "取消订单", "确认", "y"]
    assert actions(stack, "cli-presses") == 1


def test_a_button_that_is_pressed_too_late_is_said_to_do_nothing(stack: Stack) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "pyshim", "chat", "--tenant", "shop", "--user", "cli-late"],
        cwd=ROOT,
        env=environment(stack),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as talk:
        assert talk.stdin and talk.stdout
        talk.stdin.write("取消订单\n20231106\n")
        talk.stdin.flush()
        assert any("[n] 不办了" in line for line in talk.stdout)
        stack.customer("shop", "cli-late").ask("你好", session_id="elsewhere")
        rest, _ = talk.communicate("y\n\n", timeout=60)
    assert "409 stale_confirmation" in rest
    assert actions(stack, "cli-late") == 0


def test_a_minted_token_is_good(stack: Stack) -> None:
    token = sluice(stack, "token", "--tenant", "bank", "--user", "u1", "--seconds", "60").stdout.strip()
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["tenant_id"], claims["user_id"], claims["exp"] - claims["iat"]) == ("bank", "u1", 60)
    assert stack.customer("bank").http.get("/v1/history", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_lists_of_addresses_are_read_again(stack: Stack) -> None:
    assert "refused: 0, trusted: 0" in sluice(stack, "addresses").stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("token", "--tenant", "nobody"), "no tenant 'nobody'; there are: bank, shop, telecom"),
        (("token", "--user", "汉字"), "no user is called '汉字': 1 to 64 of"),
        (("token", "--seconds", "2678401"), "no token may live for longer than 2678400 s"),
        (("chat", "--url", "http://127.0.0.1:1"), "`make run` starts sluice"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(stack: Stack, arguments: tuple[str, ...], says: str) -> None:
    failed = sluice(stack, *arguments)
    assert failed.returncode == 1
    assert says in failed.stdout
    assert "Traceback" not in failed.stderr + failed.stdout


def test_without_a_state_store_nothing_is_said_to_be_revoked(tmp_path: Path) -> None:
    for arguments in (("revoke", "--tenant", "shop", "--all"), ("restore", "--tenant", "shop", "--all"), ("revoked",)):
        failed = sluice(make_stack(tmp_path), "tokens", *arguments)
        assert failed.returncode == 1
        assert "nothing answers at" in failed.stdout
        assert "Traceback" not in failed.stderr + failed.stdout


def test_a_command_rests_much_longer_than_it_works() -> None:
    began, worked = time.monotonic(), time.process_time()
    with command._rests():
        while time.process_time() - worked < 0.05:
            pass
    assert time.monotonic() - began > 0.7 * command.REST * (time.process_time() - worked)
    assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)


def test_only_what_was_typed_is_read() -> None:
    told = """
import sys
sys.argv = ["sluice", "token", "--help"]
from pyshim.__main__ import main
try:
    main()
except SystemExit:
    print(*sys.modules)
"""
    said = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    read = set(said.split())
    assert "pyshim.commands.token" in read
    assert not {"pyshim.commands.models", "pyshim.commands.chat", "tritonclient", "httpx"} & read
