"""What every room may know: errors, the key, the rights notice, reports. No file formats, no pixels."""
