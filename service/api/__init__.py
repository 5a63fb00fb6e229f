"""What all resources share: middleware, bodies, errors, parameters, pages, streams."""
