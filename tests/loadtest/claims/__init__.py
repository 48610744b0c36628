"""Does the bench measure what it says?"""
