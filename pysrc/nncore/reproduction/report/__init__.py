"""The report that sets our numbers beside the book's."""
