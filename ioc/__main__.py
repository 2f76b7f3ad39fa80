"""`python -m ioc` is `ioc`."""

from ioc.cli import main

if __name__ == "__main__":
    main()
