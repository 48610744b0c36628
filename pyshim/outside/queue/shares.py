"""Whose jobs are next?

Tenants take turns by weight (stride scheduling): each job of a tenant moves it on by 1 / weight, and who is least far is next.
Who comes back after having had nothing to do begins where the others are.
"""

from collections.abc import Callable, Iterable


class Shares:
    """weight: of a tenant, > 0."""

    def __init__(self, weight: Callable[[str], float]) -> None:
        self._weight, self._far, self._now = weight, dict[str, float](), 0.0

    def next(self, waiting: Iterable[str]) -> str:
        """Of those that have something to do, who is next; that counts as a job of theirs."""
        tenant = min(waiting, key=lambda one: (max(self._far.get(one, 0.0), self._now), one))
        self._now = max(self._far.get(tenant, 0.0), self._now)
        self._far[tenant] = self._now + 1 / self._weight(tenant)
        return tenant
