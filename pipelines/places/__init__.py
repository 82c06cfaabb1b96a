"""What is known of a place: facts of every county with their evidence, the user's own facts, permission."""
