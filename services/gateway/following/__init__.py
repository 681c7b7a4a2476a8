"""The views follow the feed: workers share its partitions, and a view is built anew beside the one that is read.

A feature's views are stored in generations, `needs@1`, `needs@2`: live, being built, or retired. One code applies the
feed to all of them, from wherever each generation stands.
"""
