"""What /metrics tells of the service itself, for Prometheus; what agents did is resources/metrics.

directory       where the workers of a service keep their figures; made by gunicorn's master
worker_number   which of the files in it are a worker's own
figures         every figure, by name: the one place that says what there is
requests        the middleware that counts requests
sampler         what is looked at each second: pools, and what waits in the writer
scrape          all workers' figures together, and the database's
"""
