"""The report to the board: one content, told as a page of HTML and as a PDF."""
