"""Screening (筛查): the paths beside those of its plain features, asked of stations."""
