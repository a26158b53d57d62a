"""Released tables as files: tidy CSV, a workbook, charts with a table beside each; never an exact count."""
