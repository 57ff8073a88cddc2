"""The Hugging Face Hub protocol: errors and file addresses that its clients understand."""
