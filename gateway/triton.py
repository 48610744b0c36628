"""How is the real Triton started, and given its model?

The server is the binary inside the nvidia-pytriton wheel. It has an environment of its own (requirements-triton.txt), where
Triton's Python backend runs the model. The backend wants a folder of its own with the stub for this Python beside it; that folder
is put together under var/triton.
"""

import os
import shutil
import sys
import sysconfig
from pathlib import Path

from pyshim import mtls
from pyshim.outside.repository import CannotLoad, Repository
from pyshim.rollout import start
from pyshim.settings import BadSetting, Settings


def _wheel(settings: Settings) -> Path:
    home = settings.triton_environment
    found = next(home.glob("lib/python*/site-packages/pytriton"), None)
    if found is None:
        missing = "nvidia-pytriton is not installed there; `make setup` installs it"
        raise BadSetting(f"SLUICE_TRITON_ENVIRONMENT={str(home)!r}: {missing}")
    return found


def _backends(settings: Settings) -> Path:
    """The backend folder: Triton's Python backend, with the stub that matches this Python."""
    source = _wheel(settings) / "tritonserver"
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
    """Command line and extra environment of the server. Raises BadSetting."""
    wheel = _wheel(settings)
    inside = mtls.is_loopback(settings.triton_host)
    arguments = {
        "model-repository": settings.models,
        "backend-directory": _backends(settings),
        "model-control-mode": "explicit",
        "allow-http": "false",
        "http-address": "127.0.0.1",
        "grpc-address": settings.triton_host.strip("[]"),
        "grpc-port": settings.triton_port,
        "metrics-address": "127.0.0.1",
        "metrics-port": settings.triton_metrics_port,
        "exit-timeout-secs": 5,
    }
    libraries = [sysconfig.get_config_var("LIBDIR"), str(wheel.parent / "nvidia_pytriton.libs")]
    environment = {
        "LD_LIBRARY_PATH": os.pathsep.join([*libraries, os.environ.get("LD_LIBRARY_PATH", "")]).rstrip(os.pathsep),
        # The stub's interpreter ignores PYTHONPATH; it takes the environment of the first python3 on the PATH.
        "PATH": os.pathsep.join([str(settings.triton_python.parent), os.environ.get("PATH", "")]),
        "OMP_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "1",  # every load is another thread, whose own arena would keep what it used
        "TOKENIZERS_PARALLELISM": "false",
    }
    binary = wheel / "tritonserver" / "bin" / "tritonserver"
    options = [f"--{name}={value}" for name, value in arguments.items()]
    # The model's configuration is complete: to ask would start Python twice for each load.
    return [
        str(binary),
        *options,
        "--disable-auto-complete-config",
        *([] if inside else _mutual(settings)),
        *_tracing(settings),
    ], environment


def _mutual(settings: Settings) -> list[str]:
    """It answers whoever has a certificate of the authority, and finds out soon who is cut off. Raises BadSetting."""
    found = mtls.files(settings, f"SLUICE_TRITON_HOST={settings.triton_host}")
    return [
        "--grpc-use-ssl-mutual=true",
        *(f"--grpc-server-cert={found.certificate}", f"--grpc-server-key={found.key}", f"--grpc-root-cert={found.authority}"),
        *("--grpc-http2-min-recv-ping-interval-without-data=500", "--grpc-http2-max-ping-strikes=0"),
    ]


def _tracing(settings: Settings) -> list[str]:
    """Triton's own spans. It keeps whatever comes with a traceparent, so the shim sends only those that are kept
    (pyshim/telemetry/trace.py); of what comes without, one in so many."""
    if not settings.otlp_endpoint:
        return []
    return [
        *("--trace-config", "mode=opentelemetry", "--trace-config", "level=TIMESTAMPS", "--trace-config", "rate=1000000000"),
        *("--trace-config", f"opentelemetry,url={settings.otlp_endpoint.rstrip('/')}/v1/traces"),
        *("--trace-config", "opentelemetry,resource=service.name=sluice-triton"),
    ]


async def load_when_alive(settings: Settings) -> bool:
    """Loads what the rollout's record wants if the server is up. True once the stable version serves; False while the server does
    not answer yet. Raises CannotLoad."""
    repository = Repository(settings)
    try:
        if not await repository.alive():
            return False
        stable = await start.first_version(settings)
        if stable not in await repository.served():
            known = await start.record(settings)
            try:
                await repository.serve({stable} | (known.versions if known else set()))
            except CannotLoad:
                await repository.serve({stable})  # a candidate that does not load is the leader's matter
        return stable in await repository.served()
    finally:
        await repository.close()
