"""Recipe repositories: how recipes are found, imported, turned into data and indexed. Knows nothing of hosts, stores or builds."""
