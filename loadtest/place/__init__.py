"""Where does the load go?"""
