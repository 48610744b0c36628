"""How is Triton reached?

On loopback as it is, elsewhere with mutual TLS. What is cut off is noticed within three seconds; a Triton that sluice did not
start wants --grpc-http2-max-ping-strikes=0 for that (gateway/triton.py).
"""

from typing import Any

from tritonclient.grpc import KeepAliveOptions

from pyshim import mtls
from pyshim.settings import Settings

PINGS = {"keepalive_time_ms": 2000, "keepalive_timeout_ms": 1000, "keepalive_permit_without_calls": True}
CONNECT = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 1000)]


def arguments(settings: Settings) -> dict[str, Any]:
    """Of tritonclient's InferenceServerClient. Raises BadSetting."""
    address = settings.triton_address
    if mtls.is_loopback(address.rpartition(":")[0]):
        return {"url": address, "channel_args": CONNECT}
    found = mtls.files(settings, f"Triton at {address}")
    return {
        "url": address,
        "ssl": True,
        "certificate_chain": str(found.certificate),
        "private_key": str(found.key),
        "root_certificates": str(found.authority),
        "keepalive_options": KeepAliveOptions(http2_max_pings_without_data=0, **PINGS),
        "channel_args": [*CONNECT, ("grpc.ssl_target_name_override", settings.mtls_name)],
    }
