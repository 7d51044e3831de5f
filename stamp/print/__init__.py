"""What strangers are handed on paper: PDF from templates and values, and what it must never promise."""
