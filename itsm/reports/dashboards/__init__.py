"""Dashboards: figures, pictures and queues side by side, ready-made for each role or arranged by people themselves."""
