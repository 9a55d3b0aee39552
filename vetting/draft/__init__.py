"""A packet on its way: what is asked for it page by page, what was typed so far, what is missing and why. Pure."""
