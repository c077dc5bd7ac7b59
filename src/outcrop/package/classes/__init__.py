"""What every recipe derives from, and what its class is asked."""
