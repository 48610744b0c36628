"""How is an answer said to who writes English, or traditional script?

A rule may have its answer in English (`en:` in replies.yaml); what is there in Chinese alone is said in Chinese, with a line that
says so. Traditional script is what OpenCC makes of the answer. The buttons stay as they are: when pressed, their texts are known.
"""

from pyshim.language import scripts
from pyshim.language.scripts import Script
from pyshim.tenants.schema import Tenant
from pyshim.words.compose import Composer


def rule(tenant: Tenant, intent: str, script: Script) -> str:
    """The text of an intent's rule."""
    reply = tenant.replies[intent]
    return reply.en if script == "en" and reply.en else reply.answer


def written(text: str, script: Script) -> str:
    """As it stands in an answer in this script."""
    return scripts.traditional(text) if script == "hant" else text


def is_english(text: str, script: Script) -> bool:
    return script == "en" and not scripts.mostly_chinese(text)


def finished(tenant: Tenant, text: str, script: Script) -> str:
    """text: masked, and with its campaign's, which is Chinese and stands behind no English answer."""
    if script == "en":
        return text if is_english(text, script) else f"{text}\n{tenant.phrases.only_chinese}"
    return written(text, script)


def whole(tenant: Tenant, composer: Composer, text: str, intent: str | None, script: Script) -> str:
    """The answer as the client gets it now."""
    said = composer.masked(text) if is_english(text, script) else composer.compose(text, intent)
    return finished(tenant, said, script)
