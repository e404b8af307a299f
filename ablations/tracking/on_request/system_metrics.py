"""Metrics of the driver's machine during a run, by MLflow's own monitor."""

from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor


def started_monitor(run_id: str, tracking_uri: str) -> SystemMetricsMonitor:
    """A monitor that writes to the run, until its ``finish``; it goes on where an earlier one ended."""
    monitor = SystemMetricsMonitor(run_id, resume_logging=True, tracking_uri=tracking_uri)
    monitor.start()
    return monitor
