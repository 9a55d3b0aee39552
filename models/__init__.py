"""The nouns of Kinline: facts, states and allowed moves, the ledger's rules, the packet. Pure.

``models.tables`` alone touches a database library; nothing else in this room does.
"""
