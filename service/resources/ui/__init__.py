"""/ui: the page for people. Its files lie in service/ui; nothing here renders data."""
