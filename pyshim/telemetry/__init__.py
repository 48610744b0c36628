"""What is seen of a shim?"""
