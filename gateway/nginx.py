"""What does nginx get to read?

gateway/nginx.conf and conf.d/ are small files with ${NAMES}; this fills them in under var/run/nginx, from the settings and what
the machine has. A name nobody knows is an error, not an empty string.
"""

import getpass
import os
import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path

from pyshim import addresses
from pyshim.config import PREFIX, ROOT, BadSetting, Settings

HERE = ROOT / "gateway"


def binary(settings: Settings) -> str:
    """Path of the nginx binary. Raises BadSetting."""
    found = shutil.which(settings.nginx, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/openresty/bin")
    if found is None:
        raise BadSetting(f"SLUICE_NGINX={settings.nginx!r}: no such program; `make setup` installs nginx")
    return found


def _modules(nginx: str) -> str:
    """Debian loads Lua as a module; OpenResty has it built in."""
    about = subprocess.run([nginx, "-V"], capture_output=True, text=True, check=True).stderr
    if "openresty" in about.lower():
        return ""
    folder = re.search(r"--modules-path=(\S+)", about)
    path = Path(folder[1] if folder else "/usr/lib/nginx/modules")
    if not (path / "ngx_http_lua_module.so").exists():
        raise BadSetting(f"{path} has no Lua module for nginx; `make setup` installs it")
    return f"load_module {path}/ndk_http_module.so;\nload_module {path}/ngx_http_lua_module.so;"


def _values(settings: Settings, nginx: str) -> dict[str, str]:
    values = {PREFIX + field.name.upper(): str(getattr(settings, field.name)) for field in fields(settings)}
    trusted = addresses.networks(settings.addresses_trusted, "SLUICE_ADDRESSES_TRUSTED")
    sockets = [settings.shim_socket(number) for number in range(settings.shims)]
    return values | {
        "ROOT": str(ROOT),
        "RUN": str(settings.run),
        "LOG": str(settings.log),
        "NGINX_MODULES": _modules(nginx),
        # Workers run as the one who started them: they must reach the sockets of Redis and the shims.
        "NGINX_USER": f"user {getpass.getuser()};" if os.geteuid() == 0 else "",
        "TRUSTED": "\n".join(f"    {network} 1;" for network in trusted),
        "BODY_READ_S": str(settings.body_s + 1),
        "SHIM_SERVERS": "\n".join(f"    server unix:{s} max_fails=1 fail_timeout=1s;" for s in sockets),
    }


def _filled(path: Path, values: dict[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise BadSetting(f"{path}: ${{{match[1]}}} is nothing that is known")
        return values[match[1]]

    return re.sub(r"\$\{(\w+)\}", value, path.read_text(encoding="utf-8"))


def render(settings: Settings) -> list[str]:
    """Writes the configuration and returns nginx's command line. Raises BadSetting."""
    nginx = binary(settings)
    values = _values(settings, nginx)
    target = settings.run / "nginx"
    (target / "conf.d").mkdir(parents=True, exist_ok=True)
    for source in [HERE / "nginx.conf", *sorted((HERE / "conf.d").iterdir())]:
        (target / source.relative_to(HERE)).write_text(_filled(source, values), encoding="utf-8")
    return [nginx, "-p", str(settings.var), "-c", str(target / "nginx.conf"), "-e", str(settings.log / "nginx.log")]
