"""What is stored, as a stream: pages by key, each a statement of its own, written as they come.

No cursor and no transaction stays open while a client reads: what a slow one holds is one page.
"""
