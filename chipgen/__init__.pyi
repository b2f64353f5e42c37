from chipgen.api import Options as Options
from chipgen.api import Song as Song
from chipgen.api import arrange as arrange
from chipgen.api import batch as batch
from chipgen.api import compose as compose
from chipgen.api import list_devices as list_devices
from chipgen.api import list_examples as list_examples
from chipgen.api import list_models as list_models
from chipgen.api import list_presets as list_presets
from chipgen.api import open as open
from chipgen.api import render as render
from chipgen.errors import ChipgenError as ChipgenError
from chipgen.errors import RequestError as RequestError

__version__: str
