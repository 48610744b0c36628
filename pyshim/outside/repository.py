"""Which versions does Triton serve?

One model, several versions at once: it is loaded again with the same configuration and another list of versions. Triton then
loads the new ones beside those that serve, and unloads those that are no longer named; tried with a question every 5 ms, no
answer of the serving version failed or waited. Were anything else in the configuration different, all versions would be
loaded anew: so it is always made from the same file and settings.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import tritonclient.grpc.aio as triton
from google.protobuf import json_format, text_format
from tritonclient.grpc import model_config_pb2

from pyshim.errors import TritonAway
from pyshim.outside import channel
from pyshim.settings import MODEL, BadSetting, Settings

ASK_S, SCORE_S, LOAD_S = 2.0, 30.0, 300.0


class CannotLoad(Exception):
    """Triton is there, and does not take these versions; the text is its reason, in one line."""


def model_config(settings: Settings, versions: list[int]) -> str:
    """The model's configuration as JSON, with the operator's settings in it. Raises BadSetting."""
    folder = settings.student
    path = folder / "configs" / f"{settings.triton_config}.pbtxt" if settings.triton_config else folder / "config.pbtxt"
    try:
        parsed = text_format.Parse(path.read_text(encoding="utf-8"), model_config_pb2.ModelConfig())
    except (OSError, text_format.ParseError) as error:
        raise BadSetting(f"SLUICE_TRITON_CONFIG={settings.triton_config!r}: {path}: {error}") from None
    parsed.dynamic_batching.max_queue_delay_microseconds = settings.triton_queue_delay_us
    parsed.dynamic_batching.default_queue_policy.max_queue_size = settings.triton_queue_size
    for group in parsed.instance_group:
        group.count = settings.triton_instances
    parsed.version_policy.specific.versions[:] = versions
    return str(json_format.MessageToJson(parsed, preserving_proto_field_name=True))


class Repository:
    """What Triton has loaded. Raises BadSetting."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client = triton.InferenceServerClient(**channel.arguments(settings))

    async def alive(self) -> bool:
        try:
            return bool(await self._client.is_server_live(client_timeout=ASK_S))
        except Exception:  # not up, whatever the reason
            return False

    async def served(self) -> set[int]:
        """Versions that answer. Raises TritonAway."""
        try:
            index: Any = await self._client.get_model_repository_index(client_timeout=ASK_S)
        except Exception as error:
            raise TritonAway(f"{type(error).__name__}: {error}") from error
        return {int(one.version) for one in index.models if one.name == MODEL and one.state == "READY"}

    async def serve(self, versions: set[int]) -> None:
        """Loads and warms up what is new of these, unloads what is not of these. Raises CannotLoad, TritonAway, BadSetting."""
        config = model_config(self._settings, sorted(versions))
        try:
            await self._client.load_model(MODEL, config=config, client_timeout=LOAD_S)
        except Exception as error:
            if not await self.alive():
                raise TritonAway(f"{type(error).__name__}: {error}") from error
            raise CannotLoad(_reason(str(error))) from error

    async def scores(self, texts: list[str], version: int) -> npt.NDArray[np.float32]:
        """LOGITS [texts, labels] of at most 40 texts. Raises TritonAway."""
        tensor = triton.InferInput("TEXT", [len(texts), 1], "BYTES")
        tensor.set_data_from_numpy(np.array([text.encode() for text in texts], dtype=np.object_).reshape(-1, 1))
        try:
            result: Any = await self._client.infer(MODEL, [tensor], model_version=str(version), client_timeout=SCORE_S)
        except Exception as error:
            raise TritonAway(f"version {version}: {error}") from error
        logits: npt.NDArray[np.float32] = result.as_numpy("LOGITS")
        return logits

    async def close(self) -> None:
        await self._client.close()


def _reason(said: str) -> str:
    """Triton's words without the Python stack under them."""
    return said.partition("\n\nAt:")[0].replace("\n", " ").strip()
