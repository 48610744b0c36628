"""What of Redis goes into a file, and how does it come back?

record     what a backup is of
file       how it lies on the disk: written whole or not at all, refused where it is not whole
keys       which keys go in, which stay out, and why
taking     a running system's Redis, read into a file
consents, followed, users      how each comes back, without overwriting what is newer
erased, erasing  who was forgotten, and what is here again of them
in_the_way which keys are of another kind than they should be
restoring  all of it, in the order in which it must come back

Nothing serving takes part: a backup reads, a restore writes as a shim would, and everybody follows. Commands:
pyshim/commands/backup.py, restore.py.
"""
