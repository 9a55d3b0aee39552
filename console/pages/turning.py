"""Lists that are read page by page."""

from typing import Annotated

from fastapi import Query

# Of a list; beyond the last page there is nothing to see.
PageNumber = Annotated[int, Query(alias="page", ge=1, le=100_000)]
