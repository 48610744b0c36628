"""What does Triton serve, and from which sentences was it made?

data/ holds the sentences, build/ turns them into a version folder, repository/ is what Triton is given,
router.py reads the small n-gram table that nginx uses. Importing this package needs nothing installed.
"""
