"""What notebooks add to the lab: predictions and experiments, each judged by the model itself."""
