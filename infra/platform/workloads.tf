# What runs: one image, its role by argument. Sizes come from the environment; everything that must be the same
# everywhere is here.
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
      uses_vector     = true
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
      uses_vector     = false
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
      uses_vector     = false
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
      uses_vector     = true
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
      uses_vector     = true
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
      uses_vector     = false
    }
  }
}
