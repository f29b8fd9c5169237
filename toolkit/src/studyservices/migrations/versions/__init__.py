"""One module a revision, named by its number. None is edited once it was released."""
