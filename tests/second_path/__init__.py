"""The published numbers by another way: from the tables and the definitions, with nothing of the
package. Plain Python and NumPy, each definition written out anew.
"""
