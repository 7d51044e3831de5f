"""Options that say who signs works, shared by `stamp embed` and `stamp sign`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from ..core.errors import ArgumentError
from ..core.options import SignOptions
from .help import CREDENTIALS, option
from .options import Place, as_one


@dataclass(frozen=True, slots=True)
class Signing:
    """Who signs works, and how."""

    sign: str | None
    sign_key: str | None
    sign_tsa: str | None
    sign_store: str | None
    sign_sidecar: bool

    def options(self) -> SignOptions | None:
        """Return what `embed_file` takes; None for nobody. Raises UsageError where some of it is missing."""
        if self.sign is None and self.sign_key is None:
            if self.sign_tsa or self.sign_store or self.sign_sidecar:
                raise click.UsageError(
                    "--sign-tsa, --sign-store and --sign-sidecar go with --sign and --sign-key"
                )
            return None
        if self.sign is None or self.sign_key is None:
            raise click.UsageError("--sign and --sign-key go together: the certificates, and the private key")
        store = Path(self.sign_store) if self.sign_store else None
        try:
            return SignOptions(Path(self.sign), Path(self.sign_key), self.sign_tsa, store, self.sign_sidecar)
        except ArgumentError as error:
            raise click.UsageError(str(error)) from error


signing_options = as_one(
    "signing",
    Signing,
    option(
        CREDENTIALS,
        "--sign",
        type=Place(),
        metavar="CHAIN.pem",
        help="Sign with these certificates, your own first; `stamp credentials new-cert` makes some to try.",
    ),
    option(CREDENTIALS, "--sign-key", type=Place(), metavar="KEY.pem", help="The private key of the first."),
    option(
        CREDENTIALS,
        "--sign-tsa",
        metavar="URL",
        help="Have the time confirmed by this authority (RFC 3161); without it, no network is used.",
    ),
    option(
        CREDENTIALS,
        "--sign-store",
        type=Place(),
        metavar="DIR",
        help="Keep the manifests there, so that a mark leads back to them: `stamp credentials --store`.",
    ),
    option(
        CREDENTIALS,
        "--sign-sidecar",
        is_flag=True,
        help="Write the manifest beside the work (photo.c2pa), as is done with what has no place for one.",
    ),
)
