"""SOURCE_DATE_EPOCH: what time it is for a build that is to be reproduced."""

from __future__ import annotations

import os
import re

from servestatic_build.diagnostics import ConfigError
from servestatic_build.settings.converters import shown
from servestatic_runtime.dates import LATEST


def source_date_epoch() -> int | None:
    """Return SOURCE_DATE_EPOCH (https://reproducible-builds.org/specs/source-date-epoch), None where it is not set."""
    text = os.environ.get("SOURCE_DATE_EPOCH")
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,12}", text) or int(text) > LATEST:
        raise ConfigError(f"SOURCE_DATE_EPOCH must be whole seconds since 1970, not {shown(text)}")
    return int(text)
