"""Pages for people and files for programs that need no key: the API, its problems and rules, the schemas of events."""
