"""What did a tenant bring, and is it whole?"""
