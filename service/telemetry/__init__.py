"""The service's own log and Prometheus metrics. What agents did is in resources/metrics.

logging             JSON log lines
metrics             every Prometheus metric, in one place
multiprocess_dir    the directory of the workers' metric files, made by gunicorn's master
worker_slot         the files in it that belong to a worker
"""
