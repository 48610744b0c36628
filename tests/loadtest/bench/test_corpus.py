"""Which questions are chosen?"""

from typing import Any

from loadtest.what.sentences import choose, sentences

ANSWERS = {
    "hot": ("l3_hot", "bye"),
    "hot too": ("l3_hot", "greet"),
    "rule": ("l5_dialogue", "refund_time"),
    "faq": ("l6_recall", None),
    "flow": ("l5_dialogue", "refund_apply"),
    "person": ("l5_dialogue", "ask_human"),
    "unclear": ("l7_fallback", None),
}


class Desk:
    """A small service desk: unclear is answered otherwise each time, person keeps the conversation until it is forgotten."""

    def __init__(self) -> None:
        self.asked = 0
        self.busy = False

    def ask(self, query: str) -> dict[str, Any]:
        layer, intent = ANSWERS[query]
        if self.busy:
            layer = "l5_dialogue"
        self.busy |= query == "person"
        self.asked += 1
        answer = f"{query} {self.asked}" if query == "unclear" else query
        return {"answered_by": layer, "intent": intent, "answer": answer, "suggestions": []}

    def forget(self) -> None:
        self.busy = False


def test_what_leaves_something_pending_is_not_chosen() -> None:
    desk = Desk()
    chosen = choose([*ANSWERS, "button"], {"refund_apply"}, {"button"}, desk.ask, desk.forget, 10, 10)
    assert chosen.hot == ["hot", "hot too"]
    assert chosen.deep == ["rule", "faq"]


def test_it_stops_when_there_are_enough() -> None:
    desk = Desk()
    chosen = choose(list(ANSWERS), set(), set(), desk.ask, desk.forget, 1, 1)
    assert (chosen.hot, chosen.deep) == (["hot"], ["rule"])
    assert desk.asked == 5  # hot, hot too, and three for the rule


def test_the_sentences_of_a_tenant_are_its_own_and_the_general_ones() -> None:
    found = sentences("shop")
    assert found == sentences("shop")
    assert "退款要几天" in found
    assert not set(found) & (set(sentences("bank")) - set(sentences("shop")))
