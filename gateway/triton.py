"""How is the real Triton started, and given its model?

The server is the binary inside the nvidia-pytriton wheel. Its Python backend wants a folder of its own with the stub for this
Python beside it; that folder is put together under var/triton. The model is loaded over gRPC with its configuration, in which the
operator's settings (queue delay and size, instances) take the place of the file's.
"""

import os
import shutil
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path

import tritonclient.grpc.aio as client
from google.protobuf import json_format, text_format
from tritonclient.grpc import model_config_pb2

from pyshim.config import BadSetting, Settings
from pyshim.snapshot import MODEL


def _wheel() -> Path:
    spec = find_spec("pytriton")
    if spec is None or spec.origin is None:
        raise BadSetting("nvidia-pytriton is not installed in this environment; `make setup` installs it")
    return Path(spec.origin).parent


def _backends(settings: Settings) -> Path:
    """The backend folder: Triton's Python backend, with the stub that matches this Python."""
    source = _wheel() / "tritonserver"
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    stub = source / "python_backend_stubs" / python / "triton_python_backend_stub"
    if not stub.exists():
        raise BadSetting(f"Triton has no stub for Python {python}; 3.11 or 3.12 is wanted")
    folder = settings.var / "triton" / "backends"
    target = folder / "python"
    if not (target / stub.name).exists():
        draft = folder.with_name(f"backends.{os.getpid()}")
        shutil.copytree(source / "backends" / "python", draft / "python")
        shutil.copy2(stub, draft / "python" / stub.name)
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)
    return folder


def command(settings: Settings) -> tuple[list[str], dict[str, str]]:
    """Command line and extra environment of the server, loopback only. Raises BadSetting."""
    wheel = _wheel()
    arguments = {
        "model-repository": settings.models,
        "backend-directory": _backends(settings),
        "model-control-mode": "explicit",
        "allow-http": "false",
        "http-address": "127.0.0.1",
        "grpc-address": "127.0.0.1",
        "grpc-port": settings.triton_port,
        "metrics-address": "127.0.0.1",
        "metrics-port": settings.triton_metrics_port,
        "exit-timeout-secs": 5,
    }
    libraries = [sysconfig.get_config_var("LIBDIR"), str(wheel.parent / "nvidia_pytriton.libs")]
    environment = {
        "LD_LIBRARY_PATH": os.pathsep.join([*libraries, os.environ.get("LD_LIBRARY_PATH", "")]).rstrip(os.pathsep),
        # The stub's interpreter ignores PYTHONPATH; it takes the environment of the first python3 on the PATH.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        "OMP_NUM_THREADS": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    binary = wheel / "tritonserver" / "bin" / "tritonserver"
    return [str(binary), *(f"--{name}={value}" for name, value in arguments.items())], environment


def model_config(settings: Settings) -> str:
    """The model's configuration as JSON, with the operator's settings in it. Raises BadSetting."""
    folder = settings.models / MODEL
    path = folder / "configs" / f"{settings.triton_config}.pbtxt" if settings.triton_config else folder / "config.pbtxt"
    try:
        parsed = text_format.Parse(path.read_text(encoding="utf-8"), model_config_pb2.ModelConfig())
    except (OSError, text_format.ParseError) as error:
        raise BadSetting(f"SLUICE_TRITON_CONFIG={settings.triton_config!r}: {path}: {error}") from None
    parsed.dynamic_batching.max_queue_delay_microseconds = settings.triton_queue_delay_us
    parsed.dynamic_batching.default_queue_policy.max_queue_size = settings.triton_queue_size
    for group in parsed.instance_group:
        group.count = settings.triton_instances
    return str(json_format.MessageToJson(parsed, preserving_proto_field_name=True))


async def load_when_alive(settings: Settings) -> bool:
    """Loads the model if the server is up. True once it serves; False while the server does not answer yet."""
    async with client.InferenceServerClient(f"127.0.0.1:{settings.triton_port}") as triton:
        try:
            if not await triton.is_server_live(client_timeout=1):
                return False
        except Exception:  # not up yet, whatever the reason: the launcher sees if the process died
            return False
        if not await triton.is_model_ready(MODEL, client_timeout=1):
            await triton.load_model(MODEL, config=model_config(settings), client_timeout=60)
        return bool(await triton.is_model_ready(MODEL, client_timeout=1))
