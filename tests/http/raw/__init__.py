"""HTTP as no client library would send it: a table of cases, played against every set-up.

Each module lists cases by subject; `ALL` has them together.
"""
