"""The pieces of the report: one module for each section of the page, style and HTML shared."""
