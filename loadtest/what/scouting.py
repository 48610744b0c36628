"""Which questions are hot, and which are for Triton? Ask the stack that is to be measured."""

from typing import Any

import httpx

from loadtest.bench.holders import User
from loadtest.bench.options import say
from loadtest.what.sentences import Corpus, choose, sentences
from pyshim.tenants.compile import Snapshot

HOT, DEEP, ENOUGH = 100, 40, 20  # questions of each tenant: at most, and at least
TRIED = 1500


class TooFewQuestions(Exception):
    """No tenant has enough questions of both kinds."""


def scouted(url: str, compiled: Snapshot, scouts: list[User]) -> dict[str, Corpus]:
    """Hot and deep questions of each scout's tenant, by asking the running stack; tenants with too few of them are left out."""
    found = {}
    for scout in scouts:
        headers = {"Authorization": f"Bearer {scout.token}"}
        with httpx.Client(base_url=url, headers=headers, timeout=10, trust_env=False) as client:

            def ask(query: str, client: httpx.Client = client) -> dict[str, Any]:
                return dict(client.post("/v1/chat", json={"query": query}).raise_for_status().json())

            def forget(client: httpx.Client = client) -> None:
                client.delete("/v1/session").raise_for_status()

            tenant = compiled.tenants[scout.tenant]
            corpus = choose(sentences(tenant.id)[:TRIED], set(tenant.tasks), set(tenant.titles), ask, forget, HOT, DEEP)
        say(f"{tenant.id}: {len(corpus.hot)} hot and {len(corpus.deep)} deep questions")
        if min(len(corpus.hot), len(corpus.deep)) >= ENOUGH:
            found[tenant.id] = corpus
        else:
            say(f"{tenant.id} is left out: its router is not sure often enough to measure it (calibration.json)")
    if not found:
        raise TooFewQuestions(f"no tenant has {ENOUGH} hot and {ENOUGH} deep questions")
    return found
