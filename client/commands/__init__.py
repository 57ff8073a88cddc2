"""The subcommands of `gatehouse`, one module each; `client.cli` lists them."""
