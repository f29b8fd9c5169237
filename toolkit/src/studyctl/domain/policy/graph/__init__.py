"""Plans as graphs of identities, what runs as them, and what their policies reach."""
