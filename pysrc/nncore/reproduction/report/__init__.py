"""`verdicts` compares our numbers with the book's, `figures` draws results, `report` writes the page."""
