"""Private values are found, judged and replaced. Plain functions over text and Arrow, no Django."""
