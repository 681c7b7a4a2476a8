"""`lianshan demo`: a day at Zhanlan Road, played over the HTTP API on a stack of its own, told as it happens.

`scene` says who and what there is, `script` which needs come and how each must end, `acts` does it, `story` keeps what
the events tell, `words` says it, `ending` holds it to the script; `laws` then holds the stores to the laws.
"""
