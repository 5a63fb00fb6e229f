"""What `python -m service …` does beside serving, on the database in use: a file for each subject.

Those of keys, prices, imports and capacity stand beside what they command.
"""
