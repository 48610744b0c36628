"""What do all processes follow?"""
