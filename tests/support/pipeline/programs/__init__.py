"""Stand-ins for programs that GitHub's machines have: `aws`, `docker` and `gh`, as far as our workflows call them."""
