"""Files and directories as recipes handle them: changed, found, copied. Paths come in and go out as text."""
