"""Running programs, and the variables they see."""
