"""Access: keys and tokens, their permissions and areas, and the rate that each key may use."""
