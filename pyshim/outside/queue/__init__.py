"""What has to be done, and not now?

    put    returns when the job is durable
    take   gives jobs of partitions that are this member's, each with the fencing number of the claim it was taken under
    done   ends jobs; raises ClaimLost where somebody else has their partition by now
    lag    how many jobs each partition has, and how old the oldest is
    close  hands over what is left

Five methods (queue.py), whatever keeps the jobs: Redis Streams (streams.py), or memory for unit tests (memory.py). Rules:

* Jobs of one key are begun one after the other, in the order in which they were put; one that is to be tried again holds those of
  its key behind it, and nobody else's. A delayed job takes its place in the order when it is due.
* Keys of a tenant and kind are spread over PARTITIONS. Each partition has one owner, by a claim that is renewed; a dead owner is
  replaced, and the number of the claim only grows. Whoever commits for a job compares it.
* Accepted means durable, as far as the store is: see docs/operations.md for what Redis' appendfsync means for it.
* A job is done at least once; its effect is once where it is committed under the job's id.
* One that fails as often as it may goes aside with its faults. Nothing undone is ever trimmed.
* A tenant has so many jobs and bytes; beyond, put raises QueueFull at once. Tenants take turns by weight.
"""
