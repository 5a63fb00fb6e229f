"""What so many events per second need of machines, from what one event costs: paper, no promise."""
