"""Service prefixes that AWS gave up before the oldest list of actions that we have; the rest follow from that list."""

RETIRED_SERVICES = {
    "zocalo": "2015",
}
"""With the year in which it was last known: Amazon Zocalo became Amazon WorkDocs, whose prefix is "workdocs"."""
