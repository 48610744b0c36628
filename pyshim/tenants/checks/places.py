"""Where in a tenant's files does it stand?"""

import yaml

from pyshim.tenants import lines
from pyshim.tenants.lines import Step
from pyshim.tenants.schema import Tenant
from pyshim.tenants.source import Source

ABOUT, REPLIES, FLOWS = "tenant.yaml", "replies.yaml", "flows.yaml"


class Places:
    """Of one tenant, which the checks are about."""

    def __init__(self, tenant: Tenant, source: Source) -> None:
        self.tenant, self.source = tenant, source
        self._trees: dict[str, yaml.Node | None] = {}
        self._trees[FLOWS], kinds = lines.read(source.text(FLOWS))
        self._kinds: dict[str, dict[str, object]] = kinds or {}

    def at(self, name: str, *path: Step) -> str:
        """File and line."""
        if name not in self._trees:
            self._trees[name] = lines.read(self.source.text(name))[0]
        return f"{self.source.place(name)}:{lines.line(self._trees[name], path)}"

    def is_flow(self, intent: str) -> bool:
        return intent in (self._kinds.get("flows") or {})

    def is_action(self, intent: str) -> bool:
        return intent in (self._kinds.get("actions") or {})

    def kind(self, intent: str) -> str:
        return "flows" if self.is_flow(intent) else "actions"

    def of_task(self, intent: str, *path: Step) -> str:
        return self.at(FLOWS, self.kind(intent), intent, *path)

    def of_intent(self, intent: str, *path: Step) -> str:
        if intent in self.tenant.replies:
            return self.at(REPLIES, "replies", intent, *path)
        return self.of_task(intent, *path)
