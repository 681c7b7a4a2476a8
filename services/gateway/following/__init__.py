"""The views follow the feed: workers share its partitions, and a rebuild fills a new generation beside the live one.

A feature's views are stored in generations, `needs@1`, `needs@2`: live, being built, or retired. One code applies the
feed to all of them, from the place that each generation has reached.
"""
