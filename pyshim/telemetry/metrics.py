"""What does a shim count?

Label values come from our own lists (tenants, layers), never from a client.
"""

from functools import cache

from prometheus_client import Counter, Gauge, Histogram

broken = Counter("sluice_shim_layer_broken_total", "Times a layer failed and its on_error decided.", ["layer"])
layer_seconds = Histogram(
    "sluice_shim_layer_seconds",
    "Time spent in a layer, by turn.",
    ["layer"],
    buckets=(0.0001, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 1.5),
)
seconds_in = cache(layer_seconds.labels)  # a look-up each turn, made once
turns = Counter("sluice_shim_turns_total", "Turns by tenant and answering layer.", ["tenant", "layer"])
turn_of = cache(turns.labels)
batch = Histogram("sluice_triton_batch_size", "Questions in one request to Triton.", buckets=(1, 2, 4, 8, 16, 24, 32, 40))
breaker = Gauge("sluice_triton_breaker_open", "1 while the breaker in front of a version on Triton is open.")
spans = Counter("sluice_shim_spans_total", "Spans of this shim by what became of them.", ["outcome"])
redis_writable = Gauge(
    "sluice_shim_redis_writable",
    "1 while Redis answers this shim and takes what it writes; of a cluster, the share of its shards.",
)
shard_writable = Gauge("sluice_shim_redis_shard_writable", "1 while this master of a cluster takes what is written.", ["node"])
covered = Counter("sluice_shim_redis_covered_turns_total", "Turns that a replica was known to have when they were answered.")
uncovered = Counter(
    "sluice_shim_redis_uncovered_turns_total", "Turns that were answered while no replica was known to have them."
)
redis_memory = Gauge("sluice_shim_redis_memory_share", "Of Redis' maxmemory that is used; 0 where it has none.")
shed = Counter("sluice_shim_shed_turns_total", "Turns of histories that went because Redis was short of memory.", ["what"])
late = Gauge("sluice_shim_late_turns", "Turns answered while Redis was away and not written yet.")
late_aside = Counter("sluice_shim_late_aside_total", "Late turns that Redis refused for good: `sluice late` shows them.")
calls = Counter(
    "sluice_shim_calls_total", "Calls that change something at a back end, by what came of them at once.", ["tenant", "outcome"]
)
credential_unusable = Gauge(
    "sluice_shim_credential_unusable",
    "1 while the file with what a tenant's back end knows us by cannot be used; one of before may be in force.",
    ["tenant"],
)
doubts = Gauge(
    "sluice_shim_calls_open",
    "Calls that change something and of which the end is not known: all of the shared Redis, not this shim's.",
)
found_out = Counter(
    "sluice_shim_calls_found_out_total",
    "Calls whose outcome was not known at once, by what was found out later.",
    ["tenant", "outcome"],
)
pattern_timeouts = Counter(
    "sluice_pattern_timeouts_total", "Messages in which the patterns of a tenant's slots had no time left."
)
