"""What do they ask?"""
