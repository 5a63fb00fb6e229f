"""The command line: one module per command, imported only when that command runs.

parser has the table of commands, arguments the shared types of arguments, exit_codes the exit
codes, database the database that a command uses, and output what several commands print.
"""
