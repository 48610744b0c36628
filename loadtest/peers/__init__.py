"""What would somebody else have built?"""
