"""Do users and questions come as often as the shape says?"""

from collections import Counter

from loadtest.bench.holders import User
from loadtest.bench.sequence import ROUNDS, turns
from loadtest.what.sentences import Corpus

USERS = [User("ab"[number % 2], str(number), f"token-{number}") for number in range(100)]
CORPUS = {"a": Corpus(["hot a1", "hot a2"], ["deep a1"]), "b": Corpus(["hot b1"], ["deep b1", "deep b2"])}


def test_every_user_comes_equally_often() -> None:
    asked = Counter(turn.token for turn in turns(USERS, CORPUS, 0.08))
    assert set(asked.values()) == {ROUNDS}
    assert len(asked) == len(USERS)


def test_exactly_the_wanted_share_is_deep() -> None:
    for share in (0.0, 0.08, 1.0):
        deep = sum(turn.query.startswith("deep") for turn in turns(USERS, CORPUS, share))
        assert deep == round(share * ROUNDS * len(USERS))


def test_a_user_is_asked_questions_of_the_own_tenant_only() -> None:
    tenants = {user.token: user.tenant for user in USERS}
    assert all(turn.query.split()[1].startswith(tenants[turn.token]) for turn in turns(USERS, CORPUS, 0.5))


def test_the_same_seed_gives_the_same_order() -> None:
    assert turns(USERS, CORPUS, 0.5) == turns(USERS, CORPUS, 0.5)
    assert turns(USERS, CORPUS, 0.5) != turns(USERS, CORPUS, 0.5, seed=8)
