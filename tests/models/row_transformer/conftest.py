"""The small model that these tests share."""

import pytest

from chipgen.models.row_transformer.network import RowTransformer
from tests.row_models import small_model


@pytest.fixture(scope="package")
def model() -> RowTransformer:
    """Make a small model whose every weight is random."""
    return small_model()
