"""What do we not own? One file for each outside thing; only that file knows its library."""

import sys

# httpx loads what draws its command line (rich, pygments, click), a tenth of what a shim's start costs, unless that is not there.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
