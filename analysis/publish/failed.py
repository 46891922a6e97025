"""What is raised where an edition cannot be built whole: the last one stands."""


class BookFailed(RuntimeError):
    """The book could not be built whole."""
