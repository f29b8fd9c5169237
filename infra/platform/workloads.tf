# What runs: one image, its role by argument. Sizes come from the environment; everything that must be the same
# everywhere is here. `writes` includes deleting; `is_single`: the old task of a release is gone before the new one starts.
locals {
  workloads = {
    api = {
      port            = 8000
      paths           = ["/api/*", "/health", "/health/*", "/version"]
      websocket_paths = []
      priority        = 100
      consumes        = null
      publishes       = []
      reads           = []
      lists           = ["uploads"]
      writes          = ["uploads"]
      deletes         = []
      uses_vector     = true
      is_single       = false
    }
    notification = {
      port            = 8000
      paths           = ["/notifications", "/notifications/*"]
      websocket_paths = ["/ws", "/ws/*"]
      priority        = 200
      consumes        = null
      publishes       = []
      reads           = []
      lists           = []
      writes          = []
      deletes         = []
      uses_vector     = false
      is_single       = false
    }
    document = {
      port            = null
      paths           = []
      websocket_paths = []
      priority        = null
      consumes        = "document_queue"
      publishes       = []
      reads           = ["uploads"]
      lists           = ["uploads"]
      writes          = ["processed"]
      deletes         = []
      uses_vector     = false
      is_single       = false
    }
    indexing = {
      port            = null
      paths           = []
      websocket_paths = []
      priority        = null
      consumes        = "indexing_queue"
      publishes       = []
      reads           = ["processed"]
      lists           = ["processed"]
      writes          = []
      deletes         = []
      uses_vector     = true
      is_single       = false
    }
    quiz = {
      port            = null
      paths           = []
      websocket_paths = []
      priority        = null
      consumes        = "quiz_queue"
      publishes       = []
      reads           = ["processed"]
      lists           = ["processed"]
      writes          = []
      deletes         = []
      uses_vector     = true
      is_single       = false
    }
    outbox_relay = {
      port            = null
      paths           = []
      websocket_paths = []
      priority        = null
      consumes        = null
      publishes       = ["document_queue", "indexing_queue", "quiz_queue"]
      reads           = []
      lists           = []
      writes          = []
      deletes         = []
      uses_vector     = false
      is_single       = false
    }
    scheduler = {
      port            = null
      paths           = []
      websocket_paths = []
      priority        = null
      consumes        = null
      publishes       = []
      reads           = []
      lists           = []
      writes          = []
      deletes         = ["uploads"] # what is too old; its text is the document worker's to delete
      uses_vector     = true
      is_single       = true
    }
  }
}
