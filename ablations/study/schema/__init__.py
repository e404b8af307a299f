"""The JSON Schema of study files, read off the models, by which editors complete and check them."""
