"""What a volunteer with an account sees of themselves: dispatches, hours and data. Stores nothing."""
