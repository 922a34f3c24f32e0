"""``python -m neuromorph``."""

from neuromorph.cli import main

if __name__ == "__main__":
    main()
