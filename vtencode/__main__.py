"""`python -m vtencode`."""

from vtencode.cli.main import main

if __name__ == "__main__":
    main()
