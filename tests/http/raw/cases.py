"""All cases."""

from tests.http.raw import bodies, connections, heads, smuggling

ALL = [*smuggling.CASES, *bodies.CASES, *heads.CASES, *connections.CASES]
assert len({case.name for case in ALL}) == len(ALL)
