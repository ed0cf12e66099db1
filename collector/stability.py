"""What authors of plugins can rely on: a level of what there is, and a warning of what goes."""

from __future__ import annotations

#: Raised by one when something new is in `collector.api` or `collector.testing`, or when something
#: that was there is gone or means something else: see docs/plugin-contract.md.
API_LEVEL = 1
