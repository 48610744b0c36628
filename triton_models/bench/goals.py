"""What was promised of the models, and does it hold?

goals(sets), tuned_goals(sets) -> a list of {what, figure, wanted, holds}, for the sets that were measured.
"""

from __future__ import annotations

from typing import Any

Goal = dict[str, Any]
WANTED = {"jddc_intent": 0.71, "massive_zh": 0.855, "banking77": 0.93, "clinc150": 0.975}  # of the served student
LOST = (("int8", "teacher", 0.8), ("pruned", "student", 0.3), ("int8", "pruned", 0.3))


def goals(sets: dict[str, Any]) -> list[Goal]:
    found = [goal for name, told in sets.items() for goal in (*_accuracy(name, told), *_cost(name, told))]
    for name, told in sets.items():
        if "out_of_scope_auroc" in told:
            found.append(_at_least(f"{name}: out-of-scope AUROC", max(told["out_of_scope_auroc"].values()), 0.96))
        if "nearest" in told:
            found.append(_at_least(f"{name}: nearest neighbour's intent at a 20 % hit rate", told["nearest"]["precision"], 0.90))
        if "sensitive" in told:
            shop, strong = told["sensitive"]["shop_questions"], told["sensitive"]["listed_strong_words"]["offensive"]
            masked = shop["percent"]
            what = "% of real shop questions with a word masked"
            found.append({"what": what, "figure": masked, "wanted": "at most 0.05", "holds": masked <= 0.05})
            found.append(_at_least("% of offensive sentences with a listed strong word that are caught", strong["percent"], 80))
        if "graded_pairs_held" in told.get("graded", {}):
            found.append(_at_least(f"{name}: Spearman on held jddc_sts pairs", told["graded"]["spearman"], 0.72))
    return found


def tuned_goals(sets: dict[str, Any]) -> list[Goal]:
    """What is wanted of the pretrained encoder, tuned on each public set, as it is served."""
    found = []
    for name, told in sets.items():
        best = max(told["tfidf_logistic_regression"]["accuracy"], told["fasttext"]["accuracy"])
        served = told["int8"]["accuracy"]
        found.append(
            {"what": f"{name}, tuned: beats both peers", "figure": served, "wanted": f"over {best}", "holds": served > best}
        )
        if name in WANTED:
            found.append(_at_least(f"{name}, tuned: the served student", served, WANTED[name]))
        if "graded_pairs_held" in told.get("graded", {}):
            found.append(_at_least(f"{name}, tuned: Spearman on held jddc_sts pairs", told["graded"]["spearman"], 0.84))
    return found


def _accuracy(name: str, told: dict[str, Any]) -> list[Goal]:
    best = max(told["tfidf_logistic_regression"]["accuracy"], told["fasttext"]["accuracy"])
    teacher = told["teacher"]["accuracy"]
    found = [{"what": f"{name}: teacher beats both peers", "figure": teacher, "wanted": f"over {best}", "holds": teacher > best}]
    for stage, before, points in LOST:
        lost = round((told[before]["accuracy"] - told[stage]["accuracy"]) * 100, 2)
        what = f"{name}: points that {stage} loses to {before}"
        found.append({"what": what, "figure": lost, "wanted": f"at most {points}", "holds": lost <= points})
    found.append(_at_least(f"{name}: router's accuracy", told["router"]["accuracy"], told["fasttext"]["accuracy"]))
    return found


def _cost(name: str, told: dict[str, Any]) -> list[Goal]:
    smaller = round(told["int8"]["bytes"] / told["teacher"]["bytes"], 3)
    took = told["router"]["microseconds"]
    return [
        _at_least(f"{name}: student's speed, times the teacher's", told["times_teacher"], 6),
        {
            "what": f"{name}: student's size, of the teacher's",
            "figure": smaller,
            "wanted": "at most 0.25",
            "holds": smaller <= 0.25,
        },
        _at_least(f"{name}: INT8's speed, times FP32's", told["times_fp32"], 1.3),
        {"what": f"{name}: router, us a question in LuaJIT", "figure": took, "wanted": "at most 10", "holds": took <= 10},
    ]


def _at_least(what: str, figure: float, wanted: float) -> Goal:
    return {"what": what, "figure": figure, "wanted": f"at least {wanted}", "holds": figure >= wanted}
