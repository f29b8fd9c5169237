"""A stand-in for a Qdrant server: Qdrant's own engine (qdrant-edge-py) behind the part of its REST API that is used.

There is no package of the server itself. What the stand-in cannot do it refuses with 501 and says so; it never
pretends. The only room that imports qdrant_edge.
"""
