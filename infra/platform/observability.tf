# Written again once modules agree on one shape.
