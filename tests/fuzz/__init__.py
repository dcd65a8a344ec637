"""Damaged and hostile inputs for every reader: each must succeed or raise an error of lava-ahp."""
