"""Access: keys, their permissions and areas, and the rate that each key may use."""
