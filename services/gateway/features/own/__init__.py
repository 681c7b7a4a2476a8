"""The own dispatches, hours and data of a volunteer with an account. Stores nothing."""
