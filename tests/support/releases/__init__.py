"""A whole account in memory for releases: services that roll, traffic, alarms, a ledger, a lock and a clock."""
