"""From a class and a node to a finished prefix: builders, environments, phases, what comes after them."""
