"""Who answers this turn, behind the edge?

A layer's answer(turn) may
  return a Reply      the turn is over
  return None         not mine: the next layer is asked
  raise Refusal       the turn is over with that status
  raise Conflict      the conversation has moved on meanwhile, and the turn is read anew
  raise anything else the layer is broken; its on_error decides:
                      "pass" asks the next layer, "refuse" ends the turn with 503
settle(turn, reply), where a layer has it, runs after the client has its reply, deepest layer first.
"""

import asyncio
import logging
import time
from collections.abc import Sequence

from pyshim.errors import Conflict, Refusal
from pyshim.layers import Layer
from pyshim.layers.l4_understand import Understand
from pyshim.layers.l5_dialogue import Dialogue
from pyshim.layers.l6_recall import Recall
from pyshim.layers.l7_fallback import Fallback
from pyshim.telemetry import metrics, trace
from pyshim.turns.turn import Reply, Turn

log = logging.getLogger(__name__)

LAYERS = (Understand, Dialogue, Recall, Fallback)


def _broken(turn: Turn, layer: Layer, error: BaseException) -> None:
    metrics.broken.labels(layer.name).inc()
    log.error("%s is broken, on_error=%s: %r turn_id=%s", layer.name, layer.on_error, error, turn.id)
    if layer.on_error == "refuse":
        raise Refusal(503, "unavailable", f"{layer.name} is out of order", {"Retry-After": "1"}) from error


async def _first(turn: Turn, layers: Sequence[Layer]) -> Reply | None:
    """What the first that has an answer says, of the layers that were not asked yet."""
    for layer in layers[turn.reached :]:
        turn.reached += 1
        before = time.perf_counter()
        try:
            with trace.step(layer.name):
                reply = await layer.answer(turn)
        except (Refusal, Conflict):
            raise
        except Exception as error:
            _broken(turn, layer, error)
        else:
            if reply is not None:
                turn.answered_by = layer.name
                return reply
        finally:
            turn.spent_ms[layer.name] = turn.spent_ms.get(layer.name, 0.0) + (time.perf_counter() - before) * 1000
    return None


async def run(turn: Turn, layers: Sequence[Layer]) -> Reply:
    """Asks one layer after another; the last one always answers. Raises Refusal, Conflict."""
    turn.reached = 0
    while turn.reached < len(layers):
        try:
            async with asyncio.timeout(turn.left()):  # one for all; who comes behind a layer that took all of it has a new one
                reply = await _first(turn, layers)
        except TimeoutError as error:
            _broken(turn, layers[turn.reached - 1], error)
        else:
            if reply is not None:
                return reply
    raise Refusal(503, "unavailable", "no layer could answer", {"Retry-After": "1"})


async def settle(turn: Turn, layers: Sequence[Layer], reply: Reply) -> None:
    """Lets every layer that was reached finish, deepest first; a failure there harms nobody."""
    for layer in reversed(layers[: turn.reached]):
        try:
            await layer.settle(turn, reply)
        except Exception as error:
            log.error("%s could not settle: %r turn_id=%s", layer.name, error, turn.id)
