"""Which value does a message say, and if it says none, why?

A file a type, each with `read(text, ...)`:

    list[Found]   what it says, in its order, corrections heeded; more than one where it says several; empty: it speaks of none
    NoValue       it speaks of one and says none, with the reason

Found holds the value as machines take it, as customers are shown it, and where it stands in the text as it was typed. Readers
are pure, raise nothing, and take time that grows with the length of the text and no faster.
"""
