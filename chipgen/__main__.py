"""`python -m chipgen`: the same as the console script."""

from chipgen.cli.main import main

if __name__ == "__main__":
    main()
