"""How good are the models, on text that nothing was trained on?"""
