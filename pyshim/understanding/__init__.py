"""How does a version of the model read a sentence?"""
