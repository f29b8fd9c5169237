"""One verb a file. Each declares what it needs from the outside as small protocols beside itself."""
