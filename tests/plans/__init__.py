"""What pages of lists read: plans and buffers, no times."""
