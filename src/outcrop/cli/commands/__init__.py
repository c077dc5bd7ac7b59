"""One module for each group of commands; a command named ``x`` is the function ``x_command``."""
