"""How much money is meant by what came where an amount is wanted? Read as the dialogue reads it."""

from decimal import Decimal

from pyshim.language.values import amounts
from pyshim.language.values.found import NoValue

CENT = Decimal("0.01")
LONGEST = 40  # characters; a longer text is no amount


def yuan(text: str) -> Decimal | None:
    """More than nothing, in cents at most; None where no amount can be read, or more than one."""
    said = amounts.read(text) if len(text) <= LONGEST else []
    return Decimal(said[0].value) if not isinstance(said, NoValue) and len(said) == 1 else None


def shortest(amount: Decimal) -> int | float:
    """59.00 is shown as 59, 43.60 as 43.6."""
    return int(amount) if amount == int(amount) else float(amount)
