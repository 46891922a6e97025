"""What the book says about the numbers: sentences, tables and links back to the rows they come
from.
"""
