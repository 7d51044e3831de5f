"""What is answered over HTTP: `resolution` leads a mark back to its manifest, `asgi` is what it stands on.

Any ASGI server runs it, such as uvicorn; none is needed to import it.
"""
