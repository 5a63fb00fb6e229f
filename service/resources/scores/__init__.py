"""/api/scores: how good runs were found to be; Langfuse's scores, too."""
