"""Results as a person sees them: HTML in a notebook, Markdown and plain words elsewhere, rows in pandas."""
