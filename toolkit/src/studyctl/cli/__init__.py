"""The command line: what is typed becomes a use case, what comes back becomes text. No decisions here."""
