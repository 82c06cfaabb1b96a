"""The published tables; those that are pure SQL are the files of `sql/mart`."""
