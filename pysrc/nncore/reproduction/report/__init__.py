"""The report: `verdicts` on our numbers, `figures` of results, and the `report` page that shows both."""
