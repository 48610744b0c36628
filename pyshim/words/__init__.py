"""What may nobody read?"""
