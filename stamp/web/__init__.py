"""The page and the service: what the command line does, for people without a terminal and for programs.

`settings` is what a service is set up with, `server` binds and runs it, `app` has its routes. A request
passes `guard` (whence, and from whom, by `access`), is taken by `uploads`, worked on by `workers`, which run
`orders` in processes of their own, and answered by `asking`; `saying` has the words. By itself, `resolution`
leads a mark back to its manifest; `asgi` is what it stands on, and any ASGI server runs it.
"""
