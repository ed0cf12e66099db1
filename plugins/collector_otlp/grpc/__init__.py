"""gRPC as far as OTLP needs it: unary calls over HTTP/2, on the connections of the core."""
