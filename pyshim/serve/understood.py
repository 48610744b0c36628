"""What may the edge remember of what the student understood?

lua/edge/understood.lua keeps it by the text: so only what the text alone decides. The student was asked for the whole of it, in
time, and was sure of an intent of the tenant's; nothing in it is secret or personal; and the dialogue went by that meaning.
"""

from pyshim.language import scripts
from pyshim.layers.l5_dialogue import Dialogue
from pyshim.tenants import spoken
from pyshim.tenants.schema import Tenant
from pyshim.turns.turn import Reply, Turn
from pyshim.understanding.intents import DIALOGUE_INTENTS


def understood_by(turn: Turn, reply: Reply | None) -> list[tuple[bytes, bytes]]:
    """The header that says so, or none: number of the label, confidence, 1 where the intent's rule is all that was said,
    and of which load of the version and which configuration."""
    intent, version, tenant = turn.intent, turn.version, turn.tenant
    if reply is None or version is None or intent is None or turn.hides or turn.degraded:
        return []
    if turn.read_as != (intent, turn.confidence):  # what was offered before says what 第一个 means, and to nobody else
        return []
    if intent in DIALOGUE_INTENTS or intent not in tenant.intents or turn.confidence < tenant.confidence_min:
        return []
    if turn.answered_by != Dialogue.name or reply.intent != intent:
        return []
    whole = _is_the_rule(tenant, intent) and reply.answer == _rule(turn, intent)
    label = version.model.labels.index(intent)
    said = f"{label};{turn.confidence:.4f};{whole:d};{version.attempt};{turn.config}"
    return [(b"x-sluice-understood", said.encode())]


def _is_the_rule(tenant: Tenant, intent: str) -> bool:
    """Does the tenant answer it by a sentence, and nothing else?"""
    return intent in tenant.replies and not tenant.replies[intent].handover


def _rule(turn: Turn, intent: str) -> str:
    """As the edge says it, which knows of no text before this one."""
    script = scripts.of(turn.query)
    return spoken.whole(turn.tenant, turn.composer, spoken.rule(turn.tenant, intent, script), intent, script)
