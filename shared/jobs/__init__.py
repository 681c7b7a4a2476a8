"""Jobs (作业): work that a service's worker process does part by part, kept as plain aggregates of the service.

`capability` declares the jobs of a service, `domain` is their life, `handlers` take commands and timers, `steps` are
the worker's units of work, `running` takes the parts of a job one after another, and `process` is the worker process.
"""
