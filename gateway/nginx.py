"""What does nginx get to read?

gateway/nginx.conf and conf.d/ are small files with ${NAMES}; this fills them in under var/run/nginx, from the settings and what
the machine has. A name nobody knows is an error, not an empty string.
"""

import getpass
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from urllib.parse import urlsplit

from pyshim import mtls
from pyshim.settings import PREFIX, ROOT, BadSetting, Settings, read_settings
from pyshim.tenants import addresses

HERE = ROOT / "gateway"
TLS = "tls.conf"
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"  # of the machine
RESOLV = Path("/etc/resolv.conf")
NAME_SERVER = re.compile(r"^nameserver\s+([0-9a-fA-F.:]+)", re.MULTILINE)


def binary(settings: Settings) -> str:
    """Path of the nginx binary. Raises BadSetting."""
    found = shutil.which(settings.nginx, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/openresty/bin")
    if found is None:
        raise BadSetting(f"SLUICE_NGINX={settings.nginx!r}: no such program; `make setup` installs nginx")
    return found


def _about(nginx: str) -> str:
    return subprocess.run([nginx, "-V"], capture_output=True, text=True, check=True).stderr


def _modules(about: str) -> str:
    """Debian loads Lua as a module; OpenResty has it built in."""
    if "openresty" in about.lower():
        return ""
    folder = re.search(r"--modules-path=(\S+)", about)
    path = Path(folder[1] if folder else "/usr/lib/nginx/modules")
    if not (path / "ngx_http_lua_module.so").exists():
        raise BadSetting(f"{path} has no Lua module for nginx; `make setup` installs it")
    return f"load_module {path}/ndk_http_module.so;\nload_module {path}/ngx_http_lua_module.so;"


def _tls(settings: Settings, about: str) -> dict[str, str]:
    """What conf.d/tls.conf is filled with. Raises BadSetting when certificate and key cannot serve."""
    if not settings.tls_port:
        return {"TLS_LISTENER": ""}
    certificate, key = _certificate(settings)
    version = re.search(r"(?:nginx|openresty)/(\d+)\.(\d+)", about)
    modern = version is not None and (int(version[1]), int(version[2])) >= (1, 25)
    return {
        "TLS_LISTENER": "include conf.d/tls.conf;             # the same with TLS and HTTP/2",
        "TLS_CERTIFICATE": str(certificate),
        "TLS_KEY": str(key),
        "HTTP2_LISTEN": "" if modern else "http2",
        "HTTP2_ON": "http2 on;" if modern else "",
        "HSTS": f"max-age={settings.tls_hsts_s}" if settings.tls_hsts_s else "",
    }


def _pem(settings: Settings, name: str, text: str) -> Path:
    """The file a setting names. Raises BadSetting."""
    if not text:
        raise BadSetting(f"{name} is empty; SLUICE_TLS_PORT={settings.tls_port} wants a file in PEM form (or 0: no TLS)")
    try:
        (ROOT / text).read_bytes()
    except OSError as error:
        raise BadSetting(f"{name}={text!r}: cannot be read ({error.strerror})") from None
    return ROOT / text


def _certificate(settings: Settings) -> tuple[Path, Path]:
    """Certificate chain and key, which fit. Raises BadSetting, with a clearer sentence than nginx has."""
    certificate = _pem(settings, "SLUICE_TLS_CERTIFICATE", settings.tls_certificate)
    key = _pem(settings, "SLUICE_TLS_KEY", settings.tls_key)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (ssl.SSLError, ValueError) as error:
        mismatch = "KEY_VALUES_MISMATCH" in str(error)
        reason = "the key is another certificate's" if mismatch else "PEM is wanted, the key without a password"
        raise BadSetting(
            f"SLUICE_TLS_CERTIFICATE={settings.tls_certificate!r}, SLUICE_TLS_KEY={settings.tls_key!r}: {reason}"
        ) from None
    return certificate, key


def _values(settings: Settings, nginx: str) -> dict[str, str]:
    about = _about(nginx)
    values = {PREFIX + field.name.upper(): str(getattr(settings, field.name)) for field in fields(settings)}
    trusted = addresses.trusted(settings)
    return (
        values
        | _tls(settings, about)
        | _collector(settings)
        | _proxies(settings)
        | _redis(settings)
        | _shims(settings)
        | {
            "ROOT": str(ROOT),
            "RUN": str(settings.run),
            "LOG": str(settings.log),
            "TRACE_SHARE": _share(settings.trace_share if settings.otlp_endpoint else 0.0),
            "TRUSTED": "\n".join(f"    {network} 1;" for network in trusted),
            "BODY_READ_S": str(settings.body_s + 1),
            "UNDERSTOOD_MB": str(max(1, settings.understood_mb)),  # a zone has to be there; none of 0 is used
            "SHIM_PATIENCE_MS": str(settings.deadline_ms + 500),
            "NGINX_MODULES": _modules(about),
            # Workers run as the one who started them: they must reach the sockets of Redis and the shims.
            "NGINX_USER": _user(settings) if os.geteuid() == 0 else "",
        }
    )


def _user(settings: Settings) -> str:
    return f"user {getpass.getuser()}{settings.group and ' ' + settings.group};"


def _proxies(settings: Settings) -> dict[str, str]:
    """Whose word on a client's address counts, and how it is said. Raises BadSetting."""
    proxies = addresses.networks(settings.proxies, "SLUICE_PROXIES")
    if settings.proxy_protocol and not proxies:
        raise BadSetting("SLUICE_PROXY_PROTOCOL=1: SLUICE_PROXIES is wanted, the addresses of the load balancers that speak it")
    header = "proxy_protocol" if settings.proxy_protocol else "X-Forwarded-For"
    lines = [f"set_real_ip_from {network};" for network in proxies] + [f"real_ip_header {header};", "real_ip_recursive on;"]
    return {"REAL_IP": "\n".join(lines) if proxies else "", "PROXY_PROTOCOL": "proxy_protocol" if settings.proxy_protocol else ""}


def _redis(settings: Settings) -> dict[str, str]:
    """How Redis' name is found and its certificate checked, where there are any. Raises BadSetting."""
    authorities = settings.redis_ca or AUTHORITIES
    lines = []
    if settings.redis.tls:
        try:
            (ROOT / authorities).read_bytes()
        except OSError as error:
            raise BadSetting(f"SLUICE_REDIS_CA={settings.redis_ca!r}: {authorities} cannot be read ({error.strerror})") from None
        lines += [f"lua_ssl_trusted_certificate {ROOT / authorities};", "lua_ssl_verify_depth 5;"]
    if settings.redis.names:
        servers = NAME_SERVER.findall(RESOLV.read_text(encoding="utf-8")) if RESOLV.exists() else []
        if not servers:
            raise BadSetting(f"SLUICE_REDIS={settings.redis}: {RESOLV} names no server that could find it; an address is wanted")
        lines.append(f"resolver {' '.join(f'[{one}]' if ':' in one else one for one in servers)} valid=10s;")
    return {"REDIS": "\n".join(lines)}


def _shims(settings: Settings) -> dict[str, str]:
    """How shims on other machines are known. Raises BadSetting."""
    if not settings.shims_at:
        return {"SHIM_SCHEME": "http", "SHIM_TLS": ""}
    found = mtls.files(settings, "SLUICE_SHIMS_AT")
    lines = [
        f"proxy_ssl_certificate {found.certificate};",
        f"proxy_ssl_certificate_key {found.key};",
        f"proxy_ssl_trusted_certificate {found.authority};",
        *("proxy_ssl_verify on;", "proxy_ssl_verify_depth 5;"),
        f"proxy_ssl_name {settings.mtls_name};",
        "proxy_ssl_protocols TLSv1.2 TLSv1.3;",
    ]
    return {"SHIM_SCHEME": "https", "SHIM_TLS": "\n".join(lines) + "\n"}


def _collector(settings: Settings) -> dict[str, str]:
    """Whom the edge sends its spans: an address, since nginx has no resolver. Raises BadSetting."""
    if not settings.otlp_endpoint:
        return {"OTLP_HOST": "", "OTLP_PORT": "0", "OTLP_PATH": ""}
    bad = f"SLUICE_OTLP_ENDPOINT={settings.otlp_endpoint!r}: "
    try:
        url = urlsplit(settings.otlp_endpoint)
        port = url.port or 4318
    except ValueError:
        raise BadSetting(bad + "http://host:port is wanted") from None
    if url.scheme != "http" or not url.hostname or url.query or not re.fullmatch(r"[\w./~-]*", url.path):
        raise BadSetting(bad + "http://host:port is wanted")
    try:
        address = str(socket.getaddrinfo(url.hostname, port, type=socket.SOCK_STREAM)[0][4][0])
    except OSError as error:
        raise BadSetting(bad + str(error.strerror)) from None
    host = f"[{address}]" if ":" in address else address
    return {"OTLP_HOST": host, "OTLP_PORT": str(port), "OTLP_PATH": url.path.rstrip("/") + "/v1/traces"}


def _share(share: float) -> str:
    """The line of split_clients that draws this share; nginx knows hundredths of a percent, and no line for none."""
    percent = min(100.0, round(share * 100, 2))
    return f"    {percent:.2f}% 01;" if percent else ""


def _filled(path: Path, values: dict[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise BadSetting(f"{path}: ${{{match[1]}}} is nothing that is known")
        return values[match[1]]

    return re.sub(r"\$\{(\w+)\}", value, path.read_text(encoding="utf-8"))


def listens(settings: Settings) -> tuple[tuple[str, int, int, bool], ...]:
    """Address and port of each listener, how many sockets it has (one for each worker, or one), and whether it says reuseport."""
    ports = [settings.port, *([settings.tls_port] if settings.tls_port else [])]
    clients = [(settings.host, port, settings.edge_workers, True) for port in ports]
    return (*clients, ("127.0.0.1", settings.operations_port, 1, False))


def render(settings: Settings, folder: str = "nginx") -> list[str]:
    """Writes the configuration to a folder of var/run and returns nginx's command line. Raises BadSetting."""
    nginx = binary(settings)
    values = _values(settings, nginx)
    target = settings.run / folder
    (target / "conf.d").mkdir(parents=True, exist_ok=True)
    for source in [HERE / "nginx.conf", *sorted((HERE / "conf.d").iterdir())]:
        if source.name == TLS and not settings.tls_port:
            continue
        (target / source.relative_to(HERE)).write_text(_filled(source, values), encoding="utf-8")
    return [nginx, "-p", str(settings.var), "-c", str(target / "nginx.conf"), "-e", str(settings.log / "nginx.log")]


def check(command: list[str]) -> None:
    """Lets nginx read a configuration. Raises BadSetting with what it says."""
    done = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BadSetting("nginx refuses its configuration: " + done.stderr.strip())


def main() -> int:
    """`python -m gateway.nginx FOLDER`: renders and checks; prints the command line as JSON. In a process of its own, so that an
    upgrade runs the code that is installed now."""
    try:
        command = render(read_settings(), sys.argv[1])
        check(command)
    except BadSetting as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(command))
    return 0


if __name__ == "__main__":
    sys.exit(main())
