"""The faults of the lab in each proxy's own words: one module a proxy, one entry a way of writing it down.

An idiom is a site of its proxy (see proxies/) and what is special about it: the status it answers with, where the request
arrives. What its name means, and which verdicts are right, stands in rows_matrix.py. $upstream, $nowhere and $root are filled
in; other words with a dollar are the proxy's.
"""
