"""How does one model version take the place of another while customers are served?

rollout    the record: what is meant to serve, in Redis, the one thing that all agree on
presence   who serves by which record, and who has the candidate?
start      with which version does a process begin?
follower   every shim: loads what the record names, tells nginx, says what it has
leader     one shim at a time: loads Triton, judges the versions, takes the steps
steps      the rules of the steps, without any waiting
evidence   what the versions did, as nginx counted it
judge      is the new version worse? a sequential test
"""
