"""Gates on stored runs: judged by what they left on disk."""
