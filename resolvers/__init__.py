"""The stories: one function per root field, relations and their loaders, ports to the outside world."""
