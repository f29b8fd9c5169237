"""What the workers do. Every piece of work may be begun again at any point, by anyone, and comes to the same end."""
