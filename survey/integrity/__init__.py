"""What shows whether somebody steered a wave: matters that wait for a decision, and the chain of daily digests."""
