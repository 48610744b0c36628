"""How does a message become a stored answer?"""
