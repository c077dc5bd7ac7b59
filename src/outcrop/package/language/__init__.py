"""What the body of a recipe class may say: directives, conditions, callbacks; and the records they become."""
