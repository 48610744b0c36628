"""What in this text is secret, what is personal, and how does it read without that?"""
