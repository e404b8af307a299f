"""Tables of numbers as text, as Markdown, as LaTeX, and as a figure."""
