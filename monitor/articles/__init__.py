"""Full text: the web pages of items whose feed carries summaries, fetched behind their poll.

    queue     a new item of such a feed leaves a row in the transaction that stores it
    step      one request: robots.txt if it is not known, else the page, of which the text is taken
    judge     what the text names besides, and whom that is news for. Pure
    record    text, mentions, search, alerts, evidence: one transaction

Nothing waits for it: the item is stored and alerted from the feed's own text long before.
"""
