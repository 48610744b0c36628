"""What was seen of a system under load?"""
