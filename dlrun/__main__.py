"""`python -m dlrun` is `dlrun`; a worker is started so, and is on its leash before it imports anything large."""

import os

from dlrun.workers.leash import VARIABLE, follow_the_head

if __name__ == "__main__":
    if VARIABLE in os.environ:
        follow_the_head(os.environ)
    from dlrun.cli.app import main

    main()
