"""What is kept on disk: exported models, reference answers, stage times."""
