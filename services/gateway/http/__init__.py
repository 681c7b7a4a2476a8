"""The edge of HTTP: authentication, bodies, parameters, answers, problems, and the description of the API."""
