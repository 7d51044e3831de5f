"""Content Credentials (C2PA): manifests that are made, signed, read and kept.

`manifest` says what is claimed, `identity` who claims it, `signing` writes it into a file or beside it,
`reading` checks what is there, `store` keeps manifests by the mark that leads back to them, `certificates`
makes a chain to try it with. `library` is the only module that loads c2pa-python, an extra.
"""
