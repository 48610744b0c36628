"""What becomes of the options? A target, and the plan of a load for it."""

import argparse
import secrets
from pathlib import Path

from loadtest.running import shapes, target
from loadtest.running.plan import Place, Plan
from loadtest.running.target import NoTarget, Target
from loadtest.what import questions
from loadtest.what.questions import Questions
from loadtest.who import attacker

ATTACKS = 0.01  # of the turns' rate


def add(parser: argparse.ArgumentParser) -> None:
    """The options that a plan is made of, for the command and for Locust's own."""
    told = "; ".join(f"{one.name}: {one.about}" for one in shapes.SCENARIOS.values())
    parser.add_argument("--scenario", choices=list(shapes.SCENARIOS), default="smoke", help=told)
    parser.add_argument("--tenants", default="", help="some of them, comma-separated")
    parser.add_argument("--tokens", default="", help="a file: tenant, tab, token in each line")
    parser.add_argument("--keys", default="", help="a folder with the tenants' signing keys, <tenant>.jwks.json")
    parser.add_argument("--seconds", type=float, default=None, help="how long in all")
    parser.add_argument("--rate", type=float, default=None, help="turns a second, before any rush")
    parser.add_argument("--seed", type=int, default=7, help="the same seed, the same sequence")
    parser.add_argument("--model", choices=["open", "closed"], default="open", help="closed: users who wait for answers")
    parser.add_argument("--attacks", type=float, default=None, help="a second; over loopback a hundredth of the rate, else none")


def wanted(told: argparse.Namespace) -> list[str]:
    return [name.strip() for name in told.tenants.split(",") if name.strip()]


def path(text: str) -> Path | None:
    return Path(text) if text else None


def planned(told: argparse.Namespace, to: Target, workers: int, run: str | None = None) -> tuple[Plan, list[str]]:
    """The plan, and what is missing for it, a sentence each. Raises NoTarget, CorpusError, BadTenant."""
    scenario = shapes.scenario(told.scenario, told.rate, told.seconds)
    if any(row.event == "kill" for row in scenario.rows) and not to.own:
        raise NoTarget("a process can be killed only in a sluice that this run has started: leave out --url and --local")
    if scenario.rate <= 0 or scenario.seconds <= 0 or workers < 1:
        raise NoTarget("--rate, --seconds and --workers are wanted above 0")
    asked, missing = questions.build(to.settings, to.tenants, told.seed)
    plan = Plan(
        run=run or secrets.token_hex(4),
        scenario=scenario,
        model=told.model,
        url=to.url,
        seed=told.seed,
        workers=workers,
        places=[_place(to, one.id, asked[one.id], number) for number, one in enumerate(to.tenants)],
        audience=to.settings.token_audience,
        attacks=_attacks(told.attacks, scenario.rate, to.url),
    )
    return plan, missing


def _place(to: Target, name: str, asked: Questions, number: int) -> Place:
    tokens = to.tokens.get(name, [])
    keys = str(to.keys) if to.keys and not tokens and target.signs(to, name) else ""
    return Place(to.tenants[number], asked, tokens, keys, to.guests[name], to.flows[name])


def _attacks(told: float | None, rate: float, url: str) -> float:
    can = attacker.can_attack(url)
    if told and not can:
        raise NoTarget("--attacks: attacks come from addresses of their own, which only http over loopback has")
    return (rate * ATTACKS if can else 0.0) if told is None else told
