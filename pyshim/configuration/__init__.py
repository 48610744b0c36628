"""How does one version of what tenants brought take the place of another while customers are served?

configuration  the record: which version serves, in Redis, the one thing that all agree on
store          what the versions hold, in Redis
presence       who serves by what
start          with which version does a process begin?
follower       every shim: loads what the record names, says what it has, serves by it

A version is made ready everywhere before it serves anywhere; it begins to serve by a change of the record. The edge draws a
turn's version, names it to the shim, and the turn is answered wholly by it. Commands: pyshim/commands/config.
"""
