"""`python -m gateway`: the command line, for an environment whose scripts are not on the path."""

from gateway.cli import main

if __name__ == "__main__":
    main()
