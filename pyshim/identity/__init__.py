"""Whose token?"""
