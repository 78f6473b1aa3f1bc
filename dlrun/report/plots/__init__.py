"""Pictures for paper and screen: a file a picture, each a function from numbers to a Figure; `figure` has the style and saves."""
