"""What moto lacks or garbles, one file a service; `registry` loads them when the service is first used."""
