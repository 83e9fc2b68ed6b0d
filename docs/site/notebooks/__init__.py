"""From the Markdown of the site (MyST) to that of Jupyter, for the notebooks that readers download."""
