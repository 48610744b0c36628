"""Did it pass?"""
