"""Does somebody say what stands above everything else: that their life, or their money, is in danger?

Of life the engine knows; of money a tenant's urgent rules may (`words:` in replies.yaml). No model is needed for it.
"""

from pyshim.language import distress
from pyshim.language.values.spans import fold
from pyshim.tenants.schema import Tenant


def heard(tenant: Tenant, text: str) -> str | None:
    """The intent of the rule whose words are said; "" where it is about life; None where nothing is."""
    said = fold(text).text.lower()
    if distress.told(said):
        return ""
    return next((intent for word, intent in tenant.alarms if word in said), None)
