"""Sets up Lightning Fabric: the devices that a training runs on."""

import logging
import os
from typing import TYPE_CHECKING

from chipgen.errors import ChipgenError
from chipgen.training.training_settings import RunSettings
from synth.extras import require_extra

if TYPE_CHECKING:
    from lightning_fabric import Fabric


def process_rank() -> int:
    """Return which of torchrun's processes this is; 0 where there is only one."""
    return int(os.environ.get("RANK", "0")) if _is_under_torchrun() else 0


def make_fabric(run: RunSettings, *, unused: bool = False) -> "Fabric":
    """Return a Fabric for the available devices, launched.

    Under ``torchrun`` every process of every node is one device; otherwise there is one.

    Parameters
    ----------
    run
        Sets accelerator and precision.
    unused
        Whether some parameters take no part in some steps, which several processes have to be
        told.

    Raises
    ------
    ChipgenError
        If Lightning Fabric is not installed, or the accelerator is not there.
    """
    require_extra("train", "training", "torch", "lightning_fabric")
    import torch
    from lightning_fabric import Fabric
    from lightning_fabric.strategies.ddp import DDPStrategy
    from lightning_fabric.strategies.strategy import Strategy

    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # it reports the usual
    accelerator = run.accelerator
    if accelerator == "auto":
        accelerator = "cuda" if torch.cuda.is_available() else "cpu"
    strategy: str | Strategy = "auto"
    devices, nodes = 1, 1
    if _is_under_torchrun():
        devices = int(os.environ["LOCAL_WORLD_SIZE"])
        nodes = int(os.environ["WORLD_SIZE"]) // devices
        strategy = DDPStrategy(find_unused_parameters=unused)
    try:
        fabric = Fabric(
            accelerator=accelerator, devices=devices, num_nodes=nodes, strategy=strategy,
            precision=run.precision,
        )  # fmt: skip
        fabric.launch()
    except (RuntimeError, ValueError) as error:
        raise ChipgenError(
            f"training cannot use the accelerator '{accelerator}' ({' '.join(str(error).split())})"
        ) from error
    return fabric


def _is_under_torchrun() -> bool:
    return "TORCHELASTIC_RUN_ID" in os.environ
