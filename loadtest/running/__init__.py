"""How does a load go?"""
