"""Exports: streamed keyset pages, each read by one statement and written at once.

No cursor and no transaction stays open while a client reads, so a slow client holds one page.
"""
