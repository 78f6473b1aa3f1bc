"""`python -m dlrun` is `dlrun`."""

from dlrun.cli.app import main

if __name__ == "__main__":
    main()
