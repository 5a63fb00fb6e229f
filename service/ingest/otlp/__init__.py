"""The body of POST /v1/traces: spans of OpenTelemetry, in protobuf or JSON."""
