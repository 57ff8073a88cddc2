"""What a file is and whether it may be in a version: languages, licences, removals. No Django."""
