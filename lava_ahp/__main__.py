"""``python -m lava_ahp`` is ``lava-ahp``."""

from lava_ahp.cli import main

main(prog_name="lava-ahp")
