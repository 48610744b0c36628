#!/bin/sh
# Installs what is missing: system packages (with sudo where not root), and two virtual environments from pinned requirements, one
# for sluice and one for Triton. Usage: [EXTRAS="plan tracing"] setup.sh run|dev|models
# Does nothing, quickly, when everything is there.
set -eu
cd "$(dirname "$0")/.."
wanted=${1:-run}
EXTRAS=${EXTRAS:-}
python=${PYTHON:-python3}

say() { printf '%s\n' "$*" >&2; }
fail() { say "setup: $*"; exit 1; }
have() { PATH="$PATH:/usr/sbin" command -v "$1" >/dev/null 2>&1; }

# Whatever ends this, nothing goes on behind it, and nothing temporary stays.
log=$(mktemp) policy= triton=
undo() {
    if [ -n "$triton" ]; then kill "$triton" 2>/dev/null && wait "$triton" || true; fi
    [ -z "$policy" ] || $root rm -f "$policy"
    rm -f "$log"
}
trap undo EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

have "$python" || fail "there is no $python: Python 3.11 or 3.12 is wanted (apt-get install python3), or name one: make run PYTHON=python3.12"
"$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' \
    || fail "Python 3.11 or 3.12 is wanted, $("$python" --version) is here; name another one: make run PYTHON=python3.12"
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')

# -- system packages -----------------------------------------------------------------------------------------------------------
packages=
need() { packages="$packages $*"; }

have redis-server || need redis-server
have curl || need curl          # for the command that `make run` prints
if ! have openresty; then
    have nginx || need nginx
    ls /usr/lib/nginx/modules/ngx_http_lua_module.so >/dev/null 2>&1 || need libnginx-mod-http-lua
    [ -e /usr/share/lua/5.1/nginx/redis.lua ] || need lua-nginx-redis
    ls /usr/lib/*/lua/5.1/cjson.so >/dev/null 2>&1 || need lua-cjson
fi
"$python" -c 'import ensurepip' 2>/dev/null || need python3-venv
# Triton's Python backend links against libpython.
library=$("$python" -c 'import sysconfig, os; print(os.path.join(sysconfig.get_config_var("LIBDIR"), "libpython'"$version"'.so.1.0"))')
if [ ! -e "$library" ] && ! /sbin/ldconfig -p | grep -q "libpython$version.so.1.0"; then
    apt-cache show "libpython${version}t64" >/dev/null 2>&1 && need "libpython${version}t64" || need "libpython$version"
fi
if [ "$wanted" != run ]; then
    have wrk || need wrk
    have ip || need iproute2     # machines of a fleet are network namespaces
    have chromium || have google-chrome || need chromium
    have chromedriver || need chromium-driver
    # The web page is looked at in the tests: Chinese needs a font.
    /usr/bin/fc-list :lang=zh 2>/dev/null | grep -q . || need fonts-noto-cjk
fi

if [ -n "$packages" ]; then
    have apt-get || fail "please install:$packages (this machine has no apt-get)"
    root=
    [ "$(id -u)" = 0 ] || root=sudo
    [ -z "$root" ] || have sudo || fail "please install as root:$packages"
    say "setup: installing$packages"
    # sluice runs its own nginx and Redis: the packages' services are not started.
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        policy=/usr/sbin/policy-rc.d
        printf '#!/bin/sh\nexit 101\n' | $root tee "$policy" >/dev/null
        $root chmod 755 "$policy"
    fi
    $root apt-get update -qq
    # Hundreds of lines, wanted only where it fails.
    # shellcheck disable=SC2086
    $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >"$log" 2>&1 \
        || { cat "$log" >&2; fail "apt-get could not install:$packages"; }
    for name in nginx redis-server; do have "$name" || have openresty || fail "$name could not be installed"; done
fi

# -- Python --------------------------------------------------------------------------------------------------------------------
# A stamp says that a set is installed as its files want it.
stamped() { stamp=$1; shift; [ -e "$stamp" ] && [ -z "$(find "$@" -newer "$stamp")" ]; }
# install ENVIRONMENT WHAT: by the one pip, that of .venv. What is imported is compiled when it is; the rest need not be.
# The shell that calls it becomes pip, so that its process id is pip's.
install() {
    into=$1; shift
    pip=$(.venv/bin/python -c 'import pip; print(pip.__path__[0])')
    exec "$into/bin/python" "$pip" --disable-pip-version-check install -q --no-compile "$@"
}

case $wanted in
    run) requirements=requirements.txt ;;
    dev) requirements=requirements-dev.txt extras="example plan tracing" ;;
    models) requirements=requirements-models.txt extras="example plan tracing" ;;
    *) fail "run, dev or models is wanted, not $wanted" ;;
esac
if [ "$wanted" = run ]; then
    extras=$EXTRAS
    tenants=${SLUICE_TENANTS:-gateway/tenants}
    if grep -qs "SLUICE_EXAMPLE_BACKEND" "$tenants"/*/tenant.yaml; then extras="$extras example"; fi
    if [ -n "${SLUICE_OTLP_ENDPOINT:-}" ]; then extras="$extras tracing"; fi
fi

lacking=
for one in "" $extras; do
    stamped ".venv/.installed-$wanted${one:+-$one}" requirements*.txt pyproject.toml || lacking=yes
done
lacking_triton=
stamped .venv-triton/.installed requirements-triton.txt || lacking_triton=yes

[ -x .venv/bin/python ] || [ -z "$lacking$lacking_triton" ] || "$python" -m venv .venv
if [ -n "$lacking_triton" ]; then       # beside the others
    say "setup: installing Triton, in an environment of its own"
    [ -x .venv-triton/bin/python ] || "$python" -m venv --without-pip .venv-triton
    install .venv-triton --no-deps -r requirements-triton.txt &
    triton=$!
fi
if [ -n "$lacking" ]; then
    say "setup: installing Python packages from $requirements${extras:+, and the extras: $(echo $extras)}"
    (install .venv -r "$requirements")
    # shellcheck disable=SC2086
    chosen=$(echo $extras | tr ' ' ',')
    (install .venv --no-build-isolation -e ".${chosen:+[$chosen]}")
    for set in "$wanted" run; do        # each of the larger sets holds the smallest
        for one in "" $extras; do touch ".venv/.installed-$set${one:+-$one}"; done
    done
fi
if [ -n "$triton" ]; then
    wait "$triton" || { triton=; fail "Triton could not be installed"; }
    triton=
    touch .venv-triton/.installed
fi
