"""What of a run can be taken along: receipts, tables of numbers, weights, a worksheet, and code."""
