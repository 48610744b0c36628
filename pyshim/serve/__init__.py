"""How does a shim live, how does a request come in?"""
