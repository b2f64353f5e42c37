from chipgen.api import Options as Options
from chipgen.api import Song as Song
from chipgen.api import arrange as arrange
from chipgen.api import batch as batch
from chipgen.api import compose as compose
from chipgen.api import examples as examples
from chipgen.api import models as models
from chipgen.api import open as open
from chipgen.api import presets as presets
from chipgen.api import render as render
from chipgen.errors import ChipgenError as ChipgenError
from chipgen.errors import RequestError as RequestError

__version__: str
