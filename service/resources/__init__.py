"""One file per URL family. A responder reads, asks, answers."""
